"""A dataset that a study describes in place, with the attributes of a module of a dataset."""

from __future__ import annotations

import hashlib
import importlib.metadata
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.data import fetching, glance, readers
from refashion.data.fetching import Address, LocalFolder, OpenML, PackedFolder
from refashion.data.fetching.archives import Rejected, contents
from refashion.data.fetching.packed import pack
from refashion.data.fetching.source import FetchLimits, Source, Unavailable
from refashion.data.readers.bundled import BUNDLED
from refashion.errors import DataError, RefashionError

if TYPE_CHECKING:
    import numpy as np

# In place of a citation or a licence that the study does not state.
NOT_STATED = "not stated"

# Keys of a description that only the report shows; a change of them changes no array.
_SHOWN = ("title", "unit", "citation", "licence", "address")
# Facts that `prepare` finds in the data.
STATED = ("title", "task", "target", "unit", "citation", "licence", "columns")
FOUND = ("classes", "features", "categories", "dropped")
_LIMITS = FetchLimits()


@dataclass(frozen=True)
class Described:
    """A dataset described by a study.

    Its classes and columns are facts of the data. Before the stage `prepare` has found them, they
    are empty, except for classes that the description states.

    Attributes
    ----------
    name
        Name of the dataset and of its folders.
    description
        A description of `refashion.spec.dataset` as JSON, with its `format` and `task`.
    folder
        Folder of the study.
    folders
        Other folders to search, see `data_dirs` in `config.yaml`.
    data
        Folder of all datasets.
    """

    name: str
    description: Mapping[str, Any]
    folder: Path
    folders: tuple[Path, ...] = ()
    data: Path = Path("data")

    @property
    def TITLE(self) -> str:  # noqa: N802 - as in a module
        """Title of the dataset."""
        return self.description["title"] or (self._bundled or [self._named])[0]

    @property
    def TASK(self) -> str:  # noqa: N802
        """The task: "classification" or "regression"."""
        return self.description["task"]

    @property
    def TARGET(self) -> str:  # noqa: N802
        """Name of the target."""
        if self._bundled:
            return self._bundled.target
        column = self.description.get("target")
        if isinstance(column, str) and self.description["format"] != "npz":
            return column
        return "class" if self.TASK == "classification" else "target"

    @property
    def UNIT(self) -> str:  # noqa: N802
        """Unit of the target; empty for classes, or if none is stated."""
        return self.description["unit"] or (self._bundled.unit if self._bundled else "")

    @property
    def CLASSES(self) -> list[str]:  # noqa: N802
        """Names of the classes, by label."""
        return list(self.description["classes"] or self.found["classes"])

    @property
    def expected_classes(self) -> list[str]:
        """Names of the classes, also of a small file that is not prepared; empty if unknown."""
        return self.CLASSES or glance.classes(self)

    @property
    def expected_columns(self) -> list[str] | None:
        """Names of columns that a file which is not prepared may have; None if unknown."""
        headers = glance.headers(self)
        return list(dict.fromkeys(chain(*headers.values()))) if headers else None

    @property
    def PARTS(self) -> tuple[str, ...]:  # noqa: N802
        """Names of the parts: train and test, or all."""
        key = "inputs" if self.description["format"] == "npz" else self.description["format"]
        is_given = isinstance(self.description[key], dict) and "train" in self.description[key]
        return ("train", "test") if is_given else ("all",)

    @property
    def FEATURES(self) -> list[str]:  # noqa: N802
        """Names of the columns."""
        return self.found["features"]

    @property
    def CATEGORIES(self) -> dict[str, list[str]]:  # noqa: N802
        """Levels of each category."""
        return self.found["categories"]

    @property
    def COLUMNS(self) -> list[str]:  # noqa: N802
        """Names of the columns that are no inputs, by which a study may divide the examples."""
        return list(self.description.get("leave_out") or ())

    @property
    def CITATION(self) -> str:  # noqa: N802
        """Where the data were published."""
        return self.description["citation"] or NOT_STATED

    @property
    def LICENCE(self) -> str:  # noqa: N802
        """Licence of the data."""
        return self.description["licence"] or NOT_STATED

    @property
    def SUBFOLDERS(self) -> tuple[str, ...]:  # noqa: N802
        """Names of folders for the files in a folder of many datasets."""
        return (self.name,)

    @cached_property
    def FILES(self) -> dict[str, str]:  # noqa: N802
        """SHA-256 of each file: as stated, as measured now, or as recorded when it was fetched.

        It is empty if the file is unknown, which no content matches.
        """
        stated = self.description.get("sha256") or {}
        recorded = self._recorded("files") or {}
        return {
            name: stated.get(place) or self._measured(place) or recorded.get(name, "")
            for place, name in self.places.items()
        }

    @property
    def SOURCES(self) -> tuple[Source, ...]:  # noqa: N802
        """Sources of the files: the study's folder, and addresses."""
        return tuple(self._sources())

    @property
    def places(self) -> dict[str, str]:
        """Plain name of each file, by its path in the description."""
        form = self.description["format"]
        if form == "sklearn":
            return {}
        if form == "openml":
            name = f"openml-{self.description[form]['id']}.arff"
            return {name: name}
        named = [*readers.by_part(self.description[form]).values()]
        named += readers.by_part(self.description["labels"]).values() if form == "idx" else []
        if form == "images":
            named = [readers.archive_and_folder(name)[0] for name in named]
        return {name: PurePosixPath(name).name.removesuffix(".gz") for name in dict.fromkeys(named)}

    @property
    def version(self) -> str:
        """Everything that determines the arrays, as canonical JSON."""
        # `sha256` states what the files are, and so do their checksums here.
        left_out = (*_SHOWN, "sha256")
        kept = {key: value for key, value in self.description.items() if key not in left_out}
        if self.description["format"] == "sklearn":
            kept["scikit-learn"] = importlib.metadata.version("scikit-learn")
        return artifacts.canonical_json({**kept, "files": self.FILES})

    @property
    def found(self) -> dict[str, Any]:
        """What `prepare` found in the data; nothing if it did so in other data."""
        if self.is_prepared:
            return self._recorded("version", "facts", "prepared")["facts"]
        return {**{key: [] for key in FOUND}, "categories": {}, "dropped": 0}

    @property
    def is_prepared(self) -> bool:
        """Whether `prepare` has found the classes and columns of these data."""
        prepared = self._recorded("version", "facts", "prepared") or {}
        return prepared.get("version") == self.version

    @property
    def texts(self) -> dict[str, str]:
        """Texts for the report by the name of the attribute; a change of them changes no array."""
        names = ("TITLE", "UNIT", "CITATION", "LICENCE")
        return {name: getattr(self, name) for name in names}

    def facts(self, content: readers.Content) -> dict[str, Any]:
        """Return the attributes of this dataset by lower-case name, as found in its files."""
        found = {key: getattr(content, key) for key in FOUND}
        texts = {key: getattr(self, key.upper()) for key in STATED}
        return {**texts, "parts": list(self.PARTS), **found}

    def content(self, raw: Path) -> readers.Content:
        """Read the files.

        Parameters
        ----------
        raw
            Folder with the decompressed `FILES`.

        Raises
        ------
        DataError
            They do not fit the description.
        """
        files = {place: raw / name for place, name in self.places.items()}
        try:
            return readers.read(self.description, files)
        except DataError as error:
            raise DataError(f"{self.folder / 'study.yaml'}: dataset: {error}") from error

    def read(self, raw: Path) -> dict[str, np.ndarray]:
        """Read the arrays; see `content`."""
        return self.content(raw).arrays

    @property
    def _bundled(self) -> Any:
        return BUNDLED.get(self.description.get("sklearn", ""))

    @property
    def _named(self) -> str:
        if self.description["format"] == "openml":
            return "OpenML {id}, version {version}".format(**self.description["openml"])
        named = readers.by_part(self.description[self.description["format"]]).values()
        return next(iter(named))

    def _measured(self, place: str) -> str:
        path = self.local(place)
        try:
            packs = self.description["format"] == "images"
            return _sha256_of(path, _changes(path), packs) if path else ""
        except (OSError, Rejected, Unavailable):  # the sources tell why, when they are searched
            return ""

    def local(self, place: str) -> Path | None:
        """Find a file, or for an archive of images a folder, in the study's or other folders."""
        plain = place.removesuffix(".gz")
        names = [plain, f"{plain}.gz"]
        if self.description["format"] == "images":
            names = [place, place.removesuffix(".zip")]
        around = [
            self.folder / PurePosixPath(place).parent,
            *(folder / below for folder in self.folders for below in ("", self.name)),
            *(folder / PurePosixPath(place).parent for folder in self.folders),
        ]
        found = (folder / PurePosixPath(name).name for folder in around for name in names)
        return next((path for path in found if path.exists()), None)

    def _recorded(self, *keys: str) -> Any:
        """Read a record of an earlier stage."""
        layout = Layout(data=self.data)
        path = layout.prepared(self.name) if "prepared" in keys else layout.fetch(self.name)
        try:
            record = artifacts.read_json(path) if path.exists() else {}
        except RefashionError:  # the stage that reads it reports this
            record = {}
        if len(keys) == 1:
            return record.get(keys[0])
        return record if all(key in record for key in keys[:-1]) else None

    def _sources(self) -> Iterator[Source]:
        form = self.description["format"]
        for place, name in self.places.items():
            path = self.local(place)
            if path and path.is_dir() and form == "images":
                yield PackedFolder(path, name)
            else:
                yield LocalFolder(self.folder / PurePosixPath(place).parent, "the study's own")
        for address in self.description.get("address") or ():
            yield Address(address)
        if form == "openml":
            yield OpenML(self.description[form]["id"], self.description[form]["version"])


def named_folders(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Return the folders that the user has named, in the order in which they are searched."""
    return tuple(Path(source.path).expanduser() for source in fetching.named_folders(folders))


def _changes(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what changes with a file, or with any file of a folder."""
    paths = sorted(path.rglob("*")) if path.is_dir() else [path]
    stats = ((str(each), each.stat()) for each in paths)
    return tuple((name, status.st_mtime_ns, status.st_size) for name, status in stats)


@lru_cache(maxsize=64)
def _sha256_of(path: Path, changes: tuple[tuple[str, int, int], ...], packs: bool) -> str:
    """Return the SHA-256 of the decompressed content of a file, or of the archive of a folder."""
    if path.is_dir() and packs:
        with TemporaryDirectory() as scratch:
            return pack(path, Path(scratch, "packed.zip"), _LIMITS.max_bytes)
    deadline = time.monotonic() + _LIMITS.total_seconds
    digest = hashlib.sha256()
    for content in contents(path, path.name.removesuffix(".gz"), _LIMITS, deadline):
        with content() as opened:
            while chunk := opened.read(1024**2):
                digest.update(chunk)
        break
    return digest.hexdigest()
