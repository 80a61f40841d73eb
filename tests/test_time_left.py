"""The time left is announced about right, on machines of any speed and whatever a study states."""

import io
import math

import pytest

from refashion import artifacts
from refashion.workflow.plan import Plan
from refashion.workflow.progress import announcement, calibration, expectation, wording
from refashion.workflow.progress.board import Board
from refashion.workflow.progress.jobs import Job, Training
from refashion.workflow.progress.pace import ALL, SPREAD, Pace, expected_end
from refashion.workflow.progress.plain import PlainDisplay
from refashion.workflow.progress.workload import Task, Workload
from tests.support.replay import Replay, noisy


class Bench:
    """A board with a clock that the test sets, and jobs that the test starts."""

    def __init__(self, folder, slots=1, stages=(), stops_early=False, **minutes):
        self.now = 0.0
        tasks = {
            wording.run_name("s", run, 0): Task(value, (ALL, run), stops_early)
            for run, value in minutes.items()
        }
        workload = Workload(tasks, slots, dict(stages))
        self.board = Board(workload, clock=lambda: self.now)
        self.path = folder

    def start(self, run):
        log = self.path / f"{run}.log"
        log.touch()
        job = Training(wording.run_name("s", run, 0), "train", {}, [log], self.now)
        self.board.start(hash(run), job)
        return job

    def epoch(self, job, number, total=4, seconds=60):
        scores = "loss 0.3121  val_accuracy 0.8000"
        with job.logs[0].open("a") as file:
            file.write(f"epoch {number}/{total}  {scores}  {seconds:.1f} s\n")
        job.read(self.now)

    def end(self, job, at):
        self.now = at
        self.board.end(hash(job.logs[0].stem))
        self.board.learn(job)

    def left_of(self, job):
        return job.seconds_left(self.now, self.board.pace())


# One run ----------------------------------------------------------------------------------------


def test_before_anything_is_known_the_plan_counts(tmp_path):
    bench = Bench(tmp_path, a=10)
    job = bench.start("a")
    assert bench.left_of(job) == 600
    bench.now = 120
    assert bench.left_of(job) == pytest.approx(480, rel=0.05)


def test_epochs_tell_how_long_a_run_takes(tmp_path):
    bench = Bench(tmp_path, a=10)
    job = bench.start("a")
    bench.now = 60
    bench.epoch(job, 1)
    assert bench.left_of(job) == 3.5 * 60  # half an epoch for the predictions
    bench.now = 90
    assert bench.left_of(job) == bench.board.seconds_left() == 180
    bench.now = 500  # the second epoch takes very long, and the others still have to come
    assert bench.left_of(job) == 2.5 * 60


def test_a_run_that_is_late_is_not_about_to_end(tmp_path):
    bench = Bench(tmp_path, a=10)
    job = bench.start("a")
    for bench.now in (600, 1200, 6000):
        assert 0.04 * bench.now < bench.left_of(job) < bench.now


def test_early_stopping_is_expected_where_the_study_states_less_time(tmp_path):
    bench = Bench(tmp_path, stops_early=True, a=10)
    job = bench.start("a")
    bench.now = 60
    bench.epoch(job, 1, total=20)  # all epochs would take 20 minutes
    assert 400 < bench.left_of(job) < 800
    bench.now = 1140
    bench.epoch(job, 19, total=20)
    assert 0 < bench.left_of(job) <= 90


# Many runs --------------------------------------------------------------------------------------


def test_a_run_says_most_about_its_seeds_and_something_about_all(tmp_path):
    pace = Pace()
    pace.add((ALL, "networks", "cnn"), 2)
    seed, kin, other = (
        pace.ratio(groups)
        for groups in (
            (ALL, "networks", "cnn"),
            (ALL, "networks", "gru"),
            (ALL, "trees", "x"),
        )
    )
    assert 1 < other < kin < seed < 2
    for _ in range(50):  # many seeds of a run are no reason to expect the same of others
        pace.add((ALL, "networks", "cnn"), 2)
    assert pace.ratio((ALL, "networks", "gru")) == pytest.approx(kin)
    assert pace.ratio((ALL, "networks", "cnn")) == pytest.approx(2, rel=0.01)


def test_other_stages_count(tmp_path):
    bench = Bench(tmp_path, stages={"judge s": 4, "report": 30}, a=1)
    assert bench.board.seconds_left() == 60 + 4 + 30
    report = Job("report", "report", {}, [], 0)
    bench.board.start(7, report)
    bench.now = 10
    assert bench.left_of(report) == pytest.approx(20, rel=0.1)


def test_a_further_attempt_is_counted_once(tmp_path):
    bench = Bench(tmp_path, a=10)
    bench.start("a")
    bench.board.end(hash("a"))
    assert bench.board.n_ended == 1
    assert bench.start("a").task.minutes == 10
    assert bench.board.n_ended == 0


def test_plain_lines_tell_the_time_left_every_minute(tmp_path):
    bench, stream = Bench(tmp_path, a=10), io.StringIO()
    display = PlainDisplay(stream)
    bench.start("a")
    for bench.now in range(0, 181):
        display.draw(bench.board)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("training: 0 of 1 run done, about 9 min left")


def test_expected_end_is_never_in_the_past():
    for age in (1e-9, 1, 100, 1e6):
        assert age < expected_end(100, SPREAD, age) < math.inf


# Whole commands, as they were recorded ----------------------------------------------------------


MACHINES = {
    "as recorded": ({}, 0),
    "half the speed": (dict.fromkeys(("networks", "estimators", "stages"), 2), 0.15),
    "twice the speed": (dict.fromkeys(("networks", "estimators", "stages"), 0.5), 0.15),
    "slow networks": ({"networks": 1.7, "estimators": 1.1, "stages": 1.2}, 0.15),
}
THIRD = 1 / 3


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("name", "share"), [("avx512", 0.9), ("slow", 0.65)])
def test_time_left_is_within_a_third_after_two_minutes(tmp_path, name, share, machine):
    factors, noise = MACHINES[machine]
    replay = Replay(name, noisy(factors, noise, seed=0), tmp_path)
    ratios = [ratio for time, ratio in replay.errors() if time >= 120]
    within = [abs(ratio - 1) <= THIRD for ratio in ratios]
    assert sum(within) >= share * len(ratios), [f"{ratio:.2f}" for ratio in ratios]


# What is expected at the start ------------------------------------------------------------------

RUNS = [("cnn_vs_gru", "cnn", 0), ("cnn_vs_gru", "gru", 0)]


@pytest.fixture
def plan(project, tmp_path):
    return Plan.load({"studies": ["cnn_vs_gru"], "results": str(tmp_path / "results")}, project)


def leave(plan, run, factor, **changed):
    """Leave the results of a run that took a multiple of the stated minutes."""
    study, name, _ = run
    state = {
        "status": "ok",
        "threads": plan.config.threads,
        "settings": plan.config.studies[study].runs[name].settings,
        "wall_seconds": factor * 60 * plan.minutes(study, name),
    }
    artifacts.write_json(plan.layout.run(*run).run_json, state | changed)


def expected(plan, slots=2):
    """Return the ratios of expected to stated minutes of the CNN and the GRU, and their basis."""
    tasks, _, basis = expectation.expect(plan, RUNS, slots, is_local=True)
    minutes = [tasks[wording.run_name(*run)].minutes for run in RUNS]
    return [got / plan.minutes(*run[:2]) for got, run in zip(minutes, RUNS, strict=True)], basis


@pytest.fixture
def calibrated(monkeypatch):
    monkeypatch.setattr(calibration, "ratio", lambda slots: 3.0)


def test_earlier_runs_tell_how_long_the_same_and_others_take(plan, calibrated):
    leave(plan, RUNS[0], 2)
    (cnn, gru), basis = expected(plan)
    assert 1.4 < gru < cnn <= 2
    assert basis.startswith("earlier runs here: 2.0 times")


@pytest.mark.parametrize(
    "changed", [{"threads": 7}, {"status": "timeout"}, {"settings": {"epochs": 1}}]
)
def test_runs_that_are_not_the_same_tell_nothing(plan, calibrated, changed):
    leave(plan, RUNS[0], 2, **changed)
    ratios, basis = expected(plan)
    assert ratios == pytest.approx([3, 3])
    assert basis == "this machine, from a short test: 3.0 times the stated minutes"


def test_results_of_another_machine_tell_nothing(plan, calibrated):
    leave(plan, RUNS[0], 2)
    artifacts.write_json(plan.layout.manifest, {"cpu": {"model": "another"}})
    assert expected(plan)[0] == pytest.approx([3, 3])


@pytest.mark.parametrize("cut", ["examples", "epochs"])
def test_results_of_a_trial_with_limits_tell_nothing(plan, calibrated, cut):
    leave(plan, RUNS[0], 0.1)
    artifacts.write_json(plan.layout.config, {"limits": {"minutes": 5, cut: 1}})
    assert expected(plan)[0] == pytest.approx([3, 3])


def test_a_search_takes_its_expected_trials_but_no_longer_than_it_may(plan):
    search = plan.config.studies["cnn_vs_gru"].recover["filters"]
    n = announcement.expected_trials(search)
    assert len(search.combinations()) < n < search.trials
    of_trials = n * plan.minutes("cnn_vs_gru", search.run)
    for ratio in (1, 1e-3):
        seconds = announcement.search_seconds(plan, "cnn_vs_gru", "filters", ratio)
        assert seconds == pytest.approx(60 * min(search.minutes, ratio * of_trials))


def test_short_commands_and_clusters_are_not_delayed_by_a_calibration(plan, monkeypatch):
    monkeypatch.setattr(calibration, "gflops", lambda processes: pytest.fail("measured"))
    assert expectation.expect(plan, RUNS, 2, is_local=False)[1:] == (1, "")
    monkeypatch.setattr(expectation, "FEWEST_MINUTES", 1000)
    assert expected(plan) == ([1, 1], "")


def test_calibration_measures_this_machine(monkeypatch):
    monkeypatch.setattr(calibration, "SECONDS", 0.05)
    (speed,) = calibration.gflops(1)
    assert 0.1 < speed < 10_000


def test_a_failed_calibration_is_none(monkeypatch):
    monkeypatch.setattr(calibration, "gflops", lambda processes: [])
    assert calibration.ratio(2) is None
