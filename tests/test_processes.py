"""Work that several processes share."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from refashion.errors import RefashionError
from refashion.processes import shared_by


def square(number: int) -> int:
    return number**2


def die(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(name: str) -> None:
    raise RefashionError(f"narrative.md: no run {name}")


def test_results_come_in_order():
    with shared_by(2) as pool:
        assert list(pool.map(square, range(100), chunksize=7)) == [n**2 for n in range(100)]


def test_a_process_that_is_killed_is_told():
    def lose_one() -> None:
        with shared_by(2) as pool:
            list(pool.map(die, [1]))

    with pytest.raises(RefashionError, match="was killed, perhaps because memory ran out"):
        lose_one()


def test_an_error_comes_through_and_ends_what_goes_on():
    def fail_beside_another() -> None:
        with shared_by(2) as pool:
            pool.submit(time.sleep, 600)
            pool.submit(refuse, "cn").result()

    with pytest.raises(RefashionError, match="no run cn"):
        fail_beside_another()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_they_end_with_the_process_that_has_started_them(number):
    code = (
        "import time; from refashion import lifetime; from refashion.processes import shared_by\n"
        "lifetime.exit_on_signals()\n"
        "with shared_by(2) as pool:\n"
        "    waiting = [pool.submit(time.sleep, 600) for _ in range(2)]\n"
        "    print('begun', flush=True)\n"
        "    waiting[0].result()\n"
    )
    stage = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert stage.stdout.readline() == "begun\n"
    children = psutil.Process(stage.pid).children()
    assert len(children) == 2
    stage.send_signal(number)
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
    stage.communicate()


def test_a_reader_that_has_enough_causes_no_message():
    command = "from refashion import __main__ as c; c.parser = Given; raise SystemExit(c.main())"
    given = (
        "class Given:\n"
        "    def parse_args(self, arguments):\n"
        "        self.command = lambda: [print(n) for n in range(100_000)]\n"
        "        return self\n"
    )
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-c", given + command], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")
