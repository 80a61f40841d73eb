"""The page of what changed between two folders of results."""

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
from refashion.render.text.templates import filled, public
from refashion.wording import moment
from refashion.workflow import provenance

TITLE = "What changed"
# The page shows the largest; `changes.csv` has them all.
MOST_ROWS = 40
MOST_WITHIN = 10
MOST_RUNS = 6
MOST_DIGITS = 6
HASH_LETTERS = 12
SPLITS = ("train", "validation", "test")
OUTCOMES = {
    chance.IDENTICAL: "Identical",
    chance.ROUNDING: "Rounding",
    chance.WITHIN: "Within luck",
    chance.BEYOND: "Beyond luck",
    chance.UNKNOWN: "Not known",
    chance.NOT_A_NUMBER: "No number",
}
NAMES = {
    "git.commit": "Commit of the code",
    "git.clean": "Code without changes",
    "lock_sha256": "Lock file, sha256",
    "python": "Python",
    "platform": "System",
    "cpu": "Processor",
    "cpu.flags": "Instruction sets of one only",
    "seed_sd_prior": "Assumed deviation between seeds",
    "epochs_run": "Epochs",
    "n_parameters": "Parameters",
    "status": "Ended",
    "seeds": "Seeds",
}


def write_page(found: Comparison, path: Path, root: Path = Path()) -> None:
    """Write the page and, beside it, the report's style sheet.

    Parameters
    ----------
    found
        What changed.
    path
        Of the page.
    root
        Folder of the project, with `report/`.

    Raises
    ------
    RefashionError
        The template is not there, or asks for what there is not.
    """
    if not (root / "report" / "changes.md").is_file():
        raise RefashionError("report/changes.md: no such file; start in the project's folder")
    references = CrossReferences(Layout(path.parent))
    calls = public(Changes(found, references))
    [text] = references.resolve([filled(root, "report/changes.md", calls)])
    facts = {
        "title": TITLE,
        "subtitle": "Two folders of results, compared",
        "date": moment(provenance.now()),
        "lang": "en",
        "also": "changes.csv",
        "also_as": "as a table (CSV)",
    }
    tree = pandoc.read(text)
    page = Page(path.name, [], tree["blocks"])
    site = Site([page], tree["pandoc-api-version"])
    styles.write_page_style(root / "report", path.parent)
    pandoc.write_page(page, site, root / "report", facts, path.parent)


@dataclass(frozen=True)
class Changes:
    """What the template of the page can call.

    Attributes
    ----------
    found
        What changed.
    references
        Numbers the tables.
    """

    found: Comparison
    references: CrossReferences

    @property
    def runs_in_both(self) -> bool:
        return bool(self.found.runs)

    @property
    def claims_in_both(self) -> bool:
        return bool(self.found.claims)

    def notices(self) -> Markdown:
        """Tell what a reader must know first: nothing changed, or a folder is unfinished."""
        notices = []
        if not self.found.changes:
            text = " Settings, metrics, verdicts and versions are the same in both."
            notices.append(markdown.join([markdown.strong("Nothing changed."), text]))
        for letter, side in self._sides():
            if side.missing:
                head = markdown.strong(f"{letter} is not finished.")
                text = " What these files would tell is not compared: "
                notices.append(markdown.join([head, text, ", ".join(side.missing), "."]))
        if not self.found.runs and not self.found.claims:
            head = markdown.strong("The two have no run and no claim in common.")
            notices.append(markdown.join([head, " There is nothing to compare but their makings."]))
        return markdown.join(markdown.block(notice, "notice") for notice in notices)

    def counts(self) -> Markdown:
        """Count what changed, a line for verdicts, metrics, settings and runs, and the rest."""
        found, count = self.found, self.found.count_metrics
        flips = len(found.of("verdict", FLIPPED))
        beyond = count(chance.BEYOND, chance.NOT_A_NUMBER)
        otherwise = len(found.runs_with_other_settings)
        only = {change: len(found.of("run", change)) for change in (ONLY_A, ONLY_B)}
        packages = len(found.of("package"))
        others = len(found.of("environment")) + len(found.of("data"))
        lines = [
            (f"{flips:,} of {len(found.claims):,} verdicts", " flipped."),
            (
                f"{beyond:,} of {sum(found.metrics.values()):,} metrics",
                f" differ beyond the luck of the seed, {count(chance.WITHIN):,} within it; "
                f"{count(chance.IDENTICAL):,} are identical to the last bit.",
            ),
            (
                f"{len(found.runs):,} runs in both",
                f", {only[ONLY_A]:,} only in A, {only[ONLY_B]:,} only in B; "
                f"{_several(otherwise, 'has', 'have')} other settings.",
            ),
            (
                _several(packages, "package differs", "packages differ"),
                f", and {_several(others, 'fact', 'facts')} of the machine, the data and the code.",
            ),
        ]
        return markdown.bullets(markdown.join([markdown.strong(a), b]) for a, b in lines)

    def folders(self) -> Markdown:
        """Set side by side what the two folders are."""
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
            ("Training, of runs in both", *(self._training(side) for side in sides)),
            ("Claims judged", *(f"{len(side.claims):,}" for side in sides)),
        ]
        header = ["", "A", "B"]
        return self.references.table(
            "folders", "What is compared.", header, lines, "lll", (24, 38, 38)
        )

    def _sides(self) -> tuple[tuple[str, ResultsFolder], tuple[str, ResultsFolder]]:
        return ("A", self.found.a), ("B", self.found.b)

    def _training(self, side: ResultsFolder) -> str:
        """Sum the time of training over the executions that both have and finished."""
        times = []
        for run in self.found.runs:
            a, b = (folder.states.get(run, {}) for folder in (self.found.a, self.found.b))
            for seed in a.keys() & b.keys():
                if a[seed].get("fit_seconds") and b[seed].get("fit_seconds"):
                    times.append(side.states[run][seed]["fit_seconds"])
        return wording.duration(sum(times)) if times else "–"

    def verdicts(self) -> Markdown:
        """List the verdicts that flipped, those first that turned to their opposite."""
        flipped = self.found.of("verdict", FLIPPED)
        only = [len(self.found.of("verdict", side)) for side in (ONLY_A, ONLY_B)]
        n = len(self.found.claims)
        intro = f"{n:,} claims are judged in both, {only[0]:,} only in A and {only[1]:,} only in B."
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
        caption = f"Verdicts that flipped, opposites first.{_cut(flipped)}"
        table = self._table(
            "flipped", caption, ["Claim", "A", "B", "Why"], lines, "llll", (30, 15, 15, 40)
        )
        return markdown.join([markdown.paragraph(intro), table])

    def _claim(self, change: Change) -> Markdown:
        claim = self.found.b.claims[change.study, change.name]
        return markdown.join([_owned(change.study, change.name), " ", _soft(claim.where)])

    def _reasons(self, change: Change) -> Markdown:
        key = change.study, change.name
        reasons = [side.claims[key].reason or "–" for _, side in self._sides()]
        if reasons[0] == reasons[1]:
            return markdown.escape(reasons[0])
        return markdown.join([_soft(f"A: {reasons[0]}"), f" B: {reasons[1]}"])

    def cells(self) -> Markdown:
        """List the numbers of tables whose verdict flipped."""
        flipped = self.found.of("cell", FLIPPED)
        lines = [
            [
                _owned(change.study, change.name),
                change.part,
                verdict_name(change.a),
                verdict_name(change.b),
            ]
            for change in flipped[:MOST_ROWS]
        ]
        caption = f"Single numbers of tables whose verdict flipped.{_cut(flipped)}"
        header = ["Claim", "Number", "A", "B"]
        return self._table("cells", caption, header, lines, "llll", (36, 28, 18, 18))

    def claims(self) -> Markdown:
        """List claims that are put otherwise: verdicts on them flip for that alone."""
        changed = self.found.of("claim")
        lines = [
            [
                _owned(change.study, f"{change.name}: {change.part}"),
                _text(change.a),
                _text(change.b),
            ]
            for change in changed[:MOST_ROWS]
        ]
        caption = f"Claims with another reported number or tolerance.{_cut(changed)}"
        return self._table("claims", caption, ["Claim", "A", "B"], lines, "lll", (50, 25, 25))

    def metrics(self) -> Markdown:
        """Count the metrics that differ, and list the largest differences."""
        if not self.found.metrics:
            return markdown.paragraph("No run has scores in both folders.")
        parts = [self._method(), self._outcomes()]
        shown = {
            "Beyond the luck of the seed": (chance.NOT_A_NUMBER, chance.BEYOND),
            "Not to be told with one seed": (chance.UNKNOWN,),
            "Within the luck of the seed": (chance.WITHIN,),
        }
        for title, outcomes in shown.items():
            found = [c for c in self.found.of("metric", *outcomes) if c.split == "test"]
            most = MOST_WITHIN if chance.WITHIN in outcomes else MOST_ROWS
            parts.append(self._metrics(title, found, outcomes[-1], most))
        return markdown.join(parts)

    def _method(self) -> Markdown:
        return markdown.paragraph(
            "A metric of a run is compared over the seeds that both folders have, in pairs, and "
            "where they have none in common, by its mean over seeds. Identical is what is the same "
            "to the last bit, rounding what agrees in nine digits. A difference lies beyond the "
            "luck of the seed where its interval of 95% leaves zero out; with one seed on each "
            "side, the deviation between seeds is the assumed one. Of differences that are nothing "
            "but luck, about one in twenty lies beyond it, and metrics of one run move together."
        )

    def _outcomes(self) -> Markdown:
        counts = self.found.metrics
        splits = [s for s in SPLITS if any(split == s for split, _ in counts)]
        splits += sorted({split for split, _ in counts} - set(splits))
        used = [name for name in OUTCOMES if any(counts.get((s, name)) for s in splits)]
        lines = [[split, *(f"{counts.get((split, n), 0):,}" for n in used)] for split in splits]
        header = ["Split", *(OUTCOMES[name] for name in used)]
        caption = "Metrics by split, a run and a metric at a time."
        return self._table("outcomes", caption, header, lines, "l" + "r" * len(used))

    def _metrics(self, title: str, changes: list[Change], anchor: str, most: int) -> Markdown:
        lines = [
            [_owned(c.study, c.run), words.measure_text(c.name), *_numbers(c)]
            for c in changes[:most]
        ]
        size = "the largest share of the value first"
        caption = f"{title}, on the test split, {size}.{_cut(changes, most)}"
        header = ["Run", "Metric", "A", "B", "B minus A", "Interval"]
        return self._table(anchor, caption, header, lines, "llrrrl", (28, 20, 11, 11, 11, 19))

    def settings(self) -> Markdown:
        """List settings that differ, and of which runs."""
        grouped: dict[tuple[str, str, str], list[str]] = {}
        for change in self.found.of("setting"):
            values = [_setting(side) for side in (change.a, change.b)]
            grouped.setdefault((change.name, *values), []).append(change.owner)
        if not grouped:
            return markdown.paragraph("Runs that are in both have the same settings.")
        lines = [
            [markdown.code(name), a, b, _named(owners)] for (name, a, b), owners in grouped.items()
        ]
        caption = f"Settings that differ.{_cut(lines)}"
        header = ["Setting", "A", "B", "Of"]
        return self._table("settings", caption, header, lines[:MOST_ROWS], "llll", (28, 18, 18, 36))

    def runs(self) -> Markdown:
        """List runs that only one has, and what differs in how those of both went."""
        changes = self.found.of("run")
        if not changes:
            return markdown.paragraph("Both have the same runs, which ended in the same way.")
        lines = [
            [
                _owned(change.study, change.run),
                _fact(change.name),
                change.a or "–",
                markdown.join([change.b or "–", f" ({change.note})" if change.note else ""]),
            ]
            for change in changes[:MOST_ROWS]
        ]
        caption = f"Runs: which seeds there are, and how they went.{_cut(changes)}"
        return self._table("runs-of", caption, ["Run", "", "A", "B"], lines, "llll")

    def environment(self) -> Markdown:
        """List packages, facts of the machine, data and code that differ."""
        missing = [letter for letter, side in self._sides() if not side.manifest]
        if missing:
            text = f"Not known for {' and '.join(missing)}: there is no manifest.json."
            return markdown.paragraph(text)
        return markdown.join([self._facts(), self._packages()])

    def _facts(self) -> Markdown:
        changes = [*self.found.of("environment"), *self.found.of("data")]
        if not changes:
            return markdown.paragraph("Machine, data, code and lock file are the same.")
        lines = [
            [_fact(change.name), _text(change.a), _text(change.b)] for change in changes[:MOST_ROWS]
        ]
        caption = f"What differs of the machine, the data and the code.{_cut(changes)}"
        return self._table("facts", caption, ["", "A", "B"], lines, "lll", (26, 37, 37))

    def _packages(self) -> Markdown:
        changes = self.found.of("package")
        if not changes:
            return markdown.paragraph("All packages have the same versions.")
        lines = [[change.name, change.a or "–", change.b or "–"] for change in changes]
        return self._table(
            "packages-of", "Packages that differ.", ["Package", "A", "B"], lines, "lll"
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
        """Give a numbered table, or nothing for no rows."""
        if not lines:
            return Markdown("")
        return self.references.table(anchor, caption, header, lines, align, widths)


def _owned(study: str, name: str) -> Markdown:
    """Name a run or a claim of a study, as its folder is named; it may break before the name."""
    return markdown.join([_soft(f"{study}/"), " ", markdown.code(name)])


def _soft(text: Any) -> Markdown:
    return markdown.span(text, "where") if text else Markdown("")


def _fact(name: str) -> str:
    """Name a fact for people; those of groups and files keep their own names."""
    if name.startswith("seeds."):
        return f"Seeds of {name.removeprefix('seeds.')}"
    return NAMES.get(name, name)


def _several(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _cut(found: Sequence[Any], most: int = MOST_ROWS) -> str:
    """Say of a table that it is cut short, where it is."""
    return f" The first {most} of {len(found):,}; changes.csv has all." if len(found) > most else ""


def _numbers(change: Change) -> tuple[str, str, str, str]:
    """Write both values, their difference and its interval, with digits that show it."""
    a, b = float(change.a), float(change.b)
    if change.difference is None:
        return (*(wording.plus_minus(value, None) for value in (a, b)), "–", "–")
    digits = wording.digits_of(max(abs(a), abs(b)))
    ends = change.lower, change.upper
    small = min(abs(end) for end in ends) if None not in ends else math.inf
    # An end of the interval must not read as zero, which it may just leave out.
    while digits < MOST_DIGITS and (
        abs(change.difference) < 5 * 10**-digits or small < 0.5 * 10**-digits
    ):
        digits += 1
    interval = "–"
    if None not in ends and ends[0] != ends[1]:
        interval = " to ".join(_signed(end, digits) for end in ends)
    values = (f"{wording.rounded(value, digits):,.{digits}f}" for value in (a, b))
    return (*values, _signed(change.difference, digits), interval)


def _signed(value: float, digits: int) -> str:
    return f"{wording.rounded(value, digits):+,.{digits}f}".replace("-", "−")


def _setting(written: str) -> str:
    """Write the value of a setting, JSON or text, for people; nothing where there is none."""
    if written == "":
        return "–"
    try:
        return wording.setting_text(json.loads(written))
    except ValueError:
        return written


def _named(owners: Sequence[str]) -> Markdown:
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
    changed = ", with changes" if git.get("clean") is False else ""
    return f"{_shortened(git.get('commit'))}{changed}"


def _shortened(digest: str | None) -> str:
    return digest[:HASH_LETTERS] if digest else "–"


def _executions(side: ResultsFolder) -> str:
    ends = [state.get("status") for states in side.states.values() for state in states.values()]
    lost = len(ends) - ends.count("ok")
    return f"{len(ends):,}" + f", of which {lost:,} without result" * bool(lost)
