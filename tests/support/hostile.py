"""A user's environment that is against us. A further variable or file is one line."""

from pathlib import Path

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


def variables(folder: Path) -> dict[str, str]:
    """Give the variables of a user whose configuration is against us, and write their files."""
    write(folder, FILES)
    return {name: value.replace("{folder}", str(folder)) for name, value in VARIABLES.items()}
