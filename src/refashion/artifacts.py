"""Names and formats of the files that stages pass to each other.

No other module knows a file name. All files are written atomically: a file at its final path is
complete, or it does not exist.
"""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
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

NAN = "NaN"
"""Text for NaN in a table, where an empty cell would mean that there is no value."""

# Errors of file systems that do not support fsync. All other errors are failures.
CANNOT_FLUSH = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EROFS)

UNFINISHED = ".unfinished-"
"""Prefix of the names of files that are being written."""

FAILURES = ("failed", "timeout")
"""Values of `status` in `run.json` for a run that ended without a result."""

KILLED = ("KernelKilled", "ProgramKilled")
"""Types of the errors of runs that were killed, perhaps because memory ran out."""

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
        """How the run ended, its settings and its measurements; the fields are `RUN_FIELDS`."""
        return self.path / "run.json"

    @property
    def measurements(self) -> Path:
        """What the notebook measured; merged into `run_json` after the notebook has ended."""
        return self.path / "measurements.json"

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.path / "train.ipynb"

    @property
    def history(self) -> Path:
        """Loss and metrics of each epoch."""
        return self.path / "history.csv"

    @property
    def predictions(self) -> Path:
        """True and predicted values of each split, and class probabilities of the test split."""
        return self.path / "predictions.npz"

    @property
    def architecture(self) -> Path:
        """Layers of a network: name, type, output shape and number of parameters."""
        return self.path / "architecture.csv"

    @property
    def importances(self) -> Path:
        """Feature importances, in the order of the features, for models that have them."""
        return self.path / "importances.csv"

    @property
    def attributes(self) -> Path:
        """Fitted attributes of an estimator, a list with a mapping for each fold."""
        return self.path / "attributes.json"

    @property
    def metrics(self) -> Path:
        """Metrics of each split; with folds, their means over folds."""
        return self.path / "metrics.json"

    @property
    def fold_metrics(self) -> Path:
        """Metrics of each fold: columns fold, split, metric and value; only with folds."""
        return self.path / "fold_metrics.csv"

    @property
    def classification_report(self) -> Path:
        """Precision, recall, F1 and support of each class, on the test split."""
        return self.path / "classification_report.csv"

    @property
    def confusion_matrix(self) -> Path:
        """Confusion matrix of the test split."""
        return self.path / "confusion_matrix.csv"

    @property
    def confusion_matrix_train(self) -> Path:
        """Confusion matrix of the training split, if the study asks for it."""
        return self.path / "confusion_matrix_train.csv"

    @property
    def files(self) -> Path:
        """Working folder of an author's own notebook; what it writes stays there."""
        return self.path / "files"

    @property
    def requirements(self) -> Path:
        """Pinned packages of an author's own notebook, if it has an environment of its own."""
        return self.path / "requirements.lock"

    @property
    def output(self) -> Path:
        """Folder in which a program leaves its results."""
        return self.path / "output"

    @property
    def sources(self) -> Path:
        """SHA-256 of each file that results from outside stand in, by name."""
        return self.path / "sources.json"

    @property
    def recorded(self) -> Path:
        """What an author's own notebook recorded, until it is checked; see `refashion.hosting`."""
        return self.path / "recorded.json"

    @property
    def recorded_arrays(self) -> Path:
        """Predictions that an author's own notebook recorded, until they are checked."""
        return self.path / "recorded.npz"

    @property
    def recorded_metrics(self) -> Path:
        """Metrics that an author's own notebook recorded; a part of `metrics`."""
        return self.path / "recorded_metrics.json"

    @property
    def log(self) -> Path:
        """Log of the job."""
        return self.path / "train.log"

    @property
    def failures(self) -> Path:
        """One line of JSON for each failed attempt. A new attempt removes all files but this."""
        return self.path / "failures.jsonl"

    @property
    def scored(self) -> tuple[Path, ...]:
        """What is published of a run: how it ended, its training log, and its scores."""
        return (
            *(self.run_json, self.metrics, self.fold_metrics, self.history, self.architecture),
            *(self.classification_report, self.confusion_matrix, self.confusion_matrix_train),
            *(self.importances, self.attributes, self.requirements, self.sources),
        )

    def clear_scores(self) -> None:
        """Remove the files that `evaluate` derives from the predictions."""
        for path in (self.metrics, self.fold_metrics, self.classification_report):
            path.unlink(missing_ok=True)
        for path in (self.confusion_matrix, self.confusion_matrix_train):
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove the files of earlier attempts, so that they cannot pass for new results."""
        self.clear_scores()
        for path in (self.run_json, self.measurements, self.notebook, self.history):
            path.unlink(missing_ok=True)
        for path in (self.predictions, self.architecture, self.importances, self.attributes):
            path.unlink(missing_ok=True)
        for path in (
            self.recorded,
            self.recorded_arrays,
            self.recorded_metrics,
            self.requirements,
        ):
            path.unlink(missing_ok=True)
        self.sources.unlink(missing_ok=True)
        for folder in (self.files, self.output):
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Layout:
    """Paths of all files, below one folder for data and one for results.

    Attributes
    ----------
    results, data
        The two folders.

    Examples
    --------
    >>> Layout().run("cnn_vs_gru", "cnn", 0).run_json.as_posix()
    'results/cnn_vs_gru/cnn/seed-0/run.json'
    """

    results: Path = Path("results")
    data: Path = Path("data")

    @property
    def pins(self) -> Path:
        """Folder of the pinned packages of authors' own notebooks."""
        return self.data / ".requirements"

    def fetch(self, dataset: str) -> Path:
        """Where the files of a dataset came from, with their hashes."""
        return self.data / dataset / "fetch.json"

    def fetch_failures(self, dataset: str) -> Path:
        """One line of JSON for each failed attempt to fetch a dataset."""
        return self.data / dataset / "failures.jsonl"

    def raw(self, dataset: str) -> Path:
        """Folder of the fetched files of a dataset."""
        return self.data / dataset / "raw"

    def prepared(self, dataset: str) -> Path:
        """Description of the prepared arrays of a dataset, or the reason why there are none."""
        return self.data / dataset / "prepared.json"

    def arrays(self, dataset: str) -> Path:
        """Folder of the prepared arrays of a dataset."""
        return self.data / dataset / "arrays"

    def explore(self, dataset: str) -> Path:
        """Executed notebook that shows a dataset."""
        return self.results / "datasets" / dataset / "explore.ipynb"

    def explore_failures(self, dataset: str) -> Path:
        """One line of JSON for each failed attempt to show a dataset."""
        return self.results / "datasets" / dataset / "failures.jsonl"

    def explore_error(self, dataset: str) -> Path:
        """Why a dataset could not be shown; there is none if it was."""
        return self.results / "datasets" / dataset / "error.json"

    def run(self, study: str, run: str, seed: int | str) -> RunFolder:
        """Folder of one run with one seed."""
        return RunFolder(self.results / study / run / f"seed-{seed}")

    def metrics(self, study: str) -> Path:
        """Tidy table of the metrics of all runs of a study."""
        return self.results / study / "metrics.csv"

    def audit(self, study: str) -> Path:
        """What the audit of a study's source found, or why it could not be read."""
        return self.results / study / "audit.json"

    def judge(self, study: str) -> Path:
        """Executed notebook that judges a study."""
        return self.results / study / "judge.ipynb"

    def study_verdicts(self, study: str) -> Path:
        """Ledger of one study."""
        return self.results / study / "verdicts.json"

    def recovery(self, study: str, name: str) -> Path:
        """Result of a search for settings that a source leaves open."""
        return self.results / study / "recover" / f"{name}.json"

    def recovery_notebook(self, study: str, name: str) -> Path:
        """Executed notebook of a search."""
        return self.recovery(study, name).with_suffix(".ipynb")

    def trials(self, study: str, name: str) -> Path:
        """One line of JSON for each trial of a search, which is kept as it ends."""
        return self.recovery(study, name).with_suffix(".trials.jsonl")

    def recovery_failures(self, study: str, name: str) -> Path:
        """One line of JSON for each failed attempt at a search."""
        return self.recovery(study, name).with_suffix(".failures.jsonl")

    def log(self, stage: str, name: str) -> Path:
        """Log of one job of a stage."""
        return self.results / "logs" / f"{stage}-{name}.log"

    @property
    def config(self) -> Path:
        """The validated configuration."""
        return self.results / "config.json"

    @property
    def verdicts_csv(self) -> Path:
        """Ledger of all studies, as a table."""
        return self.results / "verdicts.csv"

    @property
    def verdicts_json(self) -> Path:
        """Ledger of all studies."""
        return self.results / "verdicts.json"

    @property
    def manifest(self) -> Path:
        """Provenance of the results."""
        return self.results / "manifest.json"

    @property
    def report(self) -> Path:
        """Folder of the report."""
        return self.results / "report"

    @property
    def report_files(self) -> Path:
        """Names of the files of the report, which the next report replaces."""
        return self.results / "report_files.json"

    @property
    def report_html(self) -> Path:
        """First page of the report."""
        return self.report / "index.html"

    @property
    def report_pdf(self) -> Path:
        """The report as PDF."""
        return self.report / "report.pdf"

    @property
    def written(self) -> tuple[Path, ...]:
        """The files that the last stage writes."""
        ledger = self.verdicts_csv, self.verdicts_json
        return (self.report_html, self.report_pdf, *ledger, self.manifest, self.config)

    @property
    def report_problems(self) -> Path:
        """Problems of the report, and the number of attempts so far; see `report_attempt`."""
        return self.results / "report_problems.json"

    def run_page(self, study: str, run: str, seed: int) -> Path:
        """Page of the executed notebook of a run."""
        return self.report / "notebooks" / study / run / f"seed-{seed}.html"

    def recovery_page(self, study: str, name: str) -> Path:
        """Page of the executed notebook of a search."""
        return self.report / "notebooks" / study / "recover" / f"{name}.html"

    def judge_page(self, study: str) -> Path:
        """Page of the notebook that judges a study."""
        return self.report / "notebooks" / study / "judge.html"

    def source_page(self, study: str, page: int, digest: str) -> Path:
        """Picture of a page of a study's source, by the SHA-256 of the document."""
        return self.report / "sources" / study / f"page-{page}-{digest[:8]}.png"

    def explore_page(self, dataset: str) -> Path:
        """Page of the notebook that shows a dataset."""
        return self.report / "notebooks" / "datasets" / f"{dataset}.html"


def project_root() -> Path:
    """Find the project folder: the current folder, or the nearest above it with a Snakefile.

    A notebook runs in `notebooks/` if it is opened in Jupyter, and in the project folder if the
    workflow executes it.
    """
    here = Path.cwd()
    return next((p for p in (here, *here.parents) if (p / "Snakefile").is_file()), here)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Write a file atomically: yield a temporary path beside it, and rename that if all went well.

    Parameters
    ----------
    path
        Final path. Its folder is created if necessary. After an error, `path` is unchanged.

    Yields
    ------
    Path
        Temporary path to write to, with the same suffix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # NumPy and Papermill choose their format by the suffix.
    with NamedTemporaryFile(
        dir=path.parent, prefix=UNFINISHED, suffix=path.suffix, delete=False
    ) as file:
        temporary = Path(file.name)
    try:
        yield temporary
        _flush_to_disk(temporary)
        # Some file systems, such as FAT, have no permissions to set.
        with suppress(PermissionError):
            temporary.chmod(0o666 & ~umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_unfinished(*folders: Path) -> None:
    """Remove the temporary files of processes that were killed while they were writing.

    Parameters
    ----------
    *folders
        Folders to search recursively. No process may be writing there.
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


def umask() -> int:
    """Return the file mode mask of this process, which can only be read by setting it."""
    mask = os.umask(0o77)
    os.umask(mask)
    return mask


def canonical_json(value: Any) -> str:
    """Serialize a value as one line of JSON: sorted keys and no spaces, so equal values match.

    Raises
    ------
    ValueError
        The value contains NaN or infinity.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def finite(value: Any) -> Any:
    """Replace NaN and infinity, which JSON does not have, by None at any depth."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def read_json(path: Path) -> Any:
    """Read a file written by `write_json`.

    Raises
    ------
    RefashionError
        The file is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RefashionError(
            f"{path}: damaged ({error}); remove it and rerun the command to create it again"
        ) from None


def write_json(path: Path, value: Any) -> None:
    """Write a value as strict JSON; NaN and infinity become null."""
    write_text(path, json.dumps(finite(value), indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write text in UTF-8."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_csv(path: Path, frame: pd.DataFrame, missing: str = "") -> None:
    """Write a table as CSV, without its index.

    Parameters
    ----------
    path
        File to write.
    frame
        The table.
    missing
        Text for NaN: `NAN` if NaN is a result, empty if it means that there is no value.
    """
    with atomic(path) as temporary:
        frame.to_csv(temporary, index=False, lineterminator="\n", na_rep=missing)


def read_csv(path: Path, *names: str) -> pd.DataFrame:
    """Read a table written by `write_csv`.

    Parameters
    ----------
    path
        File to read.
    *names
        Columns to read as text, even if a value looks like a number or is `NA`. Columns that the
        table does not have are ignored.
    """
    header = pd.read_csv(path, nrows=0).columns
    text = {column: str for column in header if column in names}
    values = {column: ["", NAN] for column in header if column not in names}
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=values)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name to a compressed NumPy archive, without pickles."""
    with atomic(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def read_arrays(path: Path, *names: str) -> dict[str, np.ndarray]:
    """Read a file written by `write_arrays`.

    Parameters
    ----------
    path
        File to read.
    *names
        Arrays to read; without names, all of them.

    Returns
    -------
    dict
        The arrays by name.

    Raises
    ------
    RefashionError
        The file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in names or archive}
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RefashionError(
            f"{path}: damaged ({error}); remove its folder and rerun the command to create it again"
        ) from None


def names_of_arrays(path: Path) -> list[str]:
    """Return the names of the arrays in a file written by `write_arrays`; none without the file."""
    if not path.exists():
        return []
    try:
        with np.load(path, allow_pickle=False) as archive:
            return list(archive.files)
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RefashionError(
            f"{path}: damaged ({error}); remove its folder and rerun the command to create it again"
        ) from None


def log_failure(path: Path, failure: Mapping[str, Any]) -> None:
    """Append one line of JSON to a log of failed attempts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(canonical_json(finite(failure)) + "\n")


def next_attempt(failures: Path) -> int:
    """Return the number of the next attempt: one more than the number of failed attempts.

    It is part of the `params` of a rule, so that the next command repeats a failed run.
    """
    return 1 + (len(failures.read_text(encoding="utf-8").splitlines()) if failures.exists() else 0)


def report_attempt(problems: Path) -> int:
    """Return the number of the next attempt at the report: one more than those with problems.

    As with runs, the next command repeats a report that had problems.
    """
    return 1 + (read_json(problems)["attempts"] if problems.exists() else 0)
