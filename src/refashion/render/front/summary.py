"""Functions for the first and last pages of the report: what was run, and the provenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from refashion import wording
from refashion.render.chapter.exhibits import listed
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.front.outlook import command, outlook
from refashion.render.text import markdown
from refashion.render.text.cross_references import CrossReferences
from refashion.render.text.markdown import Markdown
from refashion.runs import tables as run_tables
from refashion.wording import counted, moment


@dataclass(frozen=True)
class Summary:
    """Functions for runs and provenance. The templates can call every public method.

    Attributes
    ----------
    chapters
        Results of every study.
    manifest
        Content of `manifest.json`.
    references
        Numbers the tables of the page.
    """

    chapters: Sequence[Outcomes]
    manifest: Mapping[str, Any]
    references: CrossReferences

    @property
    def config(self) -> Any:
        """The whole configuration."""
        return self.chapters[0].config

    def notices(self) -> Markdown:
        """Warn of a smoke run, missing data and failed runs."""
        found = [*self._smoke(), *self._missing_data(), *self._failures()]
        return markdown.join(markdown.block(notice, "notice") for notice in found)

    def lead(self) -> Markdown:
        """State what was re-run, on which data, with how many seeds, and how long it took."""
        n = len(self.chapters)
        what = (
            "One study re-runs a published report"
            if n == 1
            else f"{n} studies re-run published reports"
        )
        data = listed(list(dict.fromkeys(chapter.dataset.TITLE for chapter in self.chapters)))
        states = [s for c in self.chapters for of in c.states.values() for s in of.values()]
        seeds = _seeds(len(of) for c in self.chapters for of in c.states.values())
        spent = sum(state["fit_seconds"] or 0 for state in states)
        return markdown.paragraph(
            f"{what} on {data}: {counted(len(states), 'execution')} ({seeds}) and "
            f"{wording.duration(spent)} of training. Processor: {self.manifest['cpu']['model']}."
        )

    def remaining(self) -> Markdown:
        """State what was not run, and how to run more."""
        pieces = [*self._not_selected(), *outlook(self.chapters)]
        return markdown.paragraph(markdown.join(pieces)) if pieces else Markdown("")

    def _not_selected(self) -> Iterator[Any]:
        minutes: dict[str, list[float]] = {}
        for chapter in self.chapters:
            for name, run in chapter.study.runs.items():
                if name not in chapter.states and not run.awaits:
                    minutes.setdefault(run.group, []).append(run.minutes)
        if not minutes:
            return
        groups = " and ".join(
            f"{counted(len(each), f'{group} run')} (about "
            f"{wording.rough_duration(60 * sum(each))} of training)"
            for group, each in minutes.items()
        )
        yield f"Not selected, so without verdicts: {groups}. Run "
        every = list(dict.fromkeys([*self.config.groups, *minutes]))
        yield markdown.code(command(self.config, groups=every))
        yield " to include them. "

    def _smoke(self) -> list[Markdown]:
        if not self.config.is_smoke:
            return []
        limits = self.config.limits
        caps = [f"the first {limits.examples:,} examples of each split"] * bool(limits.examples)
        caps += [f"at most {limits.epochs} epochs"] * bool(limits.epochs)
        text = f" It used only {' and '.join(caps)}, which is too little to judge any claim."
        return [markdown.join([markdown.strong("Smoke run."), text])]

    def _missing_data(self) -> list[Markdown]:
        missing = {
            chapter.study.dataset: chapter
            for chapter in self.chapters
            if chapter.prepared["status"] != "available"
        }
        return [_missing_data(chapter) for chapter in missing.values()]

    def _failures(self) -> list[Markdown]:
        lines = [
            _failure(chapter, run, seed, state)
            for chapter in self.chapters
            for run, states in chapter.states.items()
            for seed, state in states.items()
            if state["status"] in ("failed", "timeout")
        ]
        if not lines:
            return []
        heading = markdown.strong(f"{counted(len(lines), 'execution')} failed.")
        return [markdown.join([heading, markdown.bullets(lines)])]

    def facts(self) -> Markdown:
        """List what was run, when, and on which machine."""
        config, manifest = self.config, self.manifest
        executions = sum(len(states) for c in self.chapters for states in c.states.values())
        rows = [
            ("Studies", "; ".join(chapter.study.title for chapter in self.chapters)),
            ("Seeds by group", _seeds_text(config.seeds)),
            ("Executions", f"{executions:,}"),
            ("Started", moment(manifest["started"])),
            ("Duration of the last command", _duration(manifest["started"], manifest["ended"])),
            ("Processor", manifest["cpu"]["model"]),
            *_gpus(manifest),
            ("Threads for each run", config.threads),
            ("Time limit for each run", f"{config.limits.minutes:g} minutes"),
        ]
        return markdown.block(markdown.table(["Property", "Value"], rows, "ll"), "facts")

    def provenance(self) -> Markdown:
        """List the code, machine and settings that produced the results."""
        manifest = self.manifest
        git = manifest["git"]
        states = {True: "without changes", False: "with uncommitted changes"}
        rows = [
            (
                "Code",
                f"commit {git['commit']}, {states.get(git['clean'], '')}"
                if git["commit"]
                else git["reason"],
            ),
            ("SHA-256 of the lock file", markdown.code(manifest["lock_sha256"])),
            ("Command", markdown.code(manifest["command"] or "not recorded")),
            ("Started", moment(manifest["started"])),
            ("Ended", moment(manifest["ended"])),
            ("Processor", manifest["cpu"]["model"]),
            ("Instruction sets", " ".join(manifest["cpu"]["flags"])),
            *_gpus(manifest),
            ("Threads", _threads_text(manifest["threads"])),
            ("Seeds by group", _seeds_text(manifest["seeds"])),
        ]
        caption, header = "Provenance of the results.", ["Property", "Value"]
        return self.references.table("provenance", caption, header, rows, "ll", (20, 80))

    def table_files(self) -> Markdown:
        """List the data files with their checksums."""
        rows = [
            [dataset, markdown.code(file), markdown.code(digest)]
            for dataset, files in self.manifest["datasets"].items()
            for file, digest in files.items()
        ]
        caption = "Data files, with checksums of their decompressed content."
        header = ["Dataset", "File", "SHA-256"]
        return (
            self.references.table("files", caption, header, rows, "lll") if rows else Markdown("")
        )

    def packages(self) -> Markdown:
        """List the versions of all packages."""
        listed = [f"{name} {version}" for name, version in self.manifest["packages"].items()]
        return markdown.block(", ".join(listed), "packages")


def _threads_text(threads: Mapping[str, Any]) -> str:
    variables = ", ".join(threads.get("variables", []))
    return f"{threads['per_run']} for each run" + f" (set in {variables})" * bool(variables)


def _seeds_text(seeds: Mapping[str, int]) -> str:
    return ", ".join(f"{n} for {group}" for group, n in seeds.items())


def _gpus(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Row of the GPUs, if networks were trained on one."""
    if "gpus" not in manifest:
        return []
    return [("GPU", "; ".join(manifest["gpus"]) or "not on the machine that wrote the report")]


def _missing_data(chapter: Outcomes) -> Markdown:
    dataset, reason = chapter.dataset, chapter.prepared["reason"]
    if chapter.study.described and reason and "\n" not in reason:  # its files have a fault
        head = f"The dataset {dataset.TITLE} cannot be used, so its runs have no results."
        return markdown.join([markdown.strong(head), f" {reason}."])
    head = f"The dataset {dataset.TITLE} is missing, so its runs have no results."
    advice = [
        " To supply it, put these files into a folder: ",
        markdown.join([markdown.code(file) for file in dataset.FILES], ", "),
        ". Then name the folder under ",
        markdown.code("data_dirs"),
        " in ",
        markdown.code("config.yaml"),
        ", or in the environment variable ",
        markdown.code("REFASHION_DATA"),
        ".",
    ]
    tried = [" These sources were tried: ", reason] if reason else []
    return markdown.join([markdown.strong(head), *advice, *tried])


def _seeds(numbers: Iterable[int]) -> str:
    """Write how many seeds the runs have: "1 seed for each run", "1 to 5 seeds for each run"."""
    found = sorted(set(numbers)) or [0]
    if len(found) == 1:
        return f"{counted(found[0], 'seed')} for each run"
    return f"{found[0]} to {found[-1]} seeds for each run"


def _failure(chapter: Outcomes, run: str, seed: int, state: Mapping[str, Any]) -> Markdown:
    name = f"{chapter.run(run).title}, seed {seed}"
    page = chapter.page(run, seed)
    error = run_tables.error_text(state["error"]) or "no error was recorded"
    return markdown.join([markdown.link(name, page) if page else name, f": {error}"])


def _duration(started: str, ended: str) -> str:
    try:
        elapsed = datetime.fromisoformat(ended) - datetime.fromisoformat(started)
    except (TypeError, ValueError):
        return "unknown"
    return wording.duration(elapsed.total_seconds())
