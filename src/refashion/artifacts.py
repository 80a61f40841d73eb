"""Names and formats of the files that stages hand to each other.

No other module knows a file name. Everything is written atomically: a file at its final path is
whole, or it is not there.
"""

from __future__ import annotations

import errno
import json
import math
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion.errors import RefashionError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
else:
    np = lazy_loader.load("numpy")
    pd = lazy_loader.load("pandas")

NOT_A_NUMBER = "NaN"

# How file systems say that they know nothing of it, in contrast to a failure.
CANNOT_FLUSH = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EROFS)

UNFINISHED = ".unfinished-"
"""How the names of files begin that are being written."""

RUN_FIELDS = (
    "status",
    "error",
    "attempt",
    "seed",
    "model",
    "settings",
    "diverged",
    "epochs_run",
    "n_parameters",
    "fit_seconds",
    "predict_seconds",
    "wall_seconds",
    "peak_memory_mb",
    "threads",
)


@dataclass(frozen=True)
class RunFolder:
    """The files of one run with one seed, `results/<study>/<run>/seed-<n>/`."""

    path: Path

    @property
    def run_json(self) -> Path:
        return self.path / "run.json"

    @property
    def measurements(self) -> Path:
        """What the notebook measured; merged into `run_json` when the notebook has ended."""
        return self.path / "measurements.json"

    @property
    def notebook(self) -> Path:
        return self.path / "train.ipynb"

    @property
    def history(self) -> Path:
        return self.path / "history.csv"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions.npz"

    @property
    def architecture(self) -> Path:
        return self.path / "architecture.csv"

    @property
    def importances(self) -> Path:
        """Share of each input in the answers, in the order of the inputs; of some models."""
        return self.path / "importances.csv"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.json"

    @property
    def classification_report(self) -> Path:
        return self.path / "classification_report.csv"

    @property
    def confusion_matrix(self) -> Path:
        return self.path / "confusion_matrix.csv"

    @property
    def confusion_matrix_train(self) -> Path:
        return self.path / "confusion_matrix_train.csv"

    @property
    def log(self) -> Path:
        return self.path / "train.log"

    @property
    def failures(self) -> Path:
        """One line of JSON per failed attempt. It outlives a new attempt, unlike all the rest."""
        return self.path / "failures.jsonl"

    def clear_scores(self) -> None:
        """Remove what `evaluate` derives from the predictions."""
        for path in (self.metrics, self.classification_report):
            path.unlink(missing_ok=True)
        for path in (self.confusion_matrix, self.confusion_matrix_train):
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove all that an earlier attempt left, so that it can never stand in for this one."""
        self.clear_scores()
        for path in (self.run_json, self.measurements, self.notebook, self.history):
            path.unlink(missing_ok=True)
        for path in (self.predictions, self.architecture, self.importances):
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Layout:
    """Where everything lies, below one folder of data and one of results.

    Examples
    --------
    >>> Layout().run("cnn_vs_gru", "cnn", 0).run_json.as_posix()
    'results/cnn_vs_gru/cnn/seed-0/run.json'
    """

    results: Path = Path("results")
    data: Path = Path("data")

    def fetch(self, dataset: str) -> Path:
        return self.data / dataset / "fetch.json"

    def fetch_failures(self, dataset: str) -> Path:
        return self.data / dataset / "failures.jsonl"

    def raw(self, dataset: str) -> Path:
        return self.data / dataset / "raw"

    def prepared(self, dataset: str) -> Path:
        return self.data / dataset / "prepared.json"

    def arrays(self, dataset: str) -> Path:
        return self.data / dataset / "arrays"

    def explore(self, dataset: str) -> Path:
        return self.results / "datasets" / dataset / "explore.ipynb"

    def run(self, study: str, run: str, seed: int | str) -> RunFolder:
        return RunFolder(self.results / study / run / f"seed-{seed}")

    def metrics(self, study: str) -> Path:
        return self.results / study / "metrics.csv"

    def judge(self, study: str) -> Path:
        return self.results / study / "judge.ipynb"

    def study_verdicts(self, study: str) -> Path:
        return self.results / study / "verdicts.json"

    def log(self, stage: str, name: str) -> Path:
        return self.results / "logs" / f"{stage}-{name}.log"

    @property
    def config(self) -> Path:
        return self.results / "config.json"

    @property
    def verdicts_csv(self) -> Path:
        return self.results / "verdicts.csv"

    @property
    def verdicts_json(self) -> Path:
        return self.results / "verdicts.json"

    @property
    def manifest(self) -> Path:
        return self.results / "manifest.json"

    @property
    def report(self) -> Path:
        return self.results / "report"

    @property
    def report_files(self) -> Path:
        """Names of the files of the report, relative to it: what a later report may remove."""
        return self.results / "report_files.json"

    @property
    def report_html(self) -> Path:
        return self.report / "index.html"

    @property
    def report_pdf(self) -> Path:
        return self.report / "report.pdf"

    @property
    def report_problems(self) -> Path:
        """What is wrong with the report, and how often it was written so; see `report_attempt`."""
        return self.results / "report_problems.json"

    def run_page(self, study: str, run: str, seed: int) -> Path:
        return self.report / "notebooks" / study / run / f"seed-{seed}.html"

    def judge_page(self, study: str) -> Path:
        return self.report / "notebooks" / study / "judge.html"

    def explore_page(self, dataset: str) -> Path:
        return self.report / "notebooks" / "datasets" / f"{dataset}.html"


def project_root() -> Path:
    """Folder of the project around the current one.

    A notebook opened in Jupyter runs in `notebooks/`, one in the workflow in the project itself.
    """
    here = Path.cwd()
    return next((p for p in (here, *here.parents) if (p / "Snakefile").is_file()), here)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` to write to; move it into place when all went well.

    Parameters
    ----------
    path
        The final path. Its folder is made if need be. On an error nothing is left there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix is kept because writers such as NumPy and Papermill decide by it.
    with NamedTemporaryFile(
        dir=path.parent, prefix=UNFINISHED, suffix=path.suffix, delete=False
    ) as file:
        temporary = Path(file.name)
    try:
        yield temporary
        _flush_to_disk(temporary)
        # Some file systems, such as those of other operating systems, have modes of their own.
        with suppress(PermissionError):
            temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_unfinished(*folders: Path) -> None:
    """Remove what processes were writing when they were killed.

    Parameters
    ----------
    folders
        Searched with all that is below them. Nobody may be writing there.
    """
    for folder in folders:
        for path in folder.rglob(f"{UNFINISHED}*"):
            path.unlink(missing_ok=True)


def _flush_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in CANNOT_FLUSH:
                raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def canonical_json(value: Any) -> str:
    """One line of JSON that is the same for equal values: keys sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def finite(value: Any) -> Any:
    """Replace NaN and infinity, which JSON does not know, by null, at any depth."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def read_json(path: Path) -> Any:
    """Read a file that `write_json` has written.

    Raises
    ------
    RefashionError
        Something has damaged it since.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RefashionError(
            f"{path}: damaged ({error}); the workflow makes it anew when it is removed"
        ) from None


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(finite(value), indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_csv(path: Path, frame: pd.DataFrame, missing: str = "") -> None:
    """Write a table.

    Parameters
    ----------
    path, frame
        Where, and what.
    missing
        Text for NaN: `NOT_A_NUMBER` where it is a result and no empty cell.
    """
    with atomic(path) as temporary:
        frame.to_csv(temporary, index=False, lineterminator="\n", na_rep=missing)


def read_csv(path: Path, *names: str) -> pd.DataFrame:
    """Read a table that `write_csv` has written.

    Parameters
    ----------
    path
        Where it is.
    names
        Columns, where it has them, that hold names: text, even if it is `NA` or `1`.
    """
    header = pd.read_csv(path, nrows=0).columns
    text = {column: str for column in header if column in names}
    values = {column: ["", NOT_A_NUMBER] for column in header if column not in names}
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=values)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    with atomic(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def read_arrays(path: Path, *names: str) -> dict[str, np.ndarray]:
    """Read a file that `write_arrays` has written: some of its arrays by name, or all.

    Raises
    ------
    RefashionError
        Something has damaged it since.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in names or archive}
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RefashionError(
            f"{path}: damaged ({error}); the workflow makes it anew when its folder is removed"
        ) from None


def log_failure(path: Path, failure: Mapping[str, Any]) -> None:
    """Append one line of JSON to a log of failed attempts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(canonical_json(finite(failure)) + "\n")


def next_attempt(failures: Path) -> int:
    """Number of the attempt to make: one more than have failed.

    It is part of the `params` of a rule, so a failed run is tried again at the next call.
    """
    return 1 + (len(failures.read_text(encoding="utf-8").splitlines()) if failures.exists() else 0)


def report_attempt(problems: Path) -> int:
    """Number of the attempt at the report to make: one more than have gone wrong.

    Like that of a run: a report with problems is written again at the next call.
    """
    return 1 + (read_json(problems)["attempts"] if problems.exists() else 0)
