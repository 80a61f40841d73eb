"""A Debian package as a source. It is downloaded and unpacked without root, not installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from refashion.data.fetching.folder import LocalFolder
from refashion.data.fetching.source import Candidate, FileRequest, Unavailable

_TOOLS = ("apt-get", "dpkg-deb", "prlimit", "setpriv")
_UNPACKED = "unpacked"

# apt uses the sources and keys of the system, but writes only to our folder. The hooks are meant
# for updates of the system (one in Docker images empties the system's cache). Each further retry
# would cost half a minute in a network that drops all packets.
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
    """A source that downloads a package from the archives configured for apt on this machine.

    Attributes
    ----------
    name
        Name of the package.
    folder
        Folder of the files in the package, without a leading slash.
    """

    name: str
    folder: str

    def __str__(self) -> str:
        return f"Debian package {self.name}"

    def candidates(self, request: FileRequest) -> Iterator[Candidate]:
        """Yield the files of the unpacked package.

        Raises
        ------
        Unavailable
            A tool is missing, or the download failed.
        """
        missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
        if missing:
            raise Unavailable(f"this machine has no {', '.join(missing)}")
        yield from LocalFolder(self._unpack(request) / self.folder, str(self)).candidates(request)

    def _unpack(self, request: FileRequest) -> Path:
        apt = ["apt-get", "--quiet", "--config-file", str(_configure_apt(request))]
        update = _run([*apt, "update"], request)
        download = _run([*apt, "download", self.name], request)
        # A failed update does not matter by itself: other lists than the package's may be missing.
        if download.returncode:
            raise Unavailable(f"download: {_complaint(download)} (update: {_complaint(update)})")
        package = next(request.scratch.glob("*.deb"), None)
        if package is None:
            raise Unavailable("download: no package was saved")
        unpack = _run(["dpkg-deb", "--extract", package.name, _UNPACKED], request)
        if unpack.returncode:
            raise Unavailable(f"unpacking: {_complaint(unpack)}")
        return request.scratch / _UNPACKED


def _configure_apt(request: FileRequest) -> Path:
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (request.scratch / folder).mkdir(parents=True)
    path = request.scratch / "apt.conf"
    seconds = request.limits.connect_seconds
    text = _APT_CONFIGURATION.format(folder=request.scratch, seconds=seconds)
    path.write_text(text, encoding="utf-8")
    return path


def _run(command: list[str], request: FileRequest) -> subprocess.CompletedProcess[str]:
    """Run a command in the scratch folder, within the limits, in its own process group."""
    limits = request.limits
    # Without pdeathsig, a process in its own group would outlive a job that is killed.
    with_job = ["setpriv", "--pdeathsig", "KILL", "prlimit", f"--fsize={limits.max_bytes}"]
    process = subprocess.Popen(
        [*with_job, *command],
        cwd=request.scratch,
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
            raise Unavailable(f"{command[0]}: timed out after {seconds}") from error
        finally:
            if process.poll() is None:  # apt downloads in child processes
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, output)


def _complaint(ended: subprocess.CompletedProcess[str]) -> str:
    """Pick the first error from what apt or dpkg printed, or else the first warning."""
    # apt warns that its user cannot read our private folder, which does not matter.
    lines = [line for line in ended.stdout.splitlines() if "unsandboxed" not in line]
    for mark in ("E:", "dpkg-deb: error:", "W:"):
        if found := next((line for line in lines if line.startswith(mark)), None):
            return found
    return f"ended with code {ended.returncode}"
