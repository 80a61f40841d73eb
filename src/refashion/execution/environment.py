"""Environment variables of every process that refashion starts.

Many environment variables can change a number or break a run, and nobody can list them all.
Therefore a process gets only the variables that it is known to need (`PASSED`) and those that this
module sets. The variables among them that can change a number (`RECORDED` and `fixed`) are written
to the manifest. Configuration files in the user's home folder have no effect, because libraries get
a home folder of their own.

=============  ============  =====================================================================
process        started by    environment
=============  ============  =====================================================================
the command    the user      `restart_if_misled`: without variables that mislead Python or shells
a job          the command   `job_environment`, set by the job before it imports a library
a kernel       a job         `kernel_environment`
a program      a job         `program_environment`
pip and uv     make          `setup_environment`, as ``python -I environment.py COMMAND ...``
uv             a job         that of the job, with `PACKAGE_SOURCES`; see `requirements`
=============  ============  =====================================================================

This module imports only the standard library, because it runs before anything is installed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

# Needed by jobs and kernels to find programs, the user's files and the network.
PASSED = re.compile(
    "PATH|HOME|USER|LOGNAME|TMPDIR|TMP|TEMP|LD_LIBRARY_PATH|LD_PRELOAD|DYLD_[A-Z_]*|KRB5CCNAME"
    "|CUDA_VISIBLE_DEVICES|REFASHION_[A-Z_]*|SNAKEMAKE_[A-Z_]*|JUPYTER_DEFAULT_PROVISIONER_NAME"
    "|(http|https|ftp|no|all)_proxy|(HTTP|HTTPS|FTP|NO|ALL)_PROXY|SSL_CERT_FILE|SSL_CERT_DIR"
    "|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|APT_CONFIG"
)

# Those of `PASSED` that can change a number: the loader's variables choose the libraries.
RECORDED = ("LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "CUDA_VISIBLE_DEVICES")

# Set for every kernel, because they can change a number.
FIXED = {
    "PYTHONHASHSEED": "0",
    # TensorFlow would choose oneDNN by the processor: on where it has AVX-512, off elsewhere.
    "TF_ENABLE_ONEDNN_OPTS": "1",
}

# Set for every kernel, too, where TensorFlow computes on a GPU.
FIXED_ON_GPU = {
    # Runs share the memory of the GPU. Otherwise the first one would take all of it.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    # Also for notebooks, which do not call `enable_op_determinism` themselves.
    "TF_DETERMINISTIC_OPS": "1",
    # TF32 would keep 10 of the 23 binary places of single precision. cuBLAS and cuDNN read this,
    # whoever calls them.
    "NVIDIA_TF32_OVERRIDE": "0",
}

# What an environment is built from: for the processor, and for a GPU.
LOCK, LOCK_OF_GPU = "envs/run.lock", "envs/gpu.lock"

# Read by Python, the C library and shells before our code runs. They are removed from the command,
# too. The command keeps all other variables, which may be meant for Snakemake and its plugins.
MISLEADING = re.compile(
    "PYTHON.*|BASH_.*|BASHOPTS|SHELLOPTS|ENV|CDPATH|GLOBIGNORE|EXECIGNORE|POSIXLY_CORRECT|PS4"
    "|GLIBC_TUNABLES|MALLOC_.*|LC_.*|LANG|LANGUAGE"
)

# Those of `MISLEADING` that Python reads at startup, so that it has to be restarted without them.
OBEYED = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONOPTIMIZE", "PYTHONWARNINGS"),
    *("PYTHONDEVMODE", "PYTHONINSPECT", "PYTHONDEBUG", "PYTHONTRACEMALLOC", "PYTHONMALLOC"),
    *("PYTHONINTMAXSTRDIGITS", "PYTHONUTF8"),
)

# Settings of pip and uv about where packages come from, but not about where they are installed.
SOURCES_OF_PACKAGES = re.compile(
    "PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|TRUSTED_HOST|CERT|CLIENT_CERT|PROXY"
    "|CONFIG_FILE|CACHE_DIR|NO_CACHE_DIR|DEFAULT_TIMEOUT|TIMEOUT|RETRIES|KEYRING_PROVIDER)"
    "|UV_(INDEX.*|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|INSECURE_HOST|NATIVE_TLS|SYSTEM_CERTS"
    "|HTTP_.*|CACHE_DIR|NO_CACHE|OFFLINE|KEYRING_PROVIDER|LINK_MODE|CONCURRENT_.*|CONFIG_FILE)"
)

# The user's settings of uv, as JSON, for the jobs that build an environment. They may hold
# passwords, so no kernel gets them.
PACKAGE_SOURCES = "REFASHION_PACKAGE_SOURCES"

# Numerical libraries read these when they are loaded, so they are set before the kernel starts.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)

# Linux has C.UTF-8 without any package; other systems do not have it.
LOCALE = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"

HOME = Path(".snakemake", "refashion")
"""Home folder of libraries, in the working folder."""

SOURCE = Path(__file__).resolve().parents[2]
"""Folder of this project's code."""


def workplace() -> Path:
    """Return the folder where a command may leave what libraries keep.

    It is that where Snakemake works. A command that reads files anywhere, such as an audit, leaves
    nothing in the folder that it is called in, and uses that of the project.
    """
    here = Path.cwd()
    is_workplace = (here / "Snakefile").is_file() or (here / HOME.parts[0]).is_dir()
    return here if is_workplace else Path(__file__).resolve().parents[3]


def home(place: Path | None = None) -> Path:
    """Return the home folder of libraries in a folder, and create it if necessary.

    Parameters
    ----------
    place
        The folder; None for the working folder.
    """
    folder = (place or Path.cwd()) / HOME
    with suppress(OSError):  # if the working folder is not writable, libraries work without it
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def is_for_gpu() -> bool:
    """Return whether this Python's environment was built with `make env GPU=1`."""
    return Path(sys.prefix, "gpu.stamp").exists()


def lock() -> str:
    """Return the path, in the project, of the lock file from which this environment was built."""
    return LOCK_OF_GPU if is_for_gpu() else LOCK


def fixed() -> dict[str, str]:
    """Return the variables that are set for every kernel of this environment."""
    return FIXED | FIXED_ON_GPU if is_for_gpu() else FIXED


def _passed(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if PASSED.fullmatch(name)}


def _for_python() -> dict[str, str]:
    """Variables that limit imports to this project and the packages of its environment."""
    return {
        "PYTHONPATH": str(SOURCE),
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "LC_ALL": LOCALE,
    }


def interpreter_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the command: all variables that do not mislead Python or a shell.

    Parameters
    ----------
    environment
        Environment of the user.

    Examples
    --------
    >>> given = {"PYTHONOPTIMIZE": "2", "BASH_ENV": "x", "AWS_PROFILE": "y", "PATH": "/bin"}
    >>> sorted(interpreter_environment(given).keys() - _for_python().keys())
    ['AWS_PROFILE', 'PATH']
    """
    kept = {name: v for name, v in environment.items() if not MISLEADING.fullmatch(name)}
    return kept | _for_python()


def restart_if_misled() -> None:
    """Set the environment of the command in this process, and restart Python if it is too late.

    The folder of this Python comes first in `PATH`, so that jobs run in the same environment,
    whichever one is activated.
    """
    given, wanted = dict(os.environ), interpreter_environment(os.environ)
    own, path = str(Path(sys.executable).parent), wanted.get("PATH", os.defpath)
    if path.split(os.pathsep)[0] != own:
        wanted["PATH"] = f"{own}{os.pathsep}{path}"
    replace(wanted)
    is_misled = any(name in given and given[name] != wanted.get(name) for name in OBEYED)
    if is_misled or sys.getfilesystemencoding() != "utf-8":
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def job_environment(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return the environment of a job.

    Parameters
    ----------
    environment
        Environment of the command.
    home
        Folder in which libraries look for configuration and keep caches.
    """
    return {
        **_passed(environment),
        **_for_python(),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "KERAS_HOME": str(home / "keras"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
        "JUPYTER_DATA_DIR": str(home / "jupyter"),
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, not one of the user's
    }


def kernel_environment(
    environment: Mapping[str, str], threads: int, home: Path, private: Path
) -> dict[str, str]:
    """Return the environment of a kernel.

    Parameters
    ----------
    environment
        Environment of the job.
    threads
        Number of threads of every numerical library.
    home
        Home folder of the kernel, in which libraries look for configuration and keep caches.
    private
        Folder for the files that Jupyter and IPython would otherwise share between kernels.
    """
    given = {name: value for name, value in environment.items() if name != PACKAGE_SOURCES}
    return {
        **job_environment(given, home),
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        "HOME": str(home),
        **fixed(),
        "TF_CPP_MIN_LOG_LEVEL": "3",  # notes of TensorFlow's C++ code are not results
        "JUPYTER_RUNTIME_DIR": str(private),
        "IPYTHONDIR": str(private),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def program_environment(
    environment: Mapping[str, str], threads: int, home: Path, private: Path
) -> dict[str, str]:
    """Return the environment of a program of the user's; parameters as for `kernel_environment`.

    It is that of a kernel, without what only a kernel needs, and without this library: the program
    may import its own neighbours, and run in another Python.
    """
    whole = kernel_environment(environment, threads, home, private)
    kept = {
        name: value
        for name, value in whole.items()
        if not name.startswith(("JUPYTER_", "IPYTHON", "REFASHION_", "SNAKEMAKE_", "PYTHONPATH"))
        and name not in ("PYTHONSAFEPATH", "TMP", "TEMP")
    }
    # So that what it has printed is there if it is killed; and no window for figures.
    shown = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg"}
    return kept | shown | {"TMPDIR": str(private)}


def replace(environment: Mapping[str, str]) -> None:
    """Replace the environment of this process."""
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


@contextmanager
def replaced(environment: Mapping[str, str]) -> Iterator[None]:
    """Replace the environment of this process inside a `with` block."""
    before = dict(os.environ)
    replace(environment)
    try:
        yield
    finally:
        replace(before)


def recorded(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a kernel that can change a number: the user's and the fixed ones."""
    return {name: environment[name] for name in RECORDED if environment.get(name)} | fixed()


def setup_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which pip and uv install only into this project's environment.

    Parameters
    ----------
    environment
        Environment of the user.

    Examples
    --------
    >>> given = {"PIP_TARGET": "/x", "UV_SYSTEM_PYTHON": "1", "PIP_INDEX_URL": "https://a.example"}
    >>> [name for name in setup_environment(given) if name.startswith(("PIP", "UV"))]
    ['PIP_INDEX_URL', 'PIP_USER', 'PIP_REQUIRE_VIRTUALENV', 'UV_SYSTEM_PYTHON']
    """
    kept = {
        name: value
        for name, value in interpreter_environment(environment).items()
        if SOURCES_OF_PACKAGES.fullmatch(name) or not re.match("PIP_|UV_|PYTHONPATH$", name)
    }
    # Set explicitly, because a configuration file may set other values.
    return kept | {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "UV_SYSTEM_PYTHON": "0"}


# `make env` runs this file with the system's Python, before there is an environment that has the
# `refashion` command.
if __name__ == "__main__":
    os.execvpe(sys.argv[1], sys.argv[1:], setup_environment(os.environ))
