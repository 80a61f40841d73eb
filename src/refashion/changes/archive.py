"""Results in an archive that `refashion publish` has written, or that somebody has packed.

The archive may come from anywhere: only the files that a comparison reads are unpacked, under the
names that they have in a results folder, and within limits of number and size.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from refashion.errors import RefashionError, shown
from refashion.regular_files import UnfitFileError, open_regular

# Python decompresses other formats without a limit on memory.
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MOST_FILES = 200_000
LARGEST_ARCHIVE = 50 * 1024**3
MOST_BYTES = 2 * 1024**3
AT_ONCE = 1024**2

_NAME = r"[a-z][a-z0-9_]{0,63}"
_READ = re.compile(
    rf"(manifest|config|verdicts)\.json|{_NAME}/verdicts\.json|{_NAME}/metrics\.csv"
    rf"|{_NAME}/{_NAME}/seed-\d{{1,9}}/(run|metrics)\.json"
)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Give the results folder in an archive; give anything that is no archive as it is.

    Parameters
    ----------
    path
        An archive with a results folder, or with its files; or a folder.

    Raises
    ------
    RefashionError
        The archive is damaged, or exceeds a limit.
    """
    if not (path.is_file() and zipfile.is_zipfile(path)):
        yield path
        return
    with TemporaryDirectory() as folder:
        try:
            with open_regular(path, LARGEST_ARCHIVE) as file, zipfile.ZipFile(file) as archive:
                _unpack(archive, Path(folder), str(path))
        except UnfitFileError as why:
            raise RefashionError(f"{shown(str(path))} {why}") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as why:
            raise RefashionError(f"{shown(str(path))}: a damaged archive ({why})") from None
        yield Path(folder)


def _unpack(archive: zipfile.ZipFile, folder: Path, name_of_archive: str) -> None:
    members = _members(archive)
    if len(members) > MOST_FILES:
        raise RefashionError(f"{name_of_archive}: more than {MOST_FILES:,} files of results")
    left = MOST_BYTES
    for name, member in members.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, target.open("wb") as copy:
            # The size that an archive states may be wrong.
            while chunk := source.read(AT_ONCE):
                left -= len(chunk)
                if left < 0:
                    limit = f"more than {MOST_BYTES:,} bytes of results"
                    raise RefashionError(f"{name_of_archive}: {limit}")
                copy.write(chunk)


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the files of the results, which stand at the top, or all in one folder."""
    found: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        # `study/verdicts.json` may be that of a study, or the ledger in a folder `study`.
        top = member.filename.partition("/")[0]
        for prefix in ("", f"{top}/") if top else ("",):
            name = member.filename.removeprefix(prefix)
            if _READ.fullmatch(name) and member.compress_type in READABLE:
                found.setdefault(prefix, {})[name] = member
    return max(found.values(), key=lambda files: ("manifest.json" in files, len(files)), default={})
