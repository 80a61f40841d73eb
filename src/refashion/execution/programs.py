"""Execution of a program of the user's: its environment, its time, and what it prints."""

from __future__ import annotations

import codecs
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from refashion import artifacts
from refashion.artifacts import RunFolder
from refashion.errors import one_line
from refashion.execution import environment
from refashion.execution.notebook import Outcome
from refashion.scratch import scratch_folder
from refashion.spec.outside import filled
from refashion.workspace import files_of, working_copy

# Characters of the output that are kept: the first half, and the last.
MOST_LETTERS = 1_000_000
# Lines at the end of the output, and characters of each, that an error message quotes.
LAST_LINES, LONGEST_LINE = 3, 120
# Between the request to end and the end by force.
GRACE_SECONDS = 5
# The program's group ends with this process, even if that is killed: then the pipe closes.
WATCH = 'read -r end || { kill -TERM -"$0"; sleep 3; kill -KILL -"$0"; }'


@dataclass(frozen=True)
class ProgramEnd:
    """How a program ended.

    Attributes
    ----------
    outcome
        Whether it succeeded, or why not.
    printed
        What it printed, its errors included; of a long text, the beginning and the end.
    command
        The command as it was run.
    """

    outcome: Outcome
    printed: str
    command: str


def execute_program(
    given: Mapping[str, Any],
    study: Path,
    run: RunFolder,
    seconds: int,
    echo: TextIO = sys.stderr,
) -> ProgramEnd:
    """Execute a program in a copy of its study's folder.

    Its environment holds `REFASHION_SEED`, `REFASHION_OUTPUT`, `REFASHION_THREADS`, each setting as
    `SETTING_<NAME>`, and in `REFASHION_RUN` the name of a JSON file with all of this.

    Parameters
    ----------
    given
        The recipe of the run, see `Plan.recipe`. In the words of its `command`, `{seed}`,
        `{output}` and `{<setting>}` are replaced by their values; there is no shell.
    study
        Folder of the study, which has to stay as it is.
    run
        Folder of the run. The program runs in its `files` and leaves results in its `output`.
    seconds
        Time limit in seconds.
    echo
        Stream to which the output is copied as it arrives.
    """
    run.output.mkdir(parents=True)
    facts = {name: given[name] for name in ("study", "run", "seed", "settings", "threads")}
    facts["output"] = str(run.output.absolute())
    values = {name: _text(value) for name, value in given["settings"].items()}
    values |= {"seed": str(given["seed"]), "output": facts["output"]}
    command = [filled(word, values) for word in given["command"]]
    before = _states(study)
    with scratch_folder() as private, working_copy(study, run.files) as folder:
        artifacts.write_json(private / "run.json", facts)
        variables = environment.program_environment(
            os.environ, given["threads"], environment.home(), private
        )
        variables |= _variables(facts, private / "run.json")
        outcome, printed = _run(command, variables, folder, seconds, echo)
    changed = [name for name, state in _states(study).items() if before.get(name) != state]
    if outcome.status == "ok" and (changed := changed or [n for n in before if _gone(study, n)]):
        why = "was changed in the folder of the study, which has to stay as it is"
        accepted = "accepted: a program that writes to its working folder or to REFASHION_OUTPUT"
        outcome = _failed("WroteOutside", f"{one_line(changed[0])} {why}; {accepted}")
    return ProgramEnd(outcome, printed, shlex.join(command))


def _gone(study: Path, name: str) -> bool:
    return not (study / name).exists()


def _states(study: Path) -> dict[str, tuple[int, int]]:
    states = {}
    for path in files_of(study):
        with suppress(OSError):
            found = path.stat()
            states[str(path.relative_to(study))] = found.st_mtime_ns, found.st_size
    return states


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _variables(facts: Mapping[str, Any], file: Path) -> dict[str, str]:
    settings = {
        f"SETTING_{name.upper()}": _text(value) for name, value in facts["settings"].items()
    }
    return settings | {
        "REFASHION_SEED": str(facts["seed"]),
        "REFASHION_THREADS": str(facts["threads"]),
        "REFASHION_OUTPUT": facts["output"],
        "REFASHION_RUN": str(file),
    }


def _run(
    command: Sequence[str],
    variables: Mapping[str, str],
    folder: Path,
    seconds: int,
    echo: TextIO,
) -> tuple[Outcome, str]:
    # Names with a slash are relative to the working folder.
    is_found = (folder / command[0]).is_file() if "/" in command[0] else _which(command, variables)
    if not is_found:
        where = "the working folder" if "/" in command[0] else "PATH"
        return _failed("NoProgram", f"no program {one_line(command[0])!r} in {where}"), ""
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        message = f"cannot start {one_line(command[0])!r}: {one_line(str(error))}"
        return _failed("NoProgram", message), ""
    assert process.stdout is not None
    output = _Output(process.stdout, echo)
    with _ended(process):
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
    output.join()
    return _outcome(code, seconds, output.text()), output.text()


def _which(command: Sequence[str], variables: Mapping[str, str]) -> bool:
    return shutil.which(command[0], path=variables.get("PATH", os.defpath)) is not None


@contextmanager
def _ended(process: subprocess.Popen) -> Iterator[None]:
    """End a program and all that it has started, however the block ends."""
    watch: subprocess.Popen | None = None
    try:
        watch = subprocess.Popen(
            ["sh", "-c", WATCH, str(process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        yield
    finally:
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_SECONDS)
        _signal(process, signal.SIGKILL)
        process.wait()
        if watch is not None:
            watch.communicate(b"end\n")


def _signal(process: subprocess.Popen, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # nothing of the group is left
        os.killpg(process.pid, number)


class _Output:
    """What a program prints, read as it arrives, and kept within limits."""

    def __init__(self, stream: Any, echo: TextIO) -> None:
        self._stream, self._echo = stream, echo
        self._first, self._last, self._n = "", "", 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        while content := self._stream.read1(65536):
            self._add(decoder.decode(content))

    def _add(self, text: str) -> None:
        half = MOST_LETTERS // 2
        if self._n < MOST_LETTERS:
            with suppress(OSError, ValueError):  # the program goes on without a log
                self._echo.write(text)
                self._echo.flush()
        self._n += len(text)
        room = half - len(self._first)
        self._first += text[:room]
        self._last = (self._last + text[room:])[-half:]

    def join(self) -> None:
        """Wait for the end of the output, which a process may hold open that was left behind."""
        self._thread.join(GRACE_SECONDS)
        if not self._thread.is_alive():
            self._stream.close()

    def text(self) -> str:
        """Return what was printed."""
        missing = self._n - len(self._first) - len(self._last)
        note = f"\n[{missing:,} characters left out]\n" if missing > 0 else ""
        return f"{self._first}{note}{self._last}"


def _outcome(code: int | None, seconds: int, printed: str) -> Outcome:
    said = _last_lines(printed)
    if code is None:
        limit = f"ran for more than {seconds / 60:g} minutes, the limit (limits.minutes)"
        return Outcome("timeout", _error("Timeout", f"the program {limit}{said}"))
    if code < 0:
        with suppress(ValueError):
            name = signal.Signals(-code).name
            memory = ", perhaps because the machine ran out of memory" * (code == -signal.SIGKILL)
            return _failed("ProgramKilled", f"the program was ended by {name}{memory}{said}")
    if code:
        return _failed("ProgramFailed", f"the program ended with exit status {code}{said}")
    return Outcome("ok")


def _last_lines(printed: str) -> str:
    lines = [one_line(line.strip(), LONGEST_LINE) for line in printed.splitlines() if line.strip()]
    if not lines:
        return "; it printed nothing"
    return f"; the end of its output: {' | '.join(lines[-LAST_LINES:])}"


def _failed(kind: str, message: str) -> Outcome:
    return Outcome("failed", _error(kind, message))


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"type": kind, "message": message, "cell": None}
