"""Seeds of real runs, kept small: what error rates are measured on.

`python -m benchmarks.real_seeds RESULTS` packs the runs of a results folder whose seeds have all
finished into `tests/data/real_seeds.npz`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from refashion import artifacts

STORED = Path(__file__).parents[1] / "tests" / "data" / "real_seeds.npz"
# Enough for scores of classes, and small.
MOST_EXAMPLES = 2000
COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy")


@dataclass(frozen=True)
class RealRun:
    """Seeds of one run.

    Attributes
    ----------
    name
        `<study>/<run>`.
    true, predicted
        True and predicted labels of the test examples of each seed, shape (seeds, n).
    histories
        A history of each seed; none for a model without epochs.
    fit_seconds
        Duration of the training of each seed, shape (seeds,).
    """

    name: str
    true: np.ndarray
    predicted: np.ndarray
    histories: list[pd.DataFrame]
    fit_seconds: np.ndarray

    @property
    def study(self) -> str:
        """Name of the study."""
        return self.name.partition("/")[0]

    @property
    def is_shared(self) -> bool:
        """Whether all seeds have the same test examples."""
        return bool((self.true == self.true[0]).all())

    @property
    def accuracies(self) -> np.ndarray:
        """Accuracy of each seed, shape (seeds,)."""
        return (self.predicted == self.true).mean(axis=1)


def load(path: Path = STORED) -> list[RealRun]:
    """Load the stored runs."""
    with np.load(path, allow_pickle=False) as stored:
        names = sorted({key.rpartition(":")[0] for key in stored.files})
        return [
            RealRun(
                name,
                stored[f"{name}:true"].astype(int),
                stored[f"{name}:pred"].astype(int),
                [
                    pd.DataFrame(values, columns=list(COLUMNS))
                    for values in stored[f"{name}:curves"]
                ],
                stored[f"{name}:fit_seconds"],
            )
            for name in names
        ]


def pack(results: Path, path: Path = STORED) -> list[str]:
    """Pack the classification runs of a results folder, and return their names."""
    arrays: dict[str, np.ndarray] = {}
    names = []
    for folder in sorted(results.glob("*/*")):
        seeds = sorted(folder.glob("seed-*"), key=lambda seed: int(seed.name.rpartition("-")[2]))
        finished = [seed for seed in seeds if (seed / "run.json").is_file()]
        if len(finished) < 2:
            continue
        answers = [artifacts.read_arrays(seed / "predictions.npz") for seed in finished]
        if answers[0]["test_true"].dtype.kind == "f":
            continue  # a regression
        name = "/".join(folder.parts[-2:])
        names.append(name)
        for kind in ("true", "pred"):
            labels = [answer[f"test_{kind}"][:MOST_EXAMPLES].astype(np.int8) for answer in answers]
            arrays[f"{name}:{kind}"] = np.stack(labels)
        arrays[f"{name}:curves"] = np.array(list(_curves(finished)), dtype=np.float32)
        arrays[f"{name}:fit_seconds"] = np.array(
            [artifacts.read_json(seed / "run.json")["fit_seconds"] for seed in finished]
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)
    return names


def _curves(seeds: list[Path]) -> Iterator[np.ndarray]:
    """Give the curves of each seed, shape (epochs, columns), cut to the shortest."""
    tables = [
        pd.read_csv(seed / "history.csv") for seed in seeds if (seed / "history.csv").exists()
    ]
    if len(tables) < len(seeds) or any(set(COLUMNS) - set(table) for table in tables):
        return
    shortest = min(map(len, tables))
    for table in tables:
        yield table[list(COLUMNS)].to_numpy()[:shortest]


if __name__ == "__main__":
    print("\n".join(pack(Path(sys.argv[1]))))
