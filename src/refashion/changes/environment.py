"""Differences in package versions, machine, code and data between two results folders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from refashion import wording
from refashion.changes.change import Change, compare_values
from refashion.changes.folder import ResultsFolder


def compare_environment(a: ResultsFolder, b: ResultsFolder) -> Iterator[Change]:
    """Compare the manifests of two results folders, if both have one."""
    left, right = a.manifest, b.manifest
    if not left or not right:
        return
    yield from compare_values(left.get("packages", {}), right.get("packages", {}), kind="package")
    files = [wording.flatten(side.get("datasets", {})) for side in (left, right)]
    yield from compare_values(*files, kind="data")
    yield from compare_values(_facts(a), _facts(b), kind="environment")
    flags = [set(side.get("cpu", {}).get("flags", [])) for side in (left, right)]
    if flags[0] != flags[1]:
        left_only, right_only = (" ".join(sorted(x - y)) for x, y in (flags, flags[::-1]))
        note = "instruction sets of only one processor"
        yield Change("environment", "cpu.flags", left_only, right_only, note=note)


def _facts(folder: ResultsFolder) -> dict[str, Any]:
    manifest, config = folder.manifest, folder.config
    facts = {
        **{name: manifest[name] for name in ("python", "platform") if name in manifest},
        "cpu": manifest.get("cpu", {}).get("model"),
        "gpus": "; ".join(manifest.get("gpus", ())) or None,
        "lock_sha256": manifest.get("lock_sha256"),
        "git": manifest.get("git", {}),
        "seeds": manifest.get("seeds", {}),
        "seed_sd_prior": config.get("seed_sd_prior"),
    }
    return wording.flatten({name: value for name, value in facts.items() if value is not None})
