"""Images in a folder for each class, which are read from one zip archive; see `PackedFolder`."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from refashion.data.readers import Content, archive_and_folder, by_part
from refashion.data.readers.labels import TargetLabels, encode
from refashion.errors import DataError, one_line, shown

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
# Pillow goes by the content, and would let Ghostscript run an EPS file that is named .png.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
MOST_PIXELS = 50_000_000  # of one image
MOST_IMAGE_BYTES = 100 * 1024**2
MOST_BYTES = 8 * 1024**3

# Files that systems add to folders and archives.
_IGNORED = ("__macosx", "desktop.ini", "thumbs.db")


class Member(NamedTuple):
    """An image in an archive: its path, and the folder that names its class."""

    path: str
    label: str


def read(description: Mapping[str, Any], files: Mapping[str, Path]) -> Content:
    """Read archives of images; see `refashion.data.readers.read`."""
    named = by_part(description["images"])
    x, labels = {}, {}
    parts = {part: archive_and_folder(name) for part, name in named.items()}
    for part, (archive, folder) in parts.items():
        members = members_of(files[archive], folder)
        x[part] = _pixels(files[archive], members, description)
        paths = [member.path for member in members]
        labels[part] = TargetLabels([m.label for m in members], archive, "", "image", paths)
    channels = {array.ndim for array in x.values()}
    if len(channels) > 1:
        raise DataError("one part has gray and the other coloured images; accepted: channels: rgb")
    y, classes = encode(labels, description["classes"])
    shapes = {array.shape[1:] for array in x.values()}
    if len(shapes) > 1:
        raise DataError("the parts have images of different sizes; accepted: size: [height, width]")
    arrays: dict[str, np.ndarray] = {}
    for part in named:
        arrays |= {f"{part}_x": x[part], f"{part}_y": y[part]}
    return Content(arrays, classes, [], {})


def members_of(path: Path, folder: str) -> list[Member]:
    """List the images of an archive, sorted by path.

    Raises
    ------
    DataError
        A file is not in a folder that names its class, or is not an image.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(m.filename for m in archive.infolist() if not m.is_dir())
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path.name}: {one_line(str(error))}; accepted: a zip archive") from error
    inside = [PurePosixPath(name) for name in names if not is_ignored(name)]
    top = PurePosixPath(folder) if folder else _common(inside)
    members = []
    for name in inside:
        if not name.is_relative_to(top):
            continue
        if name.suffix.lower() not in SUFFIXES:
            text = f"{path.name}: {shown(str(name))} is not an image"
            raise DataError(f"{text}; accepted: files that end in {', '.join(SUFFIXES)}")
        steps = name.relative_to(top).parts
        if len(steps) < 2:
            text = f"{path.name}: {shown(str(name))} is not in the folder of a class"
            raise DataError(f"{text}; accepted: a folder for each class, with its images")
        members.append(Member(str(name), steps[0]))
    if not members:
        where = f" in {shown(folder)}" if folder else ""
        raise DataError(f"{path.name}: no images{where}; accepted: a folder for each class")
    return members


def is_ignored(name: str) -> bool:
    """Return whether a file is hidden, or was added by a system.

    Examples
    --------
    >>> is_ignored("__MACOSX/a/b.png"), is_ignored("a/.DS_Store"), is_ignored("a/b.png")
    (True, True, False)
    """
    steps = PurePosixPath(name).parts
    return any(step.startswith(".") or step.lower() in _IGNORED for step in steps)


def _common(names: list[PurePosixPath]) -> PurePosixPath:
    """Return the folder that holds all classes: archives often hold one folder around them."""
    top = PurePosixPath()
    while names:
        firsts = {name.relative_to(top).parts[:1] for name in names}
        depths = {len(name.relative_to(top).parts) for name in names}
        if len(firsts) > 1 or min(depths) < 3:
            break
        top /= next(iter(firsts))[0]
    return top


def _pixels(path: Path, members: list[Member], description: Mapping[str, Any]) -> np.ndarray:
    with zipfile.ZipFile(path) as archive:
        mode = _mode(path, archive, members, description["channels"])
        size, array = description["size"], None
        for place, (member, image) in enumerate(_opened(path, archive, members, True)):
            gray = image.convert(mode)
            if size:
                gray = gray.resize((size[1], size[0]), Image.Resampling.BILINEAR)
            values = np.asarray(gray)
            if array is None:
                array = _empty(path, len(members), values.shape)
            if values.shape != array.shape[1:]:
                found, first = (
                    " x ".join(map(str, s[:2])) for s in (values.shape, array.shape[1:])
                )
                text = f"{path.name}: {shown(member.path)} has {found} pixels, others {first}"
                raise DataError(f"{text}; accepted: images of one size, or size: [height, width]")
            array[place] = values
    assert array is not None  # there is at least one image
    return array


def _empty(path: Path, n: int, shape: tuple[int, ...]) -> np.ndarray:
    if (total := n * int(np.prod(shape))) > MOST_BYTES:
        text = f"{path.name}: {n:,} images need {total:,} bytes"
        raise DataError(f"{text}; accepted: at most {MOST_BYTES:,}, so state a smaller size")
    return np.empty((n, *shape), np.uint8)


def _mode(path: Path, archive: zipfile.ZipFile, members: list[Member], channels: str | None) -> str:
    """Return "L" for gray or "RGB"; without a choice, gray if no image has colours."""
    if channels:
        return {"gray": "L", "rgb": "RGB"}[channels]
    gray = ("1", "L", "LA")
    opened = _opened(path, archive, members, False)
    return "L" if all(image.mode in gray for _, image in opened) else "RGB"


def _opened(
    path: Path, archive: zipfile.ZipFile, members: list[Member], decode: bool
) -> Iterator[tuple[Member, Image.Image]]:
    for member in members:
        try:
            with warnings.catch_warnings(), archive.open(member.path) as file:
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                content = file.read(MOST_IMAGE_BYTES + 1)
                if len(content) > MOST_IMAGE_BYTES:
                    raise ValueError(f"larger than {MOST_IMAGE_BYTES:,} bytes")
                image = Image.open(io.BytesIO(content), formats=FORMATS)
                if image.width * image.height > MOST_PIXELS:
                    raise ValueError(f"{image.width} x {image.height} pixels")
                if image.mode[0] in "IF":  # Pillow would cut them off at 255
                    raise ValueError(f"more than 8 bits (mode {image.mode}), which npz can hold")
                if decode:
                    image.load()
        except Exception as error:  # Pillow and zipfile raise errors of many kinds
            text = f"{path.name}: {shown(member.path)}: {one_line(str(error).partition(' <')[0])}"
            raise DataError(f"{text}; accepted: an image") from error
        yield member, image
