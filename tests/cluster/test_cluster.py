"""On a cluster, whatever happens to a job or a command, results are those of a local run."""

from .conftest import RUNS


def converges(folder, local):
    """Nothing is left in the queue, and the command then comes to the same results."""
    status, told = folder.call()
    assert status == 0, told
    assert folder.bits() == local
    assert folder.cluster.queue() == []


def test_a_whole_report(folder, local):
    before = folder.last_job()
    command = folder.start()
    folder.cluster.wait_for(lambda: folder.processes("refashion.execution.kernels.server"), 90)
    told = command.communicate(timeout=400)[0]
    assert command.returncode == 0, told
    assert folder.bits() == local
    assert folder.layout.report_html.exists() and folder.layout.report_pdf.exists()
    jobs = folder.submitted(before)
    # prepare, explore, one for all runs, evaluate, judge, report; data are fetched here.
    assert len(jobs) == 6, jobs
    (of_runs,) = [job for job in jobs if "train" in job[-1]]
    _, _, _, _, memory, _, cpus, _ = of_runs
    assert (memory, cpus) == ("18000M", "4") and "short" in of_runs[-1]
    logs = [folder.layout.run("cnn_vs_gru", *key).log.read_text() for key in RUNS]
    assert not any("plain kernel" in log for log in logs)
