"""Kinds of processor that this machine can stand for.

A library may use AVX-512 wherever the processor has it. Most laptops have none, so steps are also
timed with it switched off, each library by a variable of its own. `docs/performance.md` says how
far that is known to work.
"""

from __future__ import annotations

from collections.abc import Mapping

from refashion.workflow import provenance

OWN, AVX2 = "", " (AVX2)"

WITHOUT_AVX512: Mapping[str, str] = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # TensorFlow and PyTorch
    "ATEN_CPU_CAPABILITY": "avx2",  # PyTorch
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",  # PyTorch
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",  # JAX
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD",
}


def kinds() -> dict[str, Mapping[str, str]]:
    """Return the environment variables of each kind, by what follows the name of a run."""
    own: dict[str, Mapping[str, str]] = {OWN: {}}
    return own | ({AVX2: WITHOUT_AVX512} if "avx512f" in provenance.cpu()["flags"] else {})


def merged(*environments: Mapping[str, str]) -> dict[str, str]:
    """Merge environment variables; flags of XLA are joined.

    Examples
    --------
    >>> merged({"XLA_FLAGS": "--a", "B": "1"}, {"XLA_FLAGS": "--c", "B": "2"})
    {'XLA_FLAGS': '--a --c', 'B': '2'}
    """
    whole: dict[str, str] = {}
    for environment in environments:
        for name, value in environment.items():
            is_joined = name == "XLA_FLAGS" and name in whole
            whole[name] = f"{whole[name]} {value}" if is_joined else value
    return whole
