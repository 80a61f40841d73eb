"""The keys that describe data in each format, as they stand in `study.yaml`."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from refashion.data.readers import MODULES
from refashion.data.readers.rows import WHITESPACE
from refashion.quantities import MOST_ENTRIES, Count
from refashion.spec.fields import Heading, Known, Name, Strict, Text, Title

FORMATS = tuple(MODULES)


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or path.startswith("~") or "\\" in path:
        raise ValueError("it leads outside the study's folder; accepted: a file in it")
    if not path.isprintable() or not pure.name:
        raise ValueError("accepted: the path of a file in the study's folder")
    return str(pure)


def _address(address: str) -> str:
    if not re.fullmatch(r"https?://[^\s{}]+(\{file\}[^\s{}]*)?", address):
        text = "https://..., with {file} in place of the names of several files"
        raise ValueError(f"accepted: an address that starts with {text}")
    return address


def _encoding(name: str) -> str:
    try:
        "a".encode(name).decode(name)
    except (LookupError, ValueError):
        raise ValueError("accepted: an encoding of Python, such as utf-8 or latin-1") from None
    return name


def _separator(text: str) -> str:
    core = text.strip(" ") or " "
    if text != WHITESPACE and (len(core) != 1 or core in '"\r\n' or text.startswith("  ")):
        raise ValueError(f"accepted: one character, perhaps with a space after it, or {WHITESPACE}")
    return text


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


FileName = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_inside)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="64 digits, lower case")]
Encoding = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_encoding)]
Named = Annotated[Heading, Field(description="a name")]
Columns = Annotated[tuple[Named, ...], Field(min_length=1, max_length=MOST_ENTRIES)]
Kind = Literal["number", "category", "text"]


class GivenFiles(Strict):
    """A file for training and one for the test set."""

    train: FileName
    test: FileName


class GivenNames(Strict):
    """An array for training and one for the test set."""

    train: Named
    test: Named


Files = FileName | GivenFiles
Names = Named | GivenNames


class _Titled(Strict):
    name: Name | None = Field(None, description="name of its folders; null: that of the study")
    title: Title | None = None
    citation: Text | None = None
    licence: Text | None = None


class WithFiles(_Titled):
    """The keys of all formats whose files a study names."""

    task: Literal["classification", "regression"] | None = Field(
        None, description="null: classification if the target is text"
    )
    unit: Title | None = Field(None, description="unit of the target of a regression")
    classes: Annotated[tuple[Heading, ...], Field(min_length=2, max_length=MOST_ENTRIES)] | None = (
        Field(None, description="by label, as in the data; null: those found, sorted")
    )
    sha256: Sha256 | Annotated[dict[str, Sha256], Field(min_length=1)] | None = Field(
        None, description="64 digits, of the decompressed file or of each; needed for a download"
    )
    address: Annotated[
        tuple[Annotated[str, AfterValidator(_address)], ...],
        Field(max_length=20),
        BeforeValidator(_listed, json_schema_input_type=str | list[str]),
    ] = Field((), description="addresses to download from, with {file} for the name of a file")


class AnyTable(WithFiles):
    """The keys of all tables."""

    target: Named = Field(description="column to predict")
    columns: Columns | None = Field(None, description="columns to use; null: all others")
    leave_out: Annotated[tuple[Named, ...], Field(max_length=MOST_ENTRIES)] = Field(
        (), description="columns not to use"
    )
    types: dict[str, Kind] = Field(
        {}, description="what columns hold: number, category or text; others are found out"
    )
    missing: Literal["error", "drop", "keep"] = Field(
        "error", description="rows with missing values: drop leaves them out, keep keeps NaN"
    )


class Delimited(AnyTable):
    """The keys of tables of text."""

    separator: (
        Annotated[str, Field(min_length=1, max_length=10), AfterValidator(_separator)] | None
    ) = Field(None, description="one character, or whitespace; null: a comma, or in tsv a tab")
    decimal: Literal[".", ","] = "."
    encoding: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_encoding)] = (
        "utf-8"
    )
    quotes: bool = Field(True, description="false: quotation marks are ordinary characters")
    names: Columns | None = Field(None, description="names of the columns, if there is no header")
    missing_values: tuple[Annotated[Heading, Field(max_length=100)], ...] | None = Field(
        None, description="texts for missing values; null: those of pandas.read_csv"
    )


class CsvFile(Delimited):
    """A table of values that are separated by commas, or by another character."""

    csv: Files


class TsvFile(Delimited):
    """A table of values that are separated by tabs."""

    tsv: Files


class ParquetFile(AnyTable):
    """A table in the format Parquet."""

    parquet: Files


class OpenMLId(Strict):
    """A dataset of OpenML."""

    id: Count
    version: Count


class OpenMLFile(AnyTable):
    """A table of OpenML, by its id and version."""

    openml: OpenMLId


class NpzFile(WithFiles):
    """An archive of NumPy arrays."""

    npz: FileName
    inputs: Names = Field(description="array of the inputs, or one for train and one for test")
    target: Names = Field(description="array of the labels or values to predict")


class IdxFiles(WithFiles):
    """Files in the format IDX, as of MNIST."""

    idx: Files = Field(description="file of the inputs")
    labels: Files = Field(description="file of the labels")


class ImageFolders(WithFiles):
    """Images in a folder for each class, or in a zip archive of such folders."""

    images: Files
    size: tuple[Count, Count] | None = Field(
        None, description="height and width to resize to; null: they all have one size"
    )
    channels: Literal["gray", "rgb"] | None = Field(
        None, description="null: gray if no image has colours"
    )


class BundledData(_Titled):
    """A dataset that scikit-learn contains."""

    sklearn: Literal["breast_cancer", "diabetes", "digits", "iris", "wine"]


def tag(value: Any) -> str:
    """Return the tag of the member of `DatasetEntry` that a value is, or is meant to be."""
    if isinstance(value, str):
        return "(name)"
    keys = value if isinstance(value, dict) else getattr(value, "model_fields_set", ())
    return next((f"({form})" for form in FORMATS if form in keys), "(csv)")


DatasetEntry = Annotated[
    Annotated[Known, Tag("(name)")]
    | Annotated[CsvFile, Tag("(csv)")]
    | Annotated[TsvFile, Tag("(tsv)")]
    | Annotated[ParquetFile, Tag("(parquet)")]
    | Annotated[OpenMLFile, Tag("(openml)")]
    | Annotated[NpzFile, Tag("(npz)")]
    | Annotated[IdxFiles, Tag("(idx)")]
    | Annotated[ImageFolders, Tag("(images)")]
    | Annotated[BundledData, Tag("(sklearn)")],
    Discriminator(tag),
]
MODELS: dict[str, type[Strict]] = {
    "csv": CsvFile,
    "tsv": TsvFile,
    "parquet": ParquetFile,
    "openml": OpenMLFile,
    "npz": NpzFile,
    "idx": IdxFiles,
    "images": ImageFolders,
    "sklearn": BundledData,
}
Description = (
    CsvFile | TsvFile | ParquetFile | OpenMLFile | NpzFile | IdxFiles | ImageFolders | BundledData
)
