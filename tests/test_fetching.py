"""Every kind of source and of bad file: told clearly, nothing left behind, the next source tried.

Servers are real ones on the loopback, packages real Debian packages.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import logging
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from refashion.data.fetching import (
    Address,
    DebianPackage,
    FetchLimits,
    LocalFolder,
    OpenML,
    PackedFolder,
    fetch,
)
from refashion.data.fetching.packed import pack
from refashion.data.fetching.source import Unavailable
from refashion.data.readers.idx import read_idx

LIMITS = FetchLimits(
    connect_seconds=1,
    read_seconds=0.3,
    total_seconds=1.5,
    attempts=3,
    wait_seconds=0.01,
    max_bytes=20_000,
)
IMAGES, LABELS = "train-images", "train-labels"


def idx(*shape: int) -> bytes:
    values = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    return struct.pack(f">{1 + len(shape)}I", 2048 + len(shape), *shape) + values.tobytes()


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def with_password(archive: bytes) -> bytes:
    """Set the flag that says so in both headers of the only member."""
    return flipped(flipped(archive, archive.index(b"PK\3\4") + 6), archive.index(b"PK\1\2") + 8)


CONTENT = {IMAGES: idx(20, 6, 6), LABELS: idx(20)}
GZIPPED = gzip.compress(CONTENT[IMAGES])
ZIPPED = zipped(f"a folder/{IMAGES}", CONTENT[IMAGES])

# What may come in place of the images -> what is said of it.
BAD = {
    "flipped bit": (flipped(CONTENT[IMAGES], 300), "wrong content"),
    "flipped bit in gzip": (flipped(GZIPPED, 300), "cannot be read or decompressed"),
    "truncated": (CONTENT[IMAGES][:-1], "wrong content"),
    "truncated gzip": (GZIPPED[:-20], "cannot be read or decompressed"),
    "garbage after gzip": (GZIPPED + b"garbage", "cannot be read or decompressed"),
    "HTML page": (b"\n<!DOCTYPE html><html>Sign in</html>", "an HTML or XML page"),
    "empty": (b"", "empty"),
    "gzip that grows": (gzip.compress(bytes(10**6)), "is larger than the limit of 20,000 bytes"),
    "other zip": (zipped("other", b"x"), f"a zip archive without a file {IMAGES}"),
    "truncated zip": (ZIPPED[:-10], "cannot be read or decompressed"),
    "zip with a password": (with_password(ZIPPED), "cannot be read or decompressed"),
}


def tiny(*sources: object) -> SimpleNamespace:
    """Make a dataset like Fashion-MNIST's module, with two small files."""
    return SimpleNamespace(
        FILES={name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()},
        SOURCES=sources,
        SUBFOLDERS=("tiny_images", "tiny-images", "Tiny/raw"),
        read=lambda raw: (read_idx(raw / IMAGES, 3), read_idx(raw / LABELS, 1)),
    )


class Nothing:
    """A source that must not be asked."""

    def candidates(self, search: object) -> Iterator[object]:
        raise AssertionError("asked for what is there")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REFASHION_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "data" / "raw"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Make a folder that has both files."""
    return fill(tmp_path / "good", {**CONTENT})


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def there(raw: Path) -> dict[str, bytes]:
    """Give all that lies in the folder, temporary files too."""
    return {path.name: path.read_bytes() for path in raw.iterdir()} if raw.exists() else {}


# ---- folders


@pytest.mark.parametrize("place", [".", "tiny_images", "tiny-images", "Tiny/raw"])
@pytest.mark.parametrize("form", ["{}", "{}.gz", "{}.zip"])
def test_a_file_is_found_in_a_folder(tmp_path: Path, raw: Path, place: str, form: str) -> None:
    def packed(name: str, content: bytes) -> bytes:
        if form.endswith("gz"):
            return gzip.compress(content)
        return zipped(f"deep/er/{name}", content) if form.endswith("zip") else content

    files = {form.format(name): packed(name, content) for name, content in CONTENT.items()}
    fill(tmp_path / "mine" / place, files)
    fetched = fetch(tiny(), raw, [tmp_path / "mine"], LIMITS)
    assert (fetched.status, fetched.reason) == ("available", None)
    assert fetched.files == tiny().FILES
    assert fetched.source == f"folder {tmp_path / 'mine'} (data_dirs)"
    assert there(raw) == CONTENT


def test_the_form_is_told_by_the_content_and_not_by_the_suffix(tmp_path: Path, raw: Path) -> None:
    mine = fill(tmp_path / "mine", {IMAGES: GZIPPED, f"{LABELS}.gz": CONTENT[LABELS]})
    assert fetch(tiny(), raw, [mine], LIMITS).status == "available"
    assert there(raw) == CONTENT


def test_one_archive_may_hold_all_files_among_others(tmp_path: Path, raw: Path) -> None:
    mine = fill(tmp_path / "mine", {"a.zip": zipped("other", b""), "b.zip": b"no zip"})
    with zipfile.ZipFile(mine / "c.zip", "w") as archive:
        for name, content in CONTENT.items():
            archive.writestr(f"raw/{name}", content)
    assert fetch(tiny(), raw, [mine], LIMITS).status == "available"


def test_order_is_data_dirs_then_environment_then_the_datasets_own(
    tmp_path: Path, raw: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFASHION_DATA", os.pathsep.join(["", str(tmp_path / "none"), str(good)]))
    own = shutil.copytree(good, tmp_path / "own")
    fetched = fetch(tiny(LocalFolder(own)), raw, [own], LIMITS)
    assert fetched.source == f"folder {own} (data_dirs)"
    shutil.rmtree(raw)
    fetched = fetch(tiny(LocalFolder(own)), raw, [], LIMITS)
    assert fetched.source == f"folder {good} (REFASHION_DATA)"


def test_a_leading_tilde_is_the_users_home(
    raw: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(good.parent))
    assert fetch(tiny(LocalFolder("~/good")), raw, [], LIMITS).status == "available"


def test_files_of_several_sources_make_up_one_dataset(tmp_path: Path, raw: Path) -> None:
    one = fill(tmp_path / "one", {IMAGES: CONTENT[IMAGES]})
    two = fill(tmp_path / "two", {LABELS: CONTENT[LABELS]})
    fetched = fetch(tiny(), raw, [one, two], LIMITS)
    assert fetched.source == f"folder {one} (data_dirs); folder {two} (data_dirs)"


@pytest.mark.parametrize("path", ["missing", "~no-such-user/data", "file"])
def test_a_folder_that_is_none_is_told(tmp_path: Path, raw: Path, good: Path, path: str) -> None:
    (tmp_path / "file").touch()
    folder = Path(path) if path.startswith("~") else tmp_path / path
    reason = fetch(tiny(), raw, [folder], LIMITS).reason
    assert f"- folder {folder} (data_dirs): " in reason
    assert "no such folder" in reason or "home directory" in reason
    assert fetch(tiny(), raw, [folder, good], LIMITS).status == "available"


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Drop root's right to read everything, where the tests have it."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize("locked", [".", "tiny-images"])
def test_a_folder_that_cannot_be_read_is_told(good: Path, raw: Path, locked: str) -> None:
    fetch(tiny(), raw, [good], LIMITS)  # so that all that is imported late is imported
    with tempfile.TemporaryDirectory() as base:  # pytest's own folders are closed to other users
        Path(base).chmod(0o777)
        readable = shutil.copytree(good, Path(base, "readable"))
        unreadable = Path(base, "unreadable")
        (unreadable / locked).mkdir(parents=True)
        (unreadable / locked).chmod(0)
        with ordinary_user():
            failed = fetch(tiny(), Path(base, "raw"), [unreadable], LIMITS)
            fetched = fetch(tiny(), Path(base, "raw"), [unreadable, readable], LIMITS)
        (unreadable / locked).chmod(0o700)
    assert failed.status == "unavailable"
    assert f"folder {unreadable} (data_dirs): [Errno 13] Permission denied" in failed.reason
    assert fetched.source == f"folder {readable} (data_dirs)"


# ---- what is accepted


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_in_a_folder_is_told_and_the_next_source_tried(
    tmp_path: Path, raw: Path, good: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    content, message = BAD[kind]
    bad = fill(tmp_path / "bad", {f"{IMAGES}.gz": content, LABELS: CONTENT[LABELS]})
    fetched = fetch(tiny(), raw, [bad], LIMITS)
    line = f"folder {bad} (data_dirs): {IMAGES}.gz: {message}"
    assert fetched.status == "unavailable"
    assert f"- {line}" in fetched.reason
    assert [r.getMessage().startswith(line) for r in caplog.records] == [True]
    assert caplog.records[0].name == "refashion.data.fetching"
    assert there(raw) == {LABELS: CONTENT[LABELS]}
    assert list(fetched.files) == [LABELS]

    fetched = fetch(tiny(), raw, [bad, good], LIMITS)
    assert fetched.status == "available"
    assert fetched.source == f"already in place; folder {good} (data_dirs)"
    assert there(raw) == CONTENT


@pytest.mark.parametrize("is_text", [True, False])
def test_line_ends_are_made_equal_in_text_files_alone(
    tmp_path: Path, raw: Path, is_text: bool
) -> None:
    # Long enough for several chunks, so that some of them end between CR and LF.
    there = b"ab\r\n\rc\r\r\n" * 300_000 + b"\r"
    wanted = there.replace(b"\r\n", b"\n") if is_text else there
    dataset = tiny()
    dataset.FILES = {IMAGES: hashlib.sha256(wanted).hexdigest()}
    dataset.TEXT_FILES = (IMAGES,) if is_text else ()
    dataset.read = lambda raw: None
    mine = fill(tmp_path / "mine", {f"{IMAGES}.gz": gzip.compress(there)})
    assert fetch(dataset, raw, [mine]).status == "available"
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == {IMAGES: wanted}


def test_what_is_in_place_and_right_is_not_fetched_again(raw: Path) -> None:
    fill(raw, CONTENT)
    fetched = fetch(tiny(Nothing()), raw, [], LIMITS)
    assert (fetched.status, fetched.source) == ("available", "already in place")


def test_what_is_in_place_and_wrong_is_replaced(
    raw: Path, good: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(raw, {**CONTENT, IMAGES: flipped(CONTENT[IMAGES], 300)})
    assert fetch(tiny(), raw, [good], LIMITS).status == "available"
    assert there(raw) == CONTENT
    assert f"{IMAGES}: wrong content; removed" in caplog.text


def test_what_is_in_place_and_wrong_does_not_stay_where_nothing_replaces_it(raw: Path) -> None:
    fill(raw, {**CONTENT, IMAGES: b""})
    assert fetch(tiny(), raw, [], LIMITS).status == "unavailable"
    assert there(raw) == {LABELS: CONTENT[LABELS]}


def test_the_right_sha256_does_not_do_where_the_form_is_wrong(tmp_path: Path, raw: Path) -> None:
    dataset = tiny()
    files = {**CONTENT, IMAGES: b"not IDX at all, but pinned"}
    dataset.FILES[IMAGES] = hashlib.sha256(files[IMAGES]).hexdigest()
    fetched = fetch(dataset, raw, [fill(tmp_path / "mine", files)], LIMITS)
    assert (fetched.status, fetched.source, fetched.files) == ("unavailable", None, {})
    assert f"{raw / IMAGES}: magic number" in fetched.reason
    assert there(raw) == {}


def test_a_target_that_cannot_be_written_is_an_error(tmp_path: Path, good: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        fetch(tiny(Nothing()), tmp_path / "file" / "raw", [good], LIMITS)


def test_the_reason_says_what_was_tried_and_what_to_do(tmp_path: Path, raw: Path) -> None:
    mine = fill(tmp_path / "mine", {LABELS: CONTENT[LABELS]})
    source = DebianPackage("tiny-images", "usr/share/tiny-images")
    fetched = fetch(tiny(source), raw, [tmp_path / "none", mine], FetchLimits(total_seconds=0.5))
    first, *tried, remedy = fetched.reason.splitlines()
    assert first == f"Could not find {IMAGES}. Tried:"
    assert tried[:2] == [
        f"- folder {tmp_path / 'none'} (data_dirs): no such folder",
        f"- folder {mine} (data_dirs): does not have {IMAGES}",
    ]
    assert tried[2].startswith("- Debian package tiny-images: ")
    assert "data_dirs in config.yaml" in remedy
    assert "REFASHION_DATA" in remedy
    assert list(asdict(fetched)) == ["status", "source", "files", "reason"]
    assert json.dumps(asdict(fetched))


# ---- addresses

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A web server on the loopback; `answers` maps paths to content, or to what is done."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | Answer] = {}
        self.gets: Counter[str] = Counter()
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def address(self, path: str = "/{file}.gz") -> Address:
        return Address(f"http://127.0.0.1:{self._server.server_port}{path}")

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.send_response(200)
                self.end_headers()

            def do_GET(self) -> None:
                server.gets[self.path] += 1
                answer = server.answers.get(self.path)
                if callable(answer):
                    with suppress(OSError):  # the client has gone
                        answer(self)
                elif answer is None:
                    self.send_error(404)
                else:
                    start_answer(self, len(answer))
                    self.wfile.write(answer)

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler


def start_answer(handler: BaseHTTPRequestHandler, size: int | None) -> None:
    handler.send_response(200)
    if size is not None:
        handler.send_header("Content-Length", str(size))
    handler.end_headers()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.answers |= {f"/{name}.gz": gzip.compress(c) for name, c in CONTENT.items()}
    yield server
    server.close()


@pytest.fixture
def first_fails(server: Server, raw: Path, good: Path) -> Callable[[str, str], None]:
    """Check that an address is given up with a message, and that the next source is used."""

    def check(message: str, kept: str = "") -> None:
        fetched = fetch(tiny(server.address()), raw, [], LIMITS)
        assert fetched.status == "unavailable"
        assert f"- {server.address()}: {message}" in fetched.reason
        assert set(there(raw)) == {kept} - {""}
        fetched = fetch(tiny(server.address(), LocalFolder(good)), raw, [], LIMITS)
        assert fetched.status == "available"
        assert fetched.source.endswith(f"folder {good} (well-known)")
        assert there(raw) == CONTENT

    return check


def test_files_are_downloaded(server: Server, raw: Path) -> None:
    fetched = fetch(tiny(server.address()), raw, [], LIMITS)
    assert (fetched.status, fetched.source) == ("available", str(server.address()))
    assert there(raw) == CONTENT
    assert set(server.gets.values()) == {1}


def test_one_zip_archive_is_downloaded(server: Server, raw: Path, tmp_path: Path) -> None:
    server.answers["/download"] = ZIPPED
    labels = fill(tmp_path / "labels", {LABELS: CONTENT[LABELS]})
    fetched = fetch(tiny(server.address("/download")), raw, [labels], LIMITS)
    assert fetched.status == "available"


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_download_is_told_and_not_tried_again(
    server: Server, first_fails: Callable, kind: str
) -> None:
    server.answers[f"/{IMAGES}.gz"], message = BAD[kind]
    first_fails(f"{IMAGES}: {message}", kept=LABELS)
    assert server.gets == {f"/{IMAGES}.gz": 2, f"/{LABELS}.gz": 1}  # once in each fetch


def test_a_missing_file_ends_the_address_at_once(server: Server, first_fails: Callable) -> None:
    del server.answers[f"/{IMAGES}.gz"]
    first_fails(f"{IMAGES}: 404 Not Found")
    assert server.gets == {f"/{IMAGES}.gz": 2}


def test_a_transfer_that_breaks_off_is_tried_again(server: Server, first_fails: Callable) -> None:
    def break_off(handler: BaseHTTPRequestHandler) -> None:
        start_answer(handler, len(GZIPPED))
        handler.wfile.write(GZIPPED[:100])

    server.answers[f"/{IMAGES}.gz"] = break_off
    first_fails(f"{IMAGES}: ")
    assert server.gets == {f"/{IMAGES}.gz": 2 * LIMITS.attempts}


def test_a_busy_server_is_asked_again(server: Server, raw: Path) -> None:
    def busy_twice(handler: BaseHTTPRequestHandler) -> None:
        if server.gets[handler.path] <= 2:
            handler.send_error(503)
        else:
            start_answer(handler, len(GZIPPED))
            handler.wfile.write(GZIPPED)

    server.answers[f"/{IMAGES}.gz"] = busy_twice
    assert fetch(tiny(server.address()), raw, [], LIMITS).status == "available"
    assert server.gets[f"/{IMAGES}.gz"] == 3


def test_a_server_that_stays_busy_is_given_up(server: Server, first_fails: Callable) -> None:
    server.answers[f"/{IMAGES}.gz"] = lambda handler: handler.send_error(503)
    first_fails(f"{IMAGES}: 503 Service Unavailable")


def test_a_stalled_transfer_is_given_up(server: Server, first_fails: Callable) -> None:
    def stall(handler: BaseHTTPRequestHandler) -> None:
        start_answer(handler, len(GZIPPED))
        handler.wfile.write(GZIPPED[:100])
        server.closing.wait(20)

    server.answers[f"/{IMAGES}.gz"] = stall
    first_fails(f"{IMAGES}: timed out")


def test_a_trickling_transfer_is_given_up(server: Server, first_fails: Callable) -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        start_answer(handler, len(GZIPPED))
        for value in GZIPPED:
            handler.wfile.write(bytes([value]))
            if server.closing.wait(0.05):
                break

    server.answers[f"/{IMAGES}.gz"] = trickle
    first_fails(f"{IMAGES}: timed out after 1.5 s")


def test_an_endless_transfer_is_given_up(server: Server, first_fails: Callable) -> None:
    def pour(handler: BaseHTTPRequestHandler) -> None:
        start_answer(handler, None)
        while not server.closing.is_set():
            handler.wfile.write(bytes(10_000))

    server.answers[f"/{IMAGES}.gz"] = pour
    first_fails(f"{IMAGES}: is larger than the limit of 20,000 bytes")
    assert server.gets == {f"/{IMAGES}.gz": 2}


@pytest.fixture
def unanswered() -> Iterator[Callable[[bool], Address]]:
    """Give the address of a port at which no one listens, or someone who says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))

        def address(listens: bool) -> Address:
            if listens:
                listener.listen()
            return Address(f"http://127.0.0.1:{listener.getsockname()[1]}/{{file}}")

        yield address


@pytest.mark.parametrize(("listens", "why"), [(False, "Connection refused"), (True, "")])
def test_an_address_that_does_not_answer_costs_little(
    unanswered: Callable, raw: Path, good: Path, listens: bool, why: str
) -> None:
    address = unanswered(listens)
    start = time.monotonic()
    fetched = fetch(tiny(address), raw, [], LIMITS)
    assert time.monotonic() - start < LIMITS.connect_seconds + 0.5
    assert f"- {address}: not reachable: " in fetched.reason
    assert why in fetched.reason
    assert fetch(tiny(address, LocalFolder(good)), raw, [], LIMITS).status == "available"


@pytest.mark.parametrize("seconds", [0, 5])
def test_a_machine_without_internet_loses_little_time(
    raw: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    def unresolved(*arguments: object, **keywords: object) -> None:
        time.sleep(seconds)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    start = time.monotonic()
    fetched = fetch(tiny(Address("http://data.invalid/{file}.gz")), raw, [], LIMITS)
    assert time.monotonic() - start < LIMITS.connect_seconds + 0.5
    assert "http://data.invalid/: not reachable: " in fetched.reason


# ---- Debian packages

needs_dpkg = pytest.mark.skipif(
    not all(map(shutil.which, ("dpkg-deb", "prlimit", "setpriv"))), reason="a machine without dpkg"
)
PACKAGE = DebianPackage("tiny-images", "usr/share/tiny-images")


@pytest.fixture
def apt_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a script in the place of apt-get; `$DEB` is a package that holds the files."""

    def install(script: str) -> None:
        path = fill(tmp_path / "bin", {"apt-get": f"#!/bin/sh\n{script}\n".encode()}) / "apt-get"
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(path.parent), prepend=os.pathsep)

    control = "Package: tiny-images\nVersion: 1\nArchitecture: all\nMaintainer: M\nDescription: D\n"
    tree = tmp_path / "tree"
    files = {f"usr/share/tiny-images/{n}.gz": gzip.compress(c) for n, c in CONTENT.items()}
    fill(tree, {"DEBIAN/control": control.encode(), **files})
    tree.chmod(0o755)
    subprocess.run(
        ["dpkg-deb", "--build", tree, tmp_path / "tiny.deb"], check=True, capture_output=True
    )
    monkeypatch.setenv("DEB", str(tmp_path / "tiny.deb"))
    return install


@needs_dpkg
def test_a_debian_package_is_downloaded_and_unpacked(raw: Path, apt_get: Callable) -> None:
    apt_get('case "$*" in *update) exit 100;; *"download tiny-images") cp "$DEB" .;; esac')
    fetched = fetch(tiny(PACKAGE), raw, [], LIMITS)
    assert (fetched.status, fetched.source) == ("available", "Debian package tiny-images")
    assert there(raw) == CONTENT


@needs_dpkg
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'W: w'; echo 'E: none'; exit 100", "download: E: none (update: E: none)"),
        ("exit 0", "download: no package was saved"),
        ("echo broken > tiny.deb", "unpacking: dpkg-deb: error: "),
        ("cat /dev/zero > tiny.deb", "download: ended with code"),
    ],
)
def test_a_debian_package_that_fails_is_told_and_the_next_source_tried(
    raw: Path, good: Path, apt_get: Callable, script: str, message: str
) -> None:
    apt_get(script)
    fetched = fetch(tiny(PACKAGE, LocalFolder(good)), raw, [], LIMITS)
    assert fetched.source == f"folder {good} (well-known)"
    shutil.rmtree(raw)
    fetched = fetch(tiny(PACKAGE), raw, [], LIMITS)
    assert message in fetched.reason
    assert there(raw) == {}


@needs_dpkg
def test_an_apt_that_hangs_is_ended_with_its_children(
    raw: Path, tmp_path: Path, apt_get: Callable
) -> None:
    apt_get(f"sleep 30 & echo $! > {tmp_path}/pid; wait")
    fetched = fetch(tiny(PACKAGE), raw, [], LIMITS)
    assert "Debian package tiny-images: apt-get: timed out after 1.5 s" in fetched.reason
    child = int((tmp_path / "pid").read_text())
    with suppress(psutil.NoSuchProcess):
        psutil.Process(child).wait(2)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"


@needs_dpkg
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_apt_ends_with_the_job_that_has_called_it(
    raw: Path, tmp_path: Path, apt_get: Callable, how: signal.Signals
) -> None:
    apt_get(f"echo $$ > {tmp_path}/pid; mv {tmp_path}/pid {tmp_path}/started; exec sleep 30")
    code = (
        "import sys; from pathlib import Path; from types import SimpleNamespace\n"
        "from refashion import lifetime; from refashion.data.fetching import DebianPackage, fetch\n"
        "lifetime.exit_on_signals()\n"
        "package = DebianPackage('tiny-images', 'usr')\n"
        "dataset = SimpleNamespace(FILES={'a': ''}, SOURCES=[package], SUBFOLDERS=[])\n"
        "fetch(dataset, Path(sys.argv[1]), [])\n"
    )
    job = subprocess.Popen([sys.executable, "-c", code, raw])
    while not (tmp_path / "started").exists():
        assert job.poll() is None
        time.sleep(0.05)
    apt = psutil.Process(int((tmp_path / "started").read_text()))
    job.send_signal(how)
    job.wait(timeout=10)
    with suppress(psutil.NoSuchProcess):
        apt.wait(5)
    assert not apt.is_running() or apt.status() == psutil.STATUS_ZOMBIE


def test_a_machine_without_apt_is_told(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    fetched = fetch(tiny(PACKAGE), raw, [], LIMITS)
    assert "Debian package tiny-images: this machine has no apt-get, dpkg-deb" in fetched.reason


def test_what_is_taken_is_logged(raw: Path, good: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "refashion.data.fetching"):
        fetch(tiny(), raw, [good], LIMITS)
    assert f"folder {good} (data_dirs): using {IMAGES}" in caplog.text


# ---- OpenML, and folders of images


def about(**changed: object) -> bytes:
    facts = {"id": "61", "version": "2", "format": "ARFF", "file_id": "77"} | changed
    return json.dumps({"data_set_description": facts}).encode()


@pytest.fixture
def openml(server: Server) -> OpenML:
    root = str(server.address("")).rstrip("/")
    server.answers |= {
        "/api/v1/json/data/61": about(),
        "/data/v1/download/77": b"@relation",
    }
    return OpenML(61, 2, root)


def of_openml(source: OpenML) -> SimpleNamespace:
    digest = hashlib.sha256(b"@relation").hexdigest()
    return SimpleNamespace(
        FILES={"openml-61.arff": digest}, SOURCES=[source], SUBFOLDERS=[], read=lambda raw: None
    )


def test_a_dataset_of_openml_is_had_by_its_id(openml: OpenML, raw: Path) -> None:
    fetched = fetch(of_openml(openml), raw, [], LIMITS)
    assert (fetched.status, fetched.source) == ("available", str(openml))
    assert (raw / "openml-61.arff").read_bytes() == b"@relation"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (about(version="3"), "version '3'; accepted: 2, as stated"),
        (about(format="Sparse_ARFF"), "format 'Sparse_ARFF'; accepted: ARFF"),
        (about(file_id="x/../y"), "not a description of a dataset (ValueError)"),
        (b"[]", "not a description of a dataset (TypeError)"),
        (b"<html>", "not a description of a dataset (JSONDecodeError)"),
    ],
)
def test_an_answer_of_openml_that_does_not_fit(
    server: Server, openml: OpenML, raw: Path, answer: bytes, message: str
) -> None:
    server.answers["/api/v1/json/data/61"] = answer
    fetched = fetch(of_openml(openml), raw, [], LIMITS)
    assert fetched.status == "unavailable"
    assert message in fetched.reason


def test_equal_folders_give_equal_archives(tmp_path: Path) -> None:
    one = fill(tmp_path / "one", {"a/1.png": b"1", "b/2.png": b"2"})
    two = fill(tmp_path / "two", {"b/2.png": b"2", "a/1.png": b"1", "a/.hidden": b"x"})
    os.utime(one / "a/1.png", (0, 0))
    assert pack(one, tmp_path / "1.zip", 1000) == pack(two, tmp_path / "2.zip", 1000)
    fill(two, {"b/2.png": b"3"})
    assert pack(one, tmp_path / "1.zip", 1000) != pack(two, tmp_path / "2.zip", 1000)


def test_a_folder_with_links_or_too_much_is_not_packed(tmp_path: Path) -> None:
    folder = fill(tmp_path / "one", {"a/1.png": b"12345"})
    with pytest.raises(Unavailable, match="larger than the limit of 4 bytes"):
        pack(folder, tmp_path / "1.zip", 4)
    (folder / "a/2.png").symlink_to("/etc/passwd")
    with pytest.raises(Unavailable, match=r"2\.png is a link; accepted: files"):
        pack(folder, tmp_path / "1.zip", 1000)


def test_an_archive_that_is_the_wanted_file_is_kept_as_it_is(tmp_path: Path, raw: Path) -> None:
    folder = fill(tmp_path / "images", {"a/1.png": b"1"})
    digest = pack(folder, tmp_path / "expected.zip", 1000)
    source = PackedFolder(folder, "images.zip")
    dataset = SimpleNamespace(
        FILES={"images.zip": digest}, SOURCES=[source], SUBFOLDERS=[], read=lambda raw: None
    )
    assert fetch(dataset, raw, [], LIMITS).status == "available"
    assert (raw / "images.zip").read_bytes() == (tmp_path / "expected.zip").read_bytes()
