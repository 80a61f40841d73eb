"""Temporary folders: fit for what they are for, and removed also after a crash."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from refashion import scratch
from refashion.execution.notebook import holds_sockets
from refashion.scratch import remove_left_behind, scratch_folder

WAIT = (
    "import sys\n"
    "from refashion.scratch import scratch_folder\n"
    "with scratch_folder() as folder:\n"
    "    print(folder, flush=True)\n"
    "    sys.stdin.read()\n"
)


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """Folders for temporary files of the test alone."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(scratch, "PLACES", ())
    return tmp_path


@pytest.fixture
def other():
    """A process that uses a folder, and the folder."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", WAIT], **pipes)
    yield process, Path(process.stdout.readline().strip())
    process.kill()
    process.communicate()


def test_a_folder_is_private_and_goes_with_its_use():
    with scratch_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").touch()
    assert not folder.exists()


def test_what_is_in_use_stays_and_what_a_crash_left_goes(other):
    process, folder = other
    remove_left_behind()
    assert folder.is_dir()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert folder.is_dir()
    remove_left_behind()
    assert not folder.exists()


def test_folders_of_others_and_links_stay(places):
    (places / "theirs").mkdir()
    (places / f"{scratch.PREFIX}link").symlink_to(places / "theirs")
    (places / f"{scratch.PREFIX}file").touch()
    remove_left_behind()
    assert {path.name.removeprefix(scratch.PREFIX) for path in places.iterdir()} == {
        *("theirs", "link", "file")
    }


def test_sockets_have_a_place_where_the_folder_for_temporary_files_is_deep(monkeypatch, places):
    deep = places / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    monkeypatch.setattr(scratch, "PLACES", ("/tmp",))
    assert not holds_sockets(deep)
    with scratch_folder(holds_sockets) as folder:
        assert holds_sockets(folder)
    assert list(deep.iterdir()) == []


def test_without_any_fit_place_the_usual_one_is_taken(places):
    with scratch_folder(lambda folder: False) as folder:
        assert folder.parent == places
