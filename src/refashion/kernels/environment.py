"""The environment of every kernel: fixed threads, quiet, on its own."""

from __future__ import annotations

from pathlib import Path

# Read by the numerical libraries when they load, so they must be set before the kernel starts.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def kernel_environment(threads: int, private: Path) -> dict[str, str]:
    """Environment that makes a kernel compute with fixed threads, quietly, and on its own.

    Parameters
    ----------
    threads
        For every numerical library.
    private
        Folder for what Jupyter and IPython else keep in the home folder, shared by all kernels.
    """
    return {
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        "PYTHONHASHSEED": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",  # TensorFlow's C++ notes are no evidence
        "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, not one of the user's
        "JUPYTER_RUNTIME_DIR": str(private),
        "IPYTHONDIR": str(private),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
