"""What the user's environment may and may not do. A further variable or file is one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from refashion.execution import environment
from support.clone import Clone

# What can change a number or break a run. `{folder}` is one that holds `FILES`.
VARIABLES = {
    "KERAS_HOME": "{folder}/.keras",
    "KERAS_BACKEND": "jax",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_USE_LEGACY_KERAS": "1",
    "XLA_FLAGS": "--xla_no_such_flag",
    "OMP_NUM_THREADS": "7",
    "OPENBLAS_CORETYPE": "Prescott",
    "KMP_AFFINITY": "compact",
    "SKLEARN_ASSUME_FINITE": "1",
    "MPLBACKEND": "TkAgg",
    "MATPLOTLIBRC": "{folder}/.config/matplotlib",
    "XDG_CONFIG_HOME": "{folder}/.config",
    "PYTHONPATH": "{folder}/modules",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PYTHONHASHSEED": "5",
    "PYTHONUTF8": "0",
    "PYTHONINTMAXSTRDIGITS": "640",
    "JUPYTER_PATH": "{folder}/.local/share/jupyter",
    "JUPYTER_CONFIG_DIR": "{folder}/.jupyter",
    "JUPYTER_DEFAULT_PROVISIONER_NAME": "no such provisioner",
    "IPYTHONDIR": "{folder}/.ipython",
    "HOME": "{folder}",
    # As on clusters: no socket's path may be longer than about 107 bytes.
    "TMPDIR": "{folder}/" + "x" * 100,
    "BASH_ENV": "{folder}/bash_env",
    "BASH_FUNC_python%%": "() { echo a function of that name; return 1; }",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX512F",
    "MALLOC_PERTURB_": "7",
    "POSIXLY_CORRECT": "1",
    "LC_ALL": "C",
    "LANG": "tr_TR.UTF-8",
    "TZ": "Pacific/Chatham",
    "COLUMNS": "20",
    "GIT_DIR": "{folder}/no_repository",
    "CUDA_VISIBLE_DEVICES": "-1",
    "PS1": "$ ",
}

FILES = {
    ".keras/keras.json": '{"floatx": "float64", "backend": "jax", "epsilon": 0.1}',
    ".config/matplotlib/matplotlibrc": "text.usetex: True",
    ".ipython/profile_default/startup/00.py": "raise SystemExit('startup')",
    ".ipython/profile_default/ipython_kernel_config.py": "raise SystemExit('configuration')",
    ".local/share/jupyter/kernels/python3/kernel.json": '{"argv": ["false"], "display_name": ""}',
    "modules/seaborn/__init__.py": "raise ImportError('another seaborn')",
    "modules/pandas.py": "raise ImportError('another pandas')",
    "bash_env": "echo read by bash; exit 3",
    "x" * 100 + "/.keep": "",
}

# Read from the working folder, whatever the variables say.
WORKING_FOLDER = {
    "matplotlibrc": "text.usetex: True",
    "seaborn.py": "raise ImportError('of the working folder')",
    "numpy.py": "raise ImportError('of the working folder')",
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def hostile(tmp_path):
    """Variables of a user whose configuration is against us, with the files that they name."""
    write(tmp_path, FILES)
    return {name: value.replace("{folder}", str(tmp_path)) for name, value in VARIABLES.items()}


@pytest.mark.slow
def test_a_hostile_environment_changes_no_bit(tmp_path_factory, project, data, hostile):
    folder = Clone(tmp_path_factory.mktemp("hostile"), project, data)
    write(folder.path, WORKING_FOLDER)
    done = folder.snakemake("results=results/quiet")
    assert done.returncode == 0, done.stdout
    # The code of this copy of the project is found by its path.
    paths = [folder.environment["PYTHONPATH"], hostile["PYTHONPATH"]]
    folder.environment |= hostile | {"PYTHONPATH": os.pathsep.join(paths)}
    done = folder.snakemake("results=results/hostile")
    assert done.returncode == 0, done.stdout
    quiet, loud = folder.path / "results/quiet", folder.path / "results/hostile"
    for run in ("cnn", "gru"):
        of_run = Path("cnn_vs_gru", run, "seed-0")
        for file in ("metrics.json", "predictions.npz", "confusion_matrix.csv"):
            assert (quiet / of_run / file).read_bytes() == (loud / of_run / file).read_bytes()
        assert "plain kernel" not in (loud / of_run / "train.log").read_text()
    manifest = json.loads((loud / "manifest.json").read_text())
    assert manifest["environment"] == {"CUDA_VISIBLE_DEVICES": "-1"} | environment.FIXED


def test_a_kernel_sees_only_what_it_needs(hostile, tmp_path):
    home = tmp_path / "home"
    seen = environment.kernel_environment(hostile | {"PATH": "/bin"}, 1, home, tmp_path)
    own = environment.kernel_environment({"PATH": "/bin"}, 1, home, tmp_path)
    passed = {name: value for name, value in seen.items() if own.get(name) != value}
    assert passed.keys() == {"TMPDIR", "CUDA_VISIBLE_DEVICES", "JUPYTER_DEFAULT_PROVISIONER_NAME"}
    # What can change a number is in the manifest.
    recorded = environment.recorded(hostile)
    assert recorded == {"CUDA_VISIBLE_DEVICES": "-1"} | environment.FIXED
    assert recorded.items() <= seen.items()


@pytest.mark.parametrize(
    ("name", "is_started_again"),
    [
        ("PYTHONPATH", True),
        ("PYTHONOPTIMIZE", True),
        ("PYTHONWARNINGS", True),
        ("PYTHONUNBUFFERED", False),
        ("PYTHONDONTWRITEBYTECODE", False),
        ("BASH_ENV", False),
    ],
)
def test_the_command_is_started_again_where_python_was_misled(name, is_started_again):
    code = (
        "import os, sys\n"
        "from refashion.execution import environment\n"
        "print('begun', flush=True)\n"
        "environment.restart_if_misled(sys.orig_argv)\n"
        f"print(os.environ.get({name!r}), sys.argv, flush=True)\n"
    )
    clean = environment.interpreter_environment({"PATH": os.environ["PATH"]})
    value = f"{environment.SOURCE}{os.pathsep}/elsewhere" if name == "PYTHONPATH" else "1"
    value = "default" if name == "PYTHONWARNINGS" else value
    command = [sys.executable, "-c", code, "an argument"]
    told = subprocess.check_output(command, env=clean | {name: value}, text=True).splitlines()
    assert told.count("begun") == 1 + is_started_again
    assert told[-1] == f"{clean.get(name)} ['-c', 'an argument']"


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        *[("PIP_USER", False), ("PIP_TARGET", False), ("PIP_PREFIX", False), ("UV_TARGET", False)],
        *[("PIP_NO_BINARY", False), ("PIP_CONSTRAINT", False), ("UV_EXCLUDE_NEWER", False)],
        *[("UV_PYTHON", False), ("UV_PROJECT_ENVIRONMENT", False), ("PYTHONHOME", False)],
        *[("PIP_INDEX_URL", True), ("PIP_FIND_LINKS", True), ("UV_DEFAULT_INDEX", True)],
        *[("UV_CACHE_DIR", True), ("HTTPS_PROXY", True), ("SSL_CERT_FILE", True)],
    ],
)
def test_the_set_up_is_told_where_packages_come_from_and_not_where_they_go(name, is_kept):
    of_setup = environment.setup_environment({name: "given"})
    assert (of_setup.get(name) == "given") is is_kept
    assert of_setup["PIP_USER"] == of_setup["UV_SYSTEM_PYTHON"] == "0"


def test_the_module_runs_a_command_before_anything_is_installed(hostile, tmp_path):
    script = "import os; print(sorted(name for name in os.environ if name.startswith('PIP')))"
    told = subprocess.check_output(
        [sys.executable, "-I", environment.__file__, sys.executable, "-c", script],
        env=hostile | {"PIP_TARGET": "/x", "PIP_CERT": "y"},
        text=True,
    )
    assert told == "['PIP_CERT', 'PIP_REQUIRE_VIRTUALENV', 'PIP_USER']\n"
