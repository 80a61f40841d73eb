"""A Debian package as a source: downloaded and unpacked, not installed, without root."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from refashion.data.fetching.folder import Folder
from refashion.data.fetching.source import Candidate, Search, Unavailable

_TOOLS = ("apt-get", "dpkg-deb", "prlimit", "setpriv")
_UNPACKED = "unpacked"

# Sources and keys stay the system's; all that apt writes goes to a folder of our own. The hooks
# are those of a system update (one of Docker's images empties the system's cache). More retries
# would cost half a minute each where a network drops everything.
_APT_CONFIGURATION = """\
Dir::State "{folder}/state";
Dir::State::lists "{folder}/state/lists";
Dir::Cache "{folder}/cache";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "{seconds:.0f}";
Acquire::https::Timeout "{seconds:.0f}";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""


@dataclass(frozen=True)
class DebianPackage:
    """A package in the archive that this machine's apt is set up for.

    Attributes
    ----------
    name
        Of the package.
    folder
        Where it keeps the files, from the root of the file system, without a leading slash.
    """

    name: str
    folder: str

    def __str__(self) -> str:
        return f"Debian package {self.name}"

    def candidates(self, search: Search) -> Iterator[Candidate]:
        """Yield the files of the unpacked package."""
        missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
        if missing:
            raise Unavailable(f"this machine has no {', '.join(missing)}")
        yield from Folder(self._unpack(search) / self.folder, str(self)).candidates(search)

    def _unpack(self, search: Search) -> Path:
        apt = ["apt-get", "--quiet", "--config-file", str(_configure_apt(search))]
        update = _run([*apt, "update"], search)
        download = _run([*apt, "download", self.name], search)
        # An update that fails is no obstacle by itself: any list may be missing but the package's.
        if download.returncode:
            raise Unavailable(f"download: {_complaint(download)} (update: {_complaint(update)})")
        package = next(search.scratch.glob("*.deb"), None)
        if package is None:
            raise Unavailable("download: left no package")
        unpack = _run(["dpkg-deb", "--extract", package.name, _UNPACKED], search)
        if unpack.returncode:
            raise Unavailable(f"unpacking: {_complaint(unpack)}")
        return search.scratch / _UNPACKED


def _configure_apt(search: Search) -> Path:
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (search.scratch / folder).mkdir(parents=True)
    path = search.scratch / "apt.conf"
    seconds = search.limits.connect_seconds
    text = _APT_CONFIGURATION.format(folder=search.scratch, seconds=seconds)
    path.write_text(text, encoding="utf-8")
    return path


def _run(command: list[str], search: Search) -> subprocess.CompletedProcess[str]:
    """Run a command in the scratch folder, within the limits, in a process group of its own."""
    limits = search.limits
    # In a group of its own, it would outlive a job that is killed.
    with_job = ["setpriv", "--pdeathsig", "KILL", "prlimit", f"--fsize={limits.max_bytes}"]
    process = subprocess.Popen(
        [*with_job, *command],
        cwd=search.scratch,
        env=os.environ | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    with process:
        try:
            output, _ = process.communicate(timeout=limits.total_seconds)
        except subprocess.TimeoutExpired as error:
            seconds = f"{limits.total_seconds:g} s"
            raise Unavailable(f"{command[0]}: not done within {seconds}") from error
        finally:
            if process.poll() is None:  # apt's transfers are processes of their own
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, output)


def _complaint(ended: subprocess.CompletedProcess[str]) -> str:
    """Pick the first error from what apt or dpkg printed, or else the first warning."""
    # That root's private folder is closed to apt's own user is a warning, and as it should be.
    lines = [line for line in ended.stdout.splitlines() if "unsandboxed" not in line]
    for mark in ("E:", "dpkg-deb: error:", "W:"):
        if found := next((line for line in lines if line.startswith(mark)), None):
            return found
    return f"ended with code {ended.returncode}"
