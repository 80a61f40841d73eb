"""Data folders with things that no fetch may wait for, choke on or be misled by.

Each case puts something bad under a name that is looked for, and the right files into an archive
beside it, which come later. The next case is a line.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import resource
import socket
import struct
import subprocess
import sys
import threading
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from refashion.data.fetching import Address, FetchLimits, LocalFolder, fetch, folder, is_complete
from refashion.errors import RefashionError

# What never ends fails here; how long it takes is not asked.
pytestmark = pytest.mark.timeout(120)

NAME = "train-images-idx3-ubyte"
OTHER = "labels"
CONTENT = {NAME: bytes(range(256)) * 40, OTHER: b"labels"}
LIMITS = FetchLimits(
    connect_seconds=2,
    read_seconds=1,
    folder_seconds=1,
    total_seconds=3,
    attempts=1,
    max_bytes=100_000,
)


def dataset(*sources: object) -> SimpleNamespace:
    return SimpleNamespace(
        FILES={name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()},
        SOURCES=sources,
        SUBFOLDERS=("sub",),
        read=lambda raw: None,
    )


def archive(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as made:
        warnings.simplefilter("ignore")  # of two members of one name
        for name, content in members:
            made.writestr(name, content)
    return file.getvalue()


GOOD = archive(*((f"a/{name}", content) for name, content in CONTENT.items()))
DEFLATED = archive((NAME, CONTENT[NAME]))
WRONG = b"wrong" * 100


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REFASHION_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "data" / "raw"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Make a folder in which only the last archive is good."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "z.zip").write_bytes(GOOD)
    return tmp_path / "mine"


@pytest.fixture(autouse=True)
def _little_memory() -> Iterator[None]:
    """Fail a test that reads what has no end, before the machine does."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 400 * 1024**2, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


# ---- what a name may stand for


def bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(path.parent)  # The names of sockets are short.
        listener.bind(path.name)
        os.chdir(here)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(4 * 1024**3)


NOT_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (os.mkfifo, "is a pipe, not a regular file"),
    "a link to a pipe": (
        lambda path: (os.mkfifo(path.with_name("p")), path.symlink_to("p")),
        "is a pipe",
    ),
    "a socket": (bind, "is a socket, not a regular file"),
    "/dev/zero": (lambda path: path.symlink_to("/dev/zero"), "is a device, not a regular file"),
    "the terminal": (lambda path: path.symlink_to("/dev/tty"), "is a device, not a regular file"),
    "a folder": (Path.mkdir, "is a folder, not a regular file"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "Too many levels of symbolic"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "No such file"),
    "4 GB": (sparse, "is larger than the limit of 100,000 bytes"),
    "the memory": (lambda path: path.symlink_to("/proc/self/mem"), "cannot be read"),
    "the kernel's log": (lambda path: path.symlink_to("/proc/kmsg"), ""),
}


@pytest.mark.parametrize("form", ["{}", "{}.gz", "a.zip"])
@pytest.mark.parametrize("kind", NOT_FILES)
def test_what_is_no_regular_file_is_told_and_the_next_one_taken(
    mine: Path, raw: Path, kind: str, form: str
) -> None:
    make, message = NOT_FILES[kind]
    path = mine / form.format(NAME)
    make(path)
    (mine / "z.zip").rename(mine / "z")
    failed = fetch(dataset(), raw, [mine], LIMITS)
    assert failed.status == "unavailable"
    assert f"{path.name}: " in failed.reason and message in failed.reason
    (mine / "z").rename(mine / "z.zip")
    assert fetch(dataset(), raw, [mine], LIMITS).status == "available"
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == CONTENT


@pytest.mark.parametrize("kind", NOT_FILES)
def test_what_lies_in_the_place_of_the_data_is_replaced(mine: Path, raw: Path, kind: str) -> None:
    raw.mkdir(parents=True)
    NOT_FILES[kind][0](raw / NAME)
    assert not is_complete(dataset(), raw)
    if kind == "a folder":  # It may hold something of the user's.
        with pytest.raises(RefashionError, match=f"{NAME}: is a folder, not a data file"):
            fetch(dataset(), raw, [mine], LIMITS)
        return
    assert fetch(dataset(), raw, [mine], LIMITS).status == "available"
    assert not (raw / NAME).is_symlink() and (raw / NAME).read_bytes() == CONTENT[NAME]


# ---- archives


def invalid_name() -> bytes:
    """Say of a name that it is UTF-8, which it is not."""
    made = bytearray(archive(("\u00fc" * 4, b"x")))
    made = made.replace("\u00fc".encode(), b"\xff\xfe")
    return bytes(made)


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]


def with_fields(made: bytes, mark: bytes, offset: int, form: str, *values: int) -> bytes:
    """Change what the headers of a kind say."""
    changed, at = bytearray(made), made.find(mark)
    while at >= 0:
        struct.pack_into(form, changed, at + offset, *values)
        at = made.find(mark, at + 1)
    return bytes(changed)


def long_directory(n: int) -> bytes:
    """Make an archive of which the table of contents has n entries for one member."""
    start = DEFLATED.index(b"PK\1\2")
    end = DEFLATED.index(b"PK\5\6")
    entry = DEFLATED[start:end]
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, n * len(entry), start, 0)
    return DEFLATED[:start] + n * entry + tail


def overlapping(n: int) -> bytes:
    """Make an archive whose members share their bytes, as a zip bomb does."""
    made = archive((NAME, WRONG))
    start, end = made.index(b"PK\1\2"), made.index(b"PK\5\6")
    return (
        made[:start]
        + n * made[start:end]
        + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, n, n, n * (end - start), start, 0)
    )


def zip64(size: int) -> bytes:
    """Say in the fields for large archives that one is larger than it is."""
    end = DEFLATED.index(b"PK\5\6")
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, size, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)
    return DEFLATED[:end] + record + locator + tail


def folder_entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(f"{name}/")


BAD_ARCHIVES = {
    "no archive": (b"no zip at all", "not a zip archive"),
    "empty": (b"", "not a zip archive"),
    "without members": (archive(), "not a zip archive"),
    "cut off": (DEFLATED[:-10], "cannot be read or decompressed"),
    "only its end": (DEFLATED[DEFLATED.index(b"PK\5\6") :], "not a zip archive"),
    "damaged stream": (flipped(DEFLATED, 60), "cannot be read"),
    "wrong checksum": (with_fields(DEFLATED, b"PK\1\2", 16, "<L", 1), "cannot be read"),
    "invalid name": (invalid_name(), "cannot be read or decompressed"),
    "encrypted": (
        with_fields(with_fields(DEFLATED, b"PK\1\2", 8, "<H", 1), b"PK\3\4", 6, "<H", 1),
        "cannot be read or decompressed",
    ),
    "unknown method": (with_fields(DEFLATED, b"PK\1\2", 10, "<H", 77), "compressed by method 77"),
    "bomb": (archive((NAME, bytes(10**8))), "is larger than the limit of 100,000 bytes"),
    "bomb of LZMA": (
        archive((NAME, bytes(10**8)), method=zipfile.ZIP_LZMA),
        "compressed by method 14; accepted: deflate",
    ),
    "bomb of bzip2": (
        archive((NAME, bytes(10**8)), method=zipfile.ZIP_BZIP2),
        "compressed by method 12; accepted: deflate",
    ),
    "bomb in a gzip file in it": (
        archive((f"{NAME}.gz", gzip.compress(bytes(10**8)))),
        "is larger than the limit of 100,000 bytes",
    ),
    "size that is not true": (with_fields(DEFLATED, b"PK\1\2", 24, "<L", 5), "cannot be read"),
    "place that is not there": (
        with_fields(DEFLATED, b"PK\1\2", 42, "<L", 2**31),
        "is larger than the limit of 100,000 bytes",
    ),
    "zip64, 2^63 bytes": (zip64(2**63), "cannot be read"),
    "zip64, 50 MB of contents": (zip64(5 * 10**7), "cannot be read"),
    "members that overlap": (overlapping(500), ""),
    "a folder of that name": (archive((folder_entry(NAME), b"")), None),
    "nothing but a long comment": (b"PK\3\4" + bytes(70_000), "cannot be read"),
}


@pytest.mark.parametrize("kind", BAD_ARCHIVES)
def test_a_bad_archive_does_not_hide_the_good_one_beside_it(
    mine: Path, raw: Path, kind: str
) -> None:
    content, message = BAD_ARCHIVES[kind]
    (mine / "a.zip").write_bytes(content)
    fetched = fetch(dataset(), raw, [mine], LIMITS)
    assert (fetched.status, fetched.reason) == ("available", None)
    (mine / "z.zip").unlink()
    (raw / NAME).unlink()
    reason = fetch(dataset(), raw, [mine], LIMITS).reason
    assert (
        f"a.zip: {message}" in reason if message is not None else f"does not have {NAME}" in reason
    )
    assert all(line.isprintable() for line in reason.split("\n"))


@pytest.mark.parametrize("kind", BAD_ARCHIVES)
def test_a_bad_archive_does_not_hide_the_next_source(
    tmp_path: Path, mine: Path, raw: Path, kind: str
) -> None:
    first = tmp_path / "first"
    first.mkdir()
    for name in (NAME, f"{NAME}.gz"):
        (first / name).write_bytes(BAD_ARCHIVES[kind][0])
    assert fetch(dataset(), raw, [first, mine], LIMITS).status == "available"


def test_a_long_table_of_contents_costs_little(mine: Path, raw: Path) -> None:
    (mine / "a.zip").write_bytes(long_directory(10**6))
    limits = FetchLimits(total_seconds=60)
    assert fetch(dataset(), raw, [mine], limits).status == "available"
    (raw / NAME).unlink()
    (mine / "z.zip").unlink()
    reason = fetch(dataset(), raw, [mine], limits).reason
    assert "a.zip: requires reading 69,000,000 bytes at once" in reason


MEMBERS = {
    "wrong one first": [(NAME, WRONG), (NAME, CONTENT[NAME])],
    "in two folders": [(f"old/{NAME}", WRONG), (f"new/{NAME}", CONTENT[NAME])],
    "many wrong ones": [*[(f"{n}/{NAME}", WRONG) for n in range(300)], (NAME, CONTENT[NAME])],
    "damaged one first": [(f"{NAME}.gz", b"\x1f\x8bx"), (NAME, CONTENT[NAME])],
    "bomb first": [(NAME, bytes(10**7)), (NAME, CONTENT[NAME])],
    "absolute": [(f"/{NAME}", CONTENT[NAME])],
    "outside": [(f"../../{NAME}", CONTENT[NAME])],
    "deep": [("a/" * 200 + NAME, CONTENT[NAME])],
    "of Windows": [(f"C:\\data\\{NAME}", CONTENT[NAME])],
    "in another case": [(NAME.upper(), CONTENT[NAME])],
    "as gzip": [(f"data/fashion/{NAME}.gz", gzip.compress(CONTENT[NAME]))],
    "beside names in odd letters": [("\u202e\x1b[31m\u00e9\n", b""), (NAME, CONTENT[NAME])],
    "behind a folder": [(folder_entry(NAME), b""), (f"{NAME}/{NAME}", CONTENT[NAME])],
}


@pytest.mark.parametrize("kind", MEMBERS)
def test_the_right_member_is_found(tmp_path: Path, raw: Path, kind: str) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "a.zip").write_bytes(archive(*MEMBERS[kind], (OTHER, CONTENT[OTHER])))
    assert fetch(dataset(), raw, [mine], LIMITS).status == "available"
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(
        ["mine", "a.zip", "data", "raw", *CONTENT]
    )


# ---- gzip


def endless_name() -> bytes:
    return b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 90_000


BAD_GZIPS = {
    "bomb": (gzip.compress(bytes(10**8)), "is larger than the limit of 100,000 bytes"),
    "empty members": (gzip.compress(b"") * 4_000, "empty"),
    "endless name": (endless_name(), "cannot be read or decompressed"),
    "gzip in gzip": (gzip.compress(gzip.compress(CONTENT[NAME])), "wrong content"),
    "raw stream": (b"\x1f\x8b\x08" + zlib.compress(CONTENT[NAME]), "cannot be read"),
}


@pytest.mark.parametrize("kind", BAD_GZIPS)
def test_a_bad_gzip_file_is_told_and_the_next_one_taken(mine: Path, raw: Path, kind: str) -> None:
    content, message = BAD_GZIPS[kind]
    (mine / f"{NAME}.gz").write_bytes(content)
    assert fetch(dataset(), raw, [mine], LIMITS).status == "available"
    (mine / "z.zip").unlink()
    (raw / NAME).unlink()
    assert f"{NAME}.gz: {message}" in fetch(dataset(), raw, [mine], LIMITS).reason


# ---- folders


@pytest.mark.parametrize("name", [NAME.upper(), f"{NAME.title()}.GZ", "A.ZIP"])
def test_names_in_another_case_are_found(tmp_path: Path, raw: Path, name: str) -> None:
    packed = {".gz": gzip.compress(CONTENT[NAME]), ".zip": GOOD}
    content = packed.get(Path(name).suffix.lower(), CONTENT[NAME])
    for at, data in ((name, content), (OTHER, CONTENT[OTHER])):
        (tmp_path / "mine").mkdir(exist_ok=True)
        (tmp_path / "mine" / at).write_bytes(data)
    assert fetch(dataset(), raw, [tmp_path / "mine"], LIMITS).status == "available"


def test_names_that_are_no_text_are_told_in_plain_letters(mine: Path, raw: Path) -> None:
    (mine / "z.zip").unlink()
    Path(os.fsdecode(bytes(mine) + b"/caf\xe9\n\x1b[31m.zip")).write_bytes(b"")
    fetched = fetch(dataset(), raw, [mine, os.fsdecode(b"/no/\xff")], LIMITS)
    assert "caf\\udce9\\n\\x1b[31m.zip: not a zip archive" in fetched.reason
    assert "folder /no/\\udcff (data_dirs): no such folder" in fetched.reason
    json.dumps(fetched.reason).encode()
    fetched.reason.encode()


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, Path], None]]:
    """Let the system never answer of a path, as a network folder does whose server is gone."""
    released = threading.Event()

    def let_hang(call: str, path: Path) -> None:
        real = getattr(os, call)

        def hanging(asked: Any, *arguments: Any, **keywords: Any) -> Any:
            if str(asked).startswith(str(path)):
                released.wait(30)
            return real(asked, *arguments, **keywords)

        monkeypatch.setattr(os, call, hanging)

    yield let_hang
    released.set()


@pytest.mark.parametrize("call", ["lstat", "scandir"])
def test_a_folder_that_never_answers_is_given_up(
    mine: Path, raw: Path, hang: Callable[[str, Path], None], call: str
) -> None:
    hang(call, mine)
    assert "(data_dirs): timed out after 1 s" in fetch(dataset(), raw, [mine], LIMITS).reason


@pytest.mark.parametrize("name", [NAME, "a.zip"])
@pytest.mark.parametrize("call", ["stat", "open"])
def test_a_file_that_never_answers_is_given_up(
    mine: Path, raw: Path, hang: Callable[[str, Path], None], name: str, call: str
) -> None:
    (mine / name).write_bytes(CONTENT[NAME])
    hang(call, mine / name)
    assert fetch(dataset(), raw, [mine], LIMITS).status == "available"
    assert sorted(path.name for path in raw.iterdir()) == sorted(CONTENT)


def test_a_folder_of_many_files_is_searched(mine: Path, raw: Path) -> None:
    for n in range(20_000):
        (mine / f"{n}.txt").touch()
    assert fetch(dataset(), raw, [mine], LIMITS).status == "available"


def test_a_folder_of_many_bad_archives_gives_a_short_reason(
    mine: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "MOST_ARCHIVES", 50)
    (mine / "z.zip").unlink()
    for n in range(60):
        (mine / f"{n}.zip").write_bytes(b"bad")
    reason = fetch(dataset(), raw, [mine], LIMITS).reason
    assert "60 zip archives, of which only the first 50 are searched; 0.zip: not a zip" in reason
    assert "and 31 more problems" in reason


def test_a_source_that_fails_as_none_should_is_told(mine: Path, raw: Path) -> None:
    class Broken:
        def __str__(self) -> str:
            return "broken source"

        def candidates(self, search: object) -> Iterator[object]:
            raise ZeroDivisionError("by zero")
            yield

    assert fetch(dataset(Broken(), LocalFolder(mine)), raw, [], LIMITS).status == "available"
    reason = fetch(dataset(Broken()), raw / "other", [], LIMITS).reason
    assert "broken source: ZeroDivisionError: by zero" in reason


# ---- servers

BOMB = gzip.compress(bytes(10**8))
ANSWERS = {
    "redirect to a file": ({"Location": "file:///etc/passwd"}, b"", 302),
    "redirect to nowhere": ({"Location": "http://[::1"}, b"", 302),
    "redirect to itself": ({"Location": "/"}, b"", 302),
    "redirect to odd letters": ({"Location": "http://\u00ff\u00ff..:99999999/"}, b"", 302),
    "bomb on the way": ({"Content-Encoding": "gzip"}, BOMB, 200),
    "bombs in each other": ({"Content-Encoding": "gzip, " * 50 + "gzip"}, BOMB, 200),
    "no gzip on the way": ({"Content-Encoding": "gzip"}, b"x" * 1000, 200),
    "length that is none": ({"Content-Length": "many"}, b"x", 200),
    "length below zero": ({"Content-Length": "-5"}, b"x", 200),
    "length of 2^70": ({"Content-Length": str(2**70)}, b"x", 200),
    "chunks that are none": ({"Transfer-Encoding": "chunked"}, b"zz\r\n\r\n", 200),
    "status of 999": ({}, b"", 999),
}


@pytest.fixture
def serve() -> Iterator[Callable[[str], Address]]:
    servers = []

    def start(kind: str) -> Address:
        headers, body, status = ANSWERS[kind]

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.send_response(200)
                self.end_headers()

            def do_GET(self) -> None:
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return Address(f"http://127.0.0.1:{servers[-1].server_port}/{{file}}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_hostile_answer_is_told_and_the_next_source_taken(
    mine: Path, raw: Path, serve: Callable[[str], Address], kind: str
) -> None:
    address = serve(kind)
    fetched = fetch(dataset(address, LocalFolder(mine)), raw, [], LIMITS)
    assert fetched.source == f"folder {mine} (well-known)"
    reason = fetch(dataset(address), raw / "other", [], LIMITS).reason
    assert f"- {address}: {NAME}: " in reason


def test_nothing_is_left_running(tmp_path: Path) -> None:
    """A folder that hangs does not keep the program from ending."""
    code = (
        "import sys, threading; from pathlib import Path; from types import SimpleNamespace\n"
        "from refashion.data.fetching import FetchLimits, fetch\n"
        "from refashion.data.fetching import folder\n"
        "folder._contents = lambda *_: threading.Event().wait()\n"
        "dataset = SimpleNamespace(FILES={'a': ''}, SOURCES=[], SUBFOLDERS=[])\n"
        "limits = FetchLimits(folder_seconds=0.1)\n"
        "print(fetch(dataset, Path(sys.argv[1]), [Path()], limits).status)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (0, "unavailable\n")
