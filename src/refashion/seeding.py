"""Seeds: every seed of a run is derived from one integer."""

from __future__ import annotations

import hashlib


def derive(seed: int, purpose: str) -> int:
    """Derive a seed for one purpose from the seed of a run.

    Parameters
    ----------
    seed
        Seed of the run.
    purpose
        Use of the random numbers, for example "split".

    Returns
    -------
    int
        Seed in [0, 2**32), the same on every machine.

    Examples
    --------
    >>> derive(0, "split") == derive(0, "split"), derive(0, "split") == derive(1, "split")
    (True, False)
    """
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
