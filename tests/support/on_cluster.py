"""A copy of the project whose commands run on a Slurm cluster."""

import os
import signal
import subprocess
import uuid
from contextlib import suppress
from pathlib import Path

import nbformat
import psutil
import yaml

from refashion.artifacts import Layout, RunFolder
from support.clone import Clone
from support.slurm import Slurm

MARK = "REFASHION_TEST"

SMOKE, FORESTS = "cnn_vs_gru", "forests"
SEEDS = 2

# A study that takes seconds: data of scikit-learn, and no TensorFlow.
FOREST = {"title": "Forest", "group": "headline", "minutes": 0.1}
FOREST |= {"model": "sklearn.ensemble.RandomForestClassifier", "settings": {"n_estimators": 20}}
STUDY = {
    **{"title": "Forests", "source": {"citation": "Somebody, 2024", "note": "made up"}},
    **{"dataset": {"sklearn": "digits"}, "preprocess": None, "claims": []},
    **{"split": {"test": {"fraction": 0.3}, "validation": None}},
    "runs": {"small": FOREST, "large": FOREST | {"settings": {"n_estimators": 40}}},
}
LIMITS = {SMOKE: ["limits={examples: 300, epochs: 1}"], FORESTS: []}

# Slurm's usual intervals are for days, not for seconds.
QUICK = ("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "5")
SLURM = ("--workflow-profile", "profiles/slurm", *QUICK)


class OnCluster(Clone):
    """A copy of the project whose commands run on the cluster, each time with new results."""

    def __init__(self, path: Path, project: Path, data: Path, cluster: Slurm) -> None:
        super().__init__(path, project, data)
        self.cluster = cluster
        self.mark = uuid.uuid4().hex
        self.environment |= {"SLURM_CONF": cluster.environment["SLURM_CONF"], MARK: self.mark}
        self.environment["PATH"] = f"{cluster.folder}{os.pathsep}{self.environment['PATH']}"
        place = path / "studies" / FORESTS
        place.mkdir()
        (place / "study.yaml").write_text(yaml.safe_dump(STUDY))
        self.anew()

    def anew(self, study: str = FORESTS) -> None:
        """Begin with no results; the data stay."""
        self.study, self.results = study, f"results/{uuid.uuid4().hex[:8]}"
        known = [int(line.split()[0]) for line in self.cluster.queue("all")]
        self.first_job = 1 + max(known, default=0)

    @property
    def layout(self) -> Layout:
        return Layout(self.path / self.results, self.path / "data")

    @property
    def runs(self) -> dict[str, RunFolder]:
        """The folders of all runs with all seeds."""
        names = {SMOKE: ("cnn", "gru"), FORESTS: ("small", "large")}[self.study]
        keys = [(name, seed) for name in names for seed in range(SEEDS)]
        return {f"{key[0]} {key[1]}": self.layout.run(self.study, *key) for key in keys}

    def start(self, *options: str) -> subprocess.Popen:
        """Start the command in the background, in a session of its own."""
        config = [f"studies={self.study}", f"seeds={SEEDS}", f"results={self.results}"]
        return subprocess.Popen(
            ["snakemake", *options, "--config", *config, *LIMITS[self.study]],
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Whatever runs the tests in the background may have told them to ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def start_training(self, *options: str) -> subprocess.Popen:
        """Start a command that ends with the scores."""
        return self.start(f"{self.results}/{self.study}/metrics.csv", *options)

    def bits(self) -> dict[str, tuple[bytes, bytes]]:
        """What the runs came to, to the last bit."""
        found = self.runs.items()
        return {k: (f.metrics.read_bytes(), f.predictions.read_bytes()) for k, f in found}

    def jobs(self) -> list[list[str]]:
        """The jobs of the cluster since `anew`, as `Slurm.queue` gives them, of one group first."""
        lines = sorted(map(str.split, self.cluster.queue("all")), key=lambda line: int(line[0]))
        ours = [line for line in lines if int(line[0]) >= self.first_job]
        return sorted(ours, key=lambda line: "short" not in line[-1])

    def processes(self, *words: str) -> list[psutil.Process]:
        """Processes of this folder's commands and jobs, with some words in their command line."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                is_ours = process.environ().get(MARK) == self.mark
                line = " ".join(process.cmdline())
                if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                    found += [process] * all(word in line for word in words)
        return found

    def finished(self) -> list[str]:
        """The runs that have a result."""
        return [name for name, folder in self.runs.items() if folder.run_json.exists()]

    def add_to_runs(self, code: str) -> None:
        """Put a cell before the training of each run, in this folder alone."""
        path = self.path / "notebooks" / "train.ipynb"
        notebook = nbformat.read(path, as_version=4)
        tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
        place = next(i for i, of_cell in enumerate(tags) if "parameters" in of_cell)
        notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(code))
        nbformat.write(notebook, path)
