"""What the user's environment may and may not do: decided here for every process that is started.

Variables that a program can read are of three kinds. Most can change a number or break a run, and
nobody could list them all, so they are cleared: a process gets those that it is known to need
(`PASSED`), and those that this module sets. Of the former, the ones that might still change a
number (`RECORDED`) are written into the manifest. Configuration files in the home folder
are out of reach, because libraries are pointed to a home of their own.

=============  ============  =====================================================================
process        started by    gets its environment from
=============  ============  =====================================================================
the command    the user      `restart_if_misled`: without what would mislead Python or the shell
a job          the command   `job_environment`, applied by the job before it imports a library
a kernel       a job         `kernel_environment`
pip and uv     make          `setup_environment`, as ``python -I environment.py COMMAND ...``
=============  ============  =====================================================================

Only the standard library is imported: the set-up runs before anything is installed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

# What a job or a kernel needs to find programs, the user's files and the network.
PASSED = re.compile(
    "PATH|HOME|USER|LOGNAME|TMPDIR|TMP|TEMP|LD_LIBRARY_PATH|LD_PRELOAD|DYLD_[A-Z_]*|KRB5CCNAME"
    "|CUDA_VISIBLE_DEVICES|REFASHION_[A-Z_]*|SNAKEMAKE_[A-Z_]*|JUPYTER_DEFAULT_PROVISIONER_NAME"
    "|(http|https|ftp|no|all)_proxy|(HTTP|HTTPS|FTP|NO|ALL)_PROXY|SSL_CERT_FILE|SSL_CERT_DIR"
    "|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|APT_CONFIG"
)

# Of these, what can change a number: the loader's variables decide which library computes.
RECORDED = ("LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "CUDA_VISIBLE_DEVICES")

# What Python, the C library and the shells of jobs obey before any code of ours runs. Cleared in
# the command itself too; all else that it has may be meant for Snakemake and its plugins.
MISLEADING = re.compile(
    "PYTHON.*|BASH_.*|BASHOPTS|SHELLOPTS|ENV|CDPATH|GLOBIGNORE|EXECIGNORE|POSIXLY_CORRECT|PS4"
    "|GLIBC_TUNABLES|MALLOC_.*|LC_.*|LANG|LANGUAGE"
)

# Of these, what Python has already obeyed when the first code of ours runs.
OBEYED = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONOPTIMIZE", "PYTHONWARNINGS"),
    *("PYTHONDEVMODE", "PYTHONINSPECT", "PYTHONDEBUG", "PYTHONTRACEMALLOC", "PYTHONMALLOC"),
    *("PYTHONINTMAXSTRDIGITS", "PYTHONUTF8"),
)

# Settings of pip and uv that say where packages come from, and nothing of where they go.
SOURCES_OF_PACKAGES = re.compile(
    "PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|TRUSTED_HOST|CERT|CLIENT_CERT|PROXY"
    "|CONFIG_FILE|CACHE_DIR|NO_CACHE_DIR|DEFAULT_TIMEOUT|TIMEOUT|RETRIES|KEYRING_PROVIDER)"
    "|UV_(INDEX.*|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|INSECURE_HOST|NATIVE_TLS|SYSTEM_CERTS"
    "|HTTP_.*|CACHE_DIR|NO_CACHE|OFFLINE|KEYRING_PROVIDER|LINK_MODE|CONCURRENT_.*|CONFIG_FILE)"
)

# Read by the numerical libraries when they load, so they must be set before the kernel starts.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)

# Linux has it without any package; elsewhere a country's has to do.
LOCALE = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"

HOME = Path(".snakemake", "refashion")
"""Folder, in the working folder, that libraries take for the user's home."""

SOURCE = Path(__file__).resolve().parents[2]
"""Folder of this project's code."""


def home() -> Path:
    """Folder that libraries take for the user's home; it is made if need be."""
    folder = Path.cwd() / HOME
    with suppress(OSError):  # in a folder that cannot be written to, they do without
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _passed(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if PASSED.fullmatch(name)}


def _for_python() -> dict[str, str]:
    """Let Python take this project's code, and else only what its environment has installed."""
    return {
        "PYTHONPATH": str(SOURCE),
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "LC_ALL": LOCALE,
    }


def interpreter_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Environment of the command: as given, but for what would mislead Python or a shell.

    Examples
    --------
    >>> given = {"PYTHONOPTIMIZE": "2", "BASH_ENV": "x", "AWS_PROFILE": "y", "PATH": "/bin"}
    >>> sorted(interpreter_environment(given).keys() - _for_python().keys())
    ['AWS_PROFILE', 'PATH']
    """
    kept = {name: v for name, v in environment.items() if not MISLEADING.fullmatch(name)}
    return kept | _for_python()


def restart_if_misled(arguments: list[str]) -> None:
    """Give this process the environment of the command; start it again where that comes too late.

    The programs beside this Python come first in `PATH`, so that jobs run in the same environment
    whatever is activated.

    Parameters
    ----------
    arguments
        Of the command, as in `sys.orig_argv`.
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
        os.execv(sys.executable, [sys.executable, *arguments[1:]])


def job_environment(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """Environment of a job: what it is known to need, and a place for what libraries keep.

    Parameters
    ----------
    environment
        Of the command.
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
    """Environment of a kernel: fixed threads, quiet, and nothing of the user's configuration.

    Parameters
    ----------
    environment
        Of the job.
    threads
        For every numerical library.
    home
        See `job_environment`; also the kernel's home folder.
    private
        Folder for what Jupyter and IPython would share between all kernels.
    """
    return {
        **job_environment(environment, home),
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        "HOME": str(home),
        "PYTHONHASHSEED": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",  # TensorFlow's C++ notes are no evidence
        "JUPYTER_RUNTIME_DIR": str(private),
        "IPYTHONDIR": str(private),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def replace(environment: Mapping[str, str]) -> None:
    """Give this process an environment, for all that it imports or starts from now on."""
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


@contextmanager
def replaced(environment: Mapping[str, str]) -> Iterator[None]:
    """Give this process an environment for a while."""
    before = dict(os.environ)
    replace(environment)
    try:
        yield
    finally:
        replace(before)


def recorded(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables of the user that a process gets although they can change a number."""
    return {name: environment[name] for name in RECORDED if environment.get(name)}


def setup_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Environment in which pip and uv install into this project's environment and nowhere else.

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
    # Set, since a configuration file may say otherwise.
    return kept | {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "UV_SYSTEM_PYTHON": "0"}


# `make env` runs this file with the system's Python, before there is an environment that has the
# `refashion` command.
if __name__ == "__main__":
    os.execvpe(sys.argv[1], sys.argv[1:], setup_environment(os.environ))
