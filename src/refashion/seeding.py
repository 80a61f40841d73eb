"""Random numbers: one integer per run, from which every other is derived."""

from __future__ import annotations

import hashlib


def derive(seed: int, purpose: str) -> int:
    """Derive the seed of one purpose from the seed of a run, the same on every machine.

    Parameters
    ----------
    seed
        Seed of the run.
    purpose
        What the random numbers are for, for example "split".

    Returns
    -------
    int
        In [0, 2**32).

    Examples
    --------
    >>> derive(0, "split") == derive(0, "split"), derive(0, "split") == derive(1, "split")
    (True, False)
    """
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
