"""First and last pages of the report: what was run, what came of it, where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from refashion import artifacts, wording
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.front.outlook import outlook
from refashion.render.text import markdown
from refashion.render.text.book import Book
from refashion.render.text.markdown import Markdown
from refashion.runs import tables as run_tables
from refashion.wording import counted, moment


@dataclass(frozen=True)
class Summary:
    """What the template of the report can call.

    Attributes
    ----------
    chapters
        Outcomes of every study.
    manifest
        The content of `manifest.json`.
    book
        Numbers the tables.
    """

    chapters: Sequence[Outcomes]
    manifest: Mapping[str, Any]
    book: Book

    @property
    def config(self) -> Any:
        return self.chapters[0].config

    def notices(self) -> Markdown:
        """Tell what a reader must know first: a smoke run, missing data, failed runs."""
        found = [*self._smoke(), *self._missing_data(), *self._failures()]
        return markdown.join(markdown.block(notice, "notice") for notice in found)

    def lead(self) -> Markdown:
        """Say what was run again, on what, and at what cost."""
        n = len(self.chapters)
        what = (
            "One study runs a published report" if n == 1 else f"{n} studies run published reports"
        )
        data = " and ".join(dict.fromkeys(chapter.dataset.TITLE for chapter in self.chapters))
        states = [s for c in self.chapters for of in c.states.values() for s in of.values()]
        seeds = _seeds(len(of) for c in self.chapters for of in c.states.values())
        spent = sum(state["fit_seconds"] or 0 for state in states)
        return markdown.paragraph(
            f"{what} again, on {data}: {counted(len(states), 'execution')} with {seeds}, trained "
            f"for {wording.duration(spent)} in all, on {self.manifest['cpu']['model']}."
        )

    def remaining(self) -> Markdown:
        """Say what was not run, why, and how to run more."""
        told = [*self._not_asked_for()]
        told += outlook(self.chapters)
        return markdown.paragraph(markdown.join(told)) if told else Markdown("")

    def _not_asked_for(self) -> Iterator[Any]:
        minutes: dict[str, list[float]] = {}
        for chapter in self.chapters:
            for name, run in chapter.study.runs.items():
                if name not in chapter.states:
                    minutes.setdefault(run.group, []).append(run.minutes)
        if not minutes:
            return
        groups = " and ".join(
            f"{counted(len(each), 'run')} of the group {group} (about "
            f"{wording.duration(60 * sum(each))} of training)"
            for group, each in minutes.items()
        )
        yield f"Not run, because not asked for: {groups}; claims on them have no verdict. "
        every = ",".join(dict.fromkeys([*self.config.seeds, *minutes]))
        yield markdown.code(f"snakemake --cores all --config 'groups=[{every}]'")
        yield " runs them too. "

    def _smoke(self) -> list[Markdown]:
        if not self.config.is_smoke:
            return []
        limits = self.config.limits
        caps = [f"the first {limits.examples:,} examples of each split"] * bool(limits.examples)
        caps += [f"at most {limits.epochs} epochs"] * bool(limits.epochs)
        text = f" It used {' and '.join(caps)}, too little to judge anything: verdicts are refused."
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
        many = "One run failed." if len(lines) == 1 else f"{len(lines)} runs failed."
        return [markdown.join([markdown.strong(many), markdown.bullets(lines)])]

    def facts(self) -> Markdown:
        """List what was run, when, and on which machine."""
        config, manifest = self.config, self.manifest
        seeds = ", ".join(f"{group} {n}" for group, n in config.seeds.items())
        executions = sum(len(states) for c in self.chapters for states in c.states.values())
        rows = [
            ("Studies", "; ".join(chapter.study.title for chapter in self.chapters)),
            ("Seeds by group of runs", f"{seeds}; {executions} runs in all"),
            ("Started", moment(manifest["started"])),
            ("The last command took", _span(manifest["started"], manifest["ended"])),
            ("Machine", manifest["cpu"]["model"]),
            ("Threads of each run", config.threads),
            ("Limit of each run", f"{config.limits.minutes:g} minutes"),
        ]
        return markdown.block(markdown.table(["What", "Value"], rows, "ll"), "facts")

    def provenance(self) -> Markdown:
        """Say from which code, data and packages the results come."""
        manifest = self.manifest
        git = manifest["git"]
        states = {True: "without changes", False: "with changes that no commit holds"}
        rows = [
            (
                "Code",
                f"commit {git['commit']}, {states.get(git['clean'], '')}"
                if git["commit"]
                else git["reason"],
            ),
            ("Lock file, sha256", markdown.code(manifest["lock_sha256"])),
            ("Command", markdown.code(manifest["command"] or "not recorded")),
            ("Started, ended", f"{moment(manifest['started'])}, {moment(manifest['ended'])}"),
            ("Processor", manifest["cpu"]["model"]),
            ("Its instruction sets", " ".join(manifest["cpu"]["flags"])),
            ("Threads", wording.setting_text(manifest["threads"])),
            ("Seeds", wording.setting_text(manifest["seeds"])),
        ]
        caption = "Where the results come from."
        return self.book.table("provenance", caption, ["What", "Value"], rows, "ll", (20, 80))

    def table_files(self) -> Markdown:
        """List the data files by checksum."""
        rows = [
            [dataset, markdown.code(file), markdown.code(digest)]
            for dataset, files in self.manifest["datasets"].items()
            for file, digest in files.items()
        ]
        caption = "Data files; the checksums are those of their decompressed content."
        header = ["Dataset", "File", "sha256"]
        return self.book.table("files", caption, header, rows, "lll") if rows else Markdown("")

    def packages(self) -> Markdown:
        """List the versions of all packages."""
        listed = [f"{name} {version}" for name, version in self.manifest["packages"].items()]
        return markdown.block(", ".join(listed), "packages")


def _missing_data(chapter: Outcomes) -> Markdown:
    dataset = chapter.dataset
    head = f"The dataset {dataset.TITLE} is missing, so its runs have no result."
    advice = [
        " To supply it, put these files into a folder and name the folder under ",
        markdown.code("data_dirs"),
        " in ",
        markdown.code("config.yaml"),
        ", or in the environment variable ",
        markdown.code("REFASHION_DATA"),
        ": ",
        markdown.join([markdown.code(file) for file in dataset.FILES], ", "),
        ".",
    ]
    reason = chapter.prepared["reason"]
    why = [" What was tried: ", reason] if reason else []
    return markdown.join([markdown.strong(head), *advice, *why])


def _seeds(numbers: Iterable[int]) -> str:
    """Write how many seeds the runs have: "1 seed", "1 to 5 seeds a run"."""
    found = sorted(set(numbers)) or [0]
    if len(found) == 1:
        return f"{counted(found[0], 'seed')} a run"
    return f"{found[0]} to {found[-1]} seeds a run"


def _failure(chapter: Outcomes, run: str, seed: int, state: Mapping[str, Any]) -> Markdown:
    name = f"{chapter.run(run).title}, seed {seed}"
    page = chapter.page(run, seed)
    error = run_tables.error_text(state["error"]) or "no error was recorded"
    return markdown.join([markdown.link(name, page) if page else name, f": {error}"])


def _span(started: str, ended: str) -> str:
    try:
        span = datetime.fromisoformat(ended) - datetime.fromisoformat(started)
    except (TypeError, ValueError):
        return "not known"
    return wording.duration(span.total_seconds())


def load_manifest(layout: artifacts.Layout) -> dict[str, Any]:
    """Read the description of where the results come from."""
    return artifacts.read_json(layout.manifest)
