"""The page that shows the differences between two results folders."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refashion import wording
from refashion.artifacts import Layout
from refashion.changes import chance
from refashion.changes.change import ONLY_A, ONLY_B, Change
from refashion.changes.claims import FLIPPED
from refashion.changes.comparison import Comparison
from refashion.changes.folder import ResultsFolder
from refashion.errors import RefashionError
from refashion.ledger import words
from refashion.render.site import pandoc, styles
from refashion.render.site.site import Page, Site
from refashion.render.text import markdown
from refashion.render.text.cross_references import CrossReferences
from refashion.render.text.markdown import Markdown
from refashion.render.text.marks import verdict_name
from refashion.render.text.templates import fill_template, template_functions
from refashion.wording import counted, moment
from refashion.workflow import provenance

PAGE_TITLE = "Comparison of results"
# The page shows the largest differences; `changes.csv` contains all.
MOST_ROWS = 40
MOST_ROWS_WITHIN = 10
MOST_RUNS = 6
MOST_DECIMALS = 6
HASH_LENGTH = 12
SPLIT_ORDER = ("train", "validation", "test")
CHANGE_TITLES = {
    chance.IDENTICAL: "Identical",
    chance.ROUNDING: "Rounding",
    chance.WITHIN: "Within variation",
    chance.BEYOND: "Beyond variation",
    chance.UNDECIDED: "Undecided",
    chance.NOT_A_NUMBER: "Diverged",
}
FACT_TITLES = {
    "git.commit": "Commit of the code",
    "git.clean": "Code without uncommitted changes",
    "lock_sha256": "SHA-256 of the lock file",
    "python": "Python",
    "platform": "Platform",
    "cpu": "Processor",
    "cpu.flags": "Instruction sets in only one",
    "gpus": "GPUs",
    "seed_sd_prior": "Assumed standard deviation between seeds",
    "epochs_run": "Epochs",
    "n_parameters": "Parameters",
    "status": "Status",
    "seeds": "Seeds",
}


def write_page(found: Comparison, path: Path, root: Path = Path()) -> None:
    """Write the page and the style sheet beside it.

    Parameters
    ----------
    found
        The comparison to show.
    path
        Path of the page.
    root
        Folder of the project, with `report/`.

    Raises
    ------
    RefashionError
        If the template is missing or has a mistake.
    """
    if not (root / "report" / "changes.md").is_file():
        raise RefashionError("report/changes.md: no such file; run this in the project's folder")
    references = CrossReferences(Layout(path.parent))
    functions = template_functions(Changes(found, references))
    [text] = references.resolve([fill_template(root, "report/changes.md", functions)])
    variables = {
        "title": PAGE_TITLE,
        "subtitle": "Differences between two results folders",
        "date": moment(provenance.now()),
        "lang": "en",
        "also": "changes.csv",
        "also_as": "all differences as CSV",
    }
    tree = pandoc.read(text)
    page = Page(path.name, [], tree["blocks"])
    site = Site([page], tree["pandoc-api-version"])
    styles.write_page_style(root / "report", path.parent)
    pandoc.write_page(page, site, root / "report", variables, path.parent)


@dataclass(frozen=True)
class Changes:
    """Functions for the page. Its template can call every public method.

    Attributes
    ----------
    found
        The comparison to show.
    references
        Numbers the tables of the page.
    """

    found: Comparison
    references: CrossReferences

    @property
    def runs_in_both(self) -> bool:
        """Whether any run is in both folders."""
        return bool(self.found.runs)

    @property
    def claims_in_both(self) -> bool:
        """Whether any claim is in both folders."""
        return bool(self.found.claims)

    def notices(self) -> Markdown:
        """State whether nothing changed, a folder is unfinished, or nothing can be compared."""
        notices = []
        if not self.found.changes:
            text = " Settings, metrics, verdicts and versions are the same in both folders."
            notices.append(markdown.join([markdown.strong("Nothing changed."), text]))
        for letter, side in self._sides():
            if side.missing:
                head = markdown.strong(f"{letter} is not finished.")
                text = " The comparison lacks these files: "
                notices.append(markdown.join([head, text, ", ".join(side.missing), "."]))
        if not self.found.runs and not self.found.claims:
            head = markdown.strong("The folders have no run and no claim in common.")
            text = " Only versions, machine, data and code can be compared."
            notices.append(markdown.join([head, text]))
        return markdown.join(markdown.block(notice, "notice") for notice in notices)

    def counts(self) -> Markdown:
        """Count the differences in verdicts, metrics, settings, runs and everything else."""
        found, count = self.found, self.found.count_metrics
        flips = len(found.of("verdict", FLIPPED))
        beyond = count(chance.BEYOND, chance.NOT_A_NUMBER)
        other_settings = len(found.runs_with_other_settings)
        only = {change: len(found.of("run", change)) for change in (ONLY_A, ONLY_B)}
        others = len(found.of("environment")) + len(found.of("data"))
        lines = [
            (f"{flips:,} of {len(found.claims):,} verdicts", " flipped."),
            (
                f"{beyond:,} of {sum(found.metrics.values()):,} metrics",
                f" differ by more than seed-to-seed variation. "
                f"{counted(count(chance.WITHIN), 'differs', 'differ')} by less, and "
                f"{counted(count(chance.IDENTICAL), 'is', 'are')} identical to the last bit.",
            ),
            (
                f"{counted(len(found.runs), 'run')} in both folders",
                f", {only[ONLY_A]:,} only in A, {only[ONLY_B]:,} only in B. "
                f"{counted(other_settings, 'run has', 'runs have')} different settings.",
            ),
            (
                counted(len(found.of("package")), "package"),
                f" and {counted(others, 'property', 'properties')} of machine, data and code "
                "differ.",
            ),
        ]
        return markdown.bullets(markdown.join([markdown.strong(a), b]) for a, b in lines)

    def folders(self) -> Markdown:
        """Describe the two folders side by side."""
        sides = [side for _, side in self._sides()]
        lines = [
            ("Folder", *(markdown.code(side.name) for side in sides)),
            ("Started", *(_moment(side, "started") for side in sides)),
            ("Ended", *(_moment(side, "ended") for side in sides)),
            ("Command", *(markdown.code(side.manifest.get("command") or "–") for side in sides)),
            ("Seeds by group", *(_text(side.manifest.get("seeds")) for side in sides)),
            ("Processor", *(_text(side.manifest.get("cpu", {}).get("model")) for side in sides)),
            ("Threads", *(_text(side.config.get("threads")) for side in sides)),
            ("Commit", *(_commit(side) for side in sides)),
            ("Lock file", *(_shortened(side.manifest.get("lock_sha256")) for side in sides)),
            ("Executions", *(_executions(side) for side in sides)),
            ("Training time of common runs", *(self._training(side) for side in sides)),
            ("Claims with verdicts", *(f"{len(side.claims):,}" for side in sides)),
        ]
        caption, header = "The two results folders.", ["Property", "A", "B"]
        return self.references.table("folders", caption, header, lines, "lll", (24, 38, 38))

    def _sides(self) -> tuple[tuple[str, ResultsFolder], tuple[str, ResultsFolder]]:
        return ("A", self.found.a), ("B", self.found.b)

    def _training(self, side: ResultsFolder) -> str:
        """Return the total training time of the executions that finished in both folders."""
        times = []
        for run in self.found.runs:
            a, b = (folder.states.get(run, {}) for folder in (self.found.a, self.found.b))
            for seed in a.keys() & b.keys():
                if a[seed].get("fit_seconds") and b[seed].get("fit_seconds"):
                    times.append(side.states[run][seed]["fit_seconds"])
        return wording.duration(sum(times)) if times else "–"

    def verdicts(self) -> Markdown:
        """List the verdicts that flipped, opposites first."""
        flipped = self.found.of("verdict", FLIPPED)
        only = [len(self.found.of("verdict", side)) for side in (ONLY_A, ONLY_B)]
        common = counted(len(self.found.claims), "claim has a verdict", "claims have verdicts")
        intro = f"{common} in both folders, {only[0]:,} only in A and {only[1]:,} only in B."
        if not flipped:
            return markdown.paragraph(f"{intro} No verdict flipped.")
        lines = [
            [
                self._claim(change),
                verdict_name(change.a),
                verdict_name(change.b),
                self._reasons(change),
            ]
            for change in flipped[:MOST_ROWS]
        ]
        caption = f"Verdicts that flipped, opposites first.{_truncation(flipped)}"
        table = self._table(
            "flipped", caption, ["Claim", "A", "B", "Reason"], lines, "llll", (30, 15, 15, 40)
        )
        return markdown.join([markdown.paragraph(intro), table])

    def _claim(self, change: Change) -> Markdown:
        claim = self.found.b.claims[change.study, change.name]
        return markdown.join([_qualified(change.study, change.name), " ", _where(claim.where)])

    def _reasons(self, change: Change) -> Markdown:
        key = change.study, change.name
        reasons = [side.claims[key].reason or "–" for _, side in self._sides()]
        if reasons[0] == reasons[1]:
            return markdown.escape(reasons[0])
        return markdown.join([_where(f"A: {reasons[0]}"), f" B: {reasons[1]}"])

    def cells(self) -> Markdown:
        """List the numbers of tables whose verdict flipped."""
        flipped = self.found.of("cell", FLIPPED)
        lines = [
            [
                _qualified(change.study, change.name),
                change.part,
                verdict_name(change.a),
                verdict_name(change.b),
            ]
            for change in flipped[:MOST_ROWS]
        ]
        caption = f"Numbers in tables whose verdict flipped.{_truncation(flipped)}"
        header = ["Claim", "Number", "A", "B"]
        return self._table("cells", caption, header, lines, "llll", (36, 28, 18, 18))

    def claims(self) -> Markdown:
        """List claims whose reported number or tolerance changed, on which the verdict depends."""
        changed = self.found.of("claim")
        lines = [
            [
                _qualified(change.study, f"{change.name}: {change.part}"),
                _text(change.a),
                _text(change.b),
            ]
            for change in changed[:MOST_ROWS]
        ]
        caption = f"Claims with a different reported number or tolerance.{_truncation(changed)}"
        return self._table("claims", caption, ["Claim", "A", "B"], lines, "lll", (50, 25, 25))

    def metrics(self) -> Markdown:
        """Count the metrics that differ, and list the largest differences."""
        if not self.found.metrics:
            return markdown.paragraph("No run has metrics in both folders.")
        parts = [self._method(), self._counts_by_split()]
        sections = {
            "Differences beyond seed-to-seed variation": (chance.NOT_A_NUMBER, chance.BEYOND),
            "Differences that one seed cannot decide": (chance.UNDECIDED,),
            "Differences within seed-to-seed variation": (chance.WITHIN,),
        }
        for title, kinds in sections.items():
            found = [c for c in self.found.of("metric", *kinds) if c.split == "test"]
            most = MOST_ROWS_WITHIN if chance.WITHIN in kinds else MOST_ROWS
            parts.append(self._metrics(title, found, kinds[-1], most))
        return markdown.join(parts)

    def _method(self) -> Markdown:
        return markdown.paragraph(
            "Each metric of a run is compared in pairs over the seeds that both folders have. "
            "Without a common seed, the means over all seeds are compared. Identical values agree "
            "to the last bit; values that differ only by rounding agree in nine digits. A "
            "difference is beyond seed-to-seed variation if its 95% confidence interval excludes "
            "zero. If each folder has only one seed, the standard deviation between seeds is an "
            "assumption. About one in twenty differences due to chance alone lies beyond "
            "seed-to-seed variation, and the metrics of one run are correlated."
        )

    def _counts_by_split(self) -> Markdown:
        counts = self.found.metrics
        splits = [s for s in SPLIT_ORDER if any(split == s for split, _ in counts)]
        splits += sorted({split for split, _ in counts} - set(splits))
        used = [name for name in CHANGE_TITLES if any(counts.get((s, name)) for s in splits)]
        lines = [[split, *(f"{counts.get((split, n), 0):,}" for n in used)] for split in splits]
        header = ["Split", *(CHANGE_TITLES[name] for name in used)]
        caption = "Number of metrics of all runs, by split and kind of difference."
        return self._table("outcomes", caption, header, lines, "l" + "r" * len(used))

    def _metrics(self, title: str, changes: list[Change], anchor: str, most: int) -> Markdown:
        lines = [
            [_qualified(c.study, c.run), words.measure_text(c.name), *_numbers(c)]
            for c in changes[:most]
        ]
        order = "largest relative difference first"
        caption = f"{title} (test split), {order}.{_truncation(changes, most)}"
        header = ["Run", "Metric", "A", "B", "B minus A", "95% interval"]
        return self._table(anchor, caption, header, lines, "llrrrl", (28, 20, 11, 11, 11, 19))

    def settings(self) -> Markdown:
        """List the settings that differ, with their runs."""
        grouped: dict[tuple[str, str, str], list[str]] = {}
        for change in self.found.of("setting"):
            key = (change.name, _setting(change.a), _setting(change.b))
            grouped.setdefault(key, []).append(change.owner)
        if not grouped:
            return markdown.paragraph("Runs in both folders have the same settings.")
        lines = [
            [markdown.code(name), a, b, _owners(owners)] for (name, a, b), owners in grouped.items()
        ]
        caption = f"Settings that differ.{_truncation(lines)}"
        header = ["Setting", "A", "B", "Study or run"]
        return self._table("settings", caption, header, lines[:MOST_ROWS], "llll", (28, 18, 18, 36))

    def runs(self) -> Markdown:
        """List runs that only one folder has, and differences in seeds and outcomes."""
        changes = self.found.of("run")
        if not changes:
            return markdown.paragraph("Both folders have the same runs, with the same outcomes.")
        lines = [
            [
                _qualified(change.study, change.run),
                _fact(change.name),
                change.a or "–",
                markdown.join([change.b or "–", f" ({change.note})" if change.note else ""]),
            ]
            for change in changes[:MOST_ROWS]
        ]
        caption = f"Differences in the seeds and outcomes of runs.{_truncation(changes)}"
        return self._table("runs-of", caption, ["Run", "Property", "A", "B"], lines, "llll")

    def environment(self) -> Markdown:
        """List differences in machine, data, code and packages."""
        missing = [letter for letter, side in self._sides() if not side.manifest]
        if missing:
            text = f"Unknown for {' and '.join(missing)}, because manifest.json is missing."
            return markdown.paragraph(text)
        return markdown.join([self._facts(), self._packages()])

    def _facts(self) -> Markdown:
        changes = [*self.found.of("environment"), *self.found.of("data")]
        if not changes:
            return markdown.paragraph("Machine, data, code and lock file are the same.")
        lines = [
            [_fact(change.name), _text(change.a), _text(change.b)] for change in changes[:MOST_ROWS]
        ]
        caption = f"Differences in machine, data and code.{_truncation(changes)}"
        return self._table("facts", caption, ["Property", "A", "B"], lines, "lll", (26, 37, 37))

    def _packages(self) -> Markdown:
        changes = self.found.of("package")
        if not changes:
            return markdown.paragraph("All packages have the same versions.")
        lines = [[change.name, change.a or "–", change.b or "–"] for change in changes]
        return self._table(
            "packages-of", "Package versions that differ.", ["Package", "A", "B"], lines, "lll"
        )

    def _table(
        self,
        anchor: str,
        caption: str,
        header: Sequence[str],
        lines: Sequence[Sequence[Any]],
        align: str,
        widths: Sequence[int] = (),
    ) -> Markdown:
        """Return a numbered table, or nothing if it has no rows."""
        if not lines:
            return Markdown("")
        return self.references.table(anchor, caption, header, lines, align, widths)


def _qualified(study: str, name: str) -> Markdown:
    """Return the name of a run or claim after that of its study; the line may break between."""
    return markdown.join([_where(f"{study}/"), " ", markdown.code(name)])


def _where(text: Any) -> Markdown:
    return markdown.span(text, "where") if text else Markdown("")


def _fact(name: str) -> str:
    """Return the title of a fact; the names of files stay."""
    if name.startswith("seeds."):
        return f"Seeds of {name.removeprefix('seeds.')}"
    return FACT_TITLES.get(name, name)


def _truncation(found: Sequence[Any], most: int = MOST_ROWS) -> str:
    """Return a sentence for the caption of a truncated table; empty for a complete one."""
    if len(found) <= most:
        return ""
    return f" These are the first {most} of {len(found):,}; changes.csv contains all."


def _numbers(change: Change) -> tuple[str, str, str, str]:
    """Format both values, their difference and its interval, with enough decimals."""
    a, b = float(change.a), float(change.b)
    if change.difference is None:
        return wording.plus_minus(a, None), wording.plus_minus(b, None), "–", "–"
    digits = wording.digits_of(max(abs(a), abs(b)))
    lower, upper = change.lower, change.upper
    small = math.inf if lower is None or upper is None else min(abs(lower), abs(upper))
    # An end of the interval must not round to zero, which the interval may just exclude.
    while digits < MOST_DECIMALS and (
        abs(change.difference) < 5 * 10**-digits or small < 0.5 * 10**-digits
    ):
        digits += 1
    interval = "–"
    if lower is not None and upper is not None and lower != upper:
        interval = f"{_signed(lower, digits)} to {_signed(upper, digits)}"
    left, right = (f"{wording.rounded(value, digits):,.{digits}f}" for value in (a, b))
    return left, right, _signed(change.difference, digits), interval


def _signed(value: float, digits: int) -> str:
    return f"{wording.rounded(value, digits):+,.{digits}f}".replace("-", "−")


def _setting(written: str) -> str:
    """Format the value of a setting, stored as JSON or text; a dash without a value."""
    if written == "":
        return "–"
    try:
        return wording.setting_text(json.loads(written))
    except ValueError:
        return written


def _owners(owners: Sequence[str]) -> Markdown:
    shown = markdown.join([markdown.code(owner) for owner in owners[:MOST_RUNS]], ", ")
    more = len(owners) - MOST_RUNS
    return markdown.join([shown, f" and {more} more"]) if more > 0 else shown


def _text(value: Any) -> str:
    return "–" if value in (None, "", {}) else wording.setting_text(value)


def _moment(side: ResultsFolder, end: str) -> str:
    stamp = side.manifest.get(end)
    return moment(stamp) if isinstance(stamp, str) else "–"


def _commit(side: ResultsFolder) -> str:
    git = side.manifest.get("git", {})
    changed = ", with uncommitted changes" if git.get("clean") is False else ""
    return f"{_shortened(git.get('commit'))}{changed}"


def _shortened(digest: str | None) -> str:
    return digest[:HASH_LENGTH] if digest else "–"


def _executions(side: ResultsFolder) -> str:
    statuses = [
        state.get("status") for by_seed in side.states.values() for state in by_seed.values()
    ]
    n_failed = len(statuses) - statuses.count("ok")
    return f"{len(statuses):,}" + f", of which {n_failed:,} without result" * bool(n_failed)
