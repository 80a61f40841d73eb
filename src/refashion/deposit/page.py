"""The certificate and the one-page summary of a study: what their templates can call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from refashion import wording
from refashion.changes.folder import JudgedClaim
from refashion.deposit import codecheck
from refashion.deposit.counts import AGAINST
from refashion.deposit.facts import CheckedStudy, Facts
from refashion.ledger import words
from refashion.ledger.entry import Verdict
from refashion.render.site import pandoc
from refashion.render.text import markdown, typesetting
from refashion.render.text.markdown import Markdown
from refashion.render.text.templates import fill_template, template_functions
from refashion.shortening import clipped
from refashion.spec.deposit import Person
from refashion.wording import counted, moment

CERTIFICATE, SUMMARY = "certificate", "reproducibility_summary"
MOST_LISTED = 5
LONGEST = 120
# Kinds of claims that state one number.
NUMBERS = ("value", "output", "attribute")
KINDS = {
    "value": ("number", "numbers"),
    "output": ("printed number", "printed numbers"),
    "attribute": ("learned value", "learned values"),
    "text": ("learned value", "learned values"),
    "table": ("table", "tables"),
    "ordering": ("comparison", "comparisons"),
    "extreme": ("best or worst class", "best or worst classes"),
    "curve": ("statement about training", "statements about training"),
    "cost": ("stated time", "stated times"),
}
# Checks of the report's own arithmetic are no claims of it.
CHECK = "consistency"


@dataclass(frozen=True)
class StudyPage:
    """Functions for the pages about one study. Their templates can call every public method.

    Attributes
    ----------
    facts
        The results.
    study
        The study.
    manifest
        Re-created files, each with a comment.
    """

    facts: Facts
    study: CheckedStudy
    manifest: Sequence[tuple[str, str]]

    def title(self) -> str:
        """Title of the report that was checked, or of the study where nobody has stated it."""
        return self.study.source.title or self.study.title

    def citation(self) -> str:
        """Citation of the report that was checked."""
        return self.study.source.citation

    def identity(self) -> Markdown:
        """List the paper, its authors, who checked it, when, and the identifiers."""
        deposit, source = self.facts.deposit, self.study.source
        report = codecheck.doi_address(deposit.doi) if deposit.doi else None
        rows = [
            ("Report checked", source.title or source.citation),
            ("Authors", _names(source.authors)),
            ("Reference", codecheck.reference(self.study)),
            ("Checked by", _names(deposit.checkers)),
            ("Date of the check", moment(self.facts.manifest["ended"])),
            ("Certificate", self.study.certificate or "no identifier yet"),
            ("Published at", report or "no DOI stated"),
            ("Repository", deposit.repository or "not stated"),
        ]
        return markdown.table(["Property", "Value"], rows, "ll")

    def counts(self) -> str:
        """Say how many claims are reproduced."""
        return self.study.counts.sentences

    def scope(self) -> Markdown:
        """Say what is checked, in numbers, and in the words of a person where there are some."""
        kinds = Counter(claim.kind for claim in self.study.claims)
        checks = kinds.pop(CHECK, 0)
        listed = ", ".join(
            counted(n, *KINDS.get(kind, (f"claim ({kind})", f"claims ({kind})")))
            for kind, n in kinds.most_common()
        )
        left_out = counted(self.study.untestable, "further statement")
        said = self.study.experience.scope
        return markdown.join(
            [
                *([said, " "] * bool(said)),
                f"{counted(kinds.total(), 'claim')} of the report: {listed or 'none'}.",
                f" No run can test {left_out}." * bool(self.study.untestable),
                f" {counted(checks, 'check')} of its own numbers need no run." * bool(checks),
            ]
        )

    def method(self) -> str:
        """Say what was run, on which data and machine, and for how long."""
        executions = self.study.executions
        runs = {each.run: each.title for each in executions}
        seeds = sorted({*Counter(each.run for each in executions).values()}) or [0]
        n_seeds = f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"{seeds[0]}"
        spent = sum(each.state.get("wall_seconds") or 0 for each in executions)
        data = f" on {self.study.dataset}" if self.study.dataset else ""
        assumed = counted(self.study.assumed, "setting is", "settings are")
        return " ".join(
            [
                f"{counted(len(runs), 'run')}{data}, each with {n_seeds} "
                f"{'seed' if n_seeds == '1' else 'seeds'}: {_some(list(runs.values()))}.",
                f"They took {wording.duration(spent)} of computing ({self._machine()}).",
                f"{assumed} not stated in the report, and assumed.",
                "Numbers were judged by intervals that cover the chance of seeds, of test examples "
                "and of printed digits, against tolerances set before the runs; comparisons by "
                "their difference and its uncertainty.",
                *self._limited(),
            ]
        )

    def _limited(self) -> Iterator[str]:
        limits = self.facts.limits
        if limits and (limits.examples or limits.epochs):
            yield "This was a trial with limits on examples or epochs, which judges no claim."

    def deviations(self) -> Markdown:
        """List claims that are not reproduced, the first few."""
        against = [claim for claim in self.study.claims if claim.verdict in AGAINST]
        if not against:
            return Markdown("")
        lines = [_deviation(claim) for claim in against[:MOST_LISTED]]
        if len(against) > MOST_LISTED:
            lines.append(f"and {len(against) - MOST_LISTED} more, in the ledger")
        lead = markdown.paragraph("Not reproduced:")
        return markdown.join([lead, markdown.bullets(lines)])

    def easy(self) -> Markdown:
        """Say what the results show to have been easy, and what a person adds."""
        executions = self.study.executions
        finished = sum(each.is_finished for each in executions)
        at_once = sum(each.is_finished and each.state.get("attempt") == 1 for each in executions)
        exact = sum(claim.counts_as is Verdict.EXACT for claim in self.study.claims)
        facts = [
            f"{finished} of {counted(len(executions), 'execution')} finished, "
            f"{at_once} at the first attempt.",
            *(
                [f"{counted(exact, 'number agrees', 'numbers agree')} in every digit."]
                * bool(exact)
            ),
        ]
        return self._with_words(facts, self.study.experience.easy)

    def hard(self) -> Markdown:
        """Say what the results show to have been hard, and what a person adds."""
        failed = [each for each in self.study.executions if not each.is_finished]
        counts = self.study.counts
        facts = [
            f"The report leaves {counted(self.study.assumed, 'setting')} open.",
            f"{counted(len(failed), 'execution')} did not finish." * bool(failed),
            f"{counted(counts.inconclusive, 'claim')} cannot be decided with these seeds."
            * bool(counts.inconclusive),
        ]
        return self._with_words(facts, self.study.experience.hard)

    def _machine(self) -> str:
        manifest = self.facts.manifest
        return "; ".join(
            [
                manifest.get("cpu", {}).get("model") or "processor not recorded",
                *manifest.get("gpus", ()),
            ]
        )

    def contact(self) -> str:
        """Say what a person states of contact with the authors."""
        return self.study.experience.contact or (
            "Not stated. Whether the authors were asked does not show in the results."
        )

    def files(self) -> Markdown:
        """List the re-created files, the first of them."""
        most = 3 * MOST_LISTED
        rows = list(self.manifest[:most])
        more = f"and {len(self.manifest) - most} more, listed in codecheck.yml"
        rows += [("", more)] * (len(self.manifest) > most)
        return markdown.table(["File", "Content"], rows, "ll")

    def reproduction(self) -> str:
        """Say from which code and environment the results come."""
        manifest = self.facts.manifest
        git = manifest.get("git", {})
        code = f"commit {git['commit']}" if git.get("commit") else "a commit that is not known"
        changes = ", with uncommitted changes" if git.get("clean") is False else ""
        version = manifest.get("packages", {}).get("refashion", "of unknown version")
        return (
            f"The check was made by refashion {version} from {code}{changes}, with Python "
            f"{manifest.get('python', 'of unknown version')} and the packages of a lock file with "
            f"SHA-256 {manifest.get('lock_sha256', 'not recorded')}. The executed notebook of "
            "every run, the ledger with the reason of every verdict, and the whole report stand "
            "beside this certificate."
        )

    def _with_words(self, facts: Sequence[str], said: str | None) -> Markdown:
        nothing = "Nobody has added to what the results show."
        return markdown.join([" ".join(filter(None, facts)), " ", said or nothing])


def _names(people: Sequence[Person]) -> str:
    listed = [p.name + (f" (ORCID {p.orcid})" if p.orcid else "") for p in people]
    return ", ".join(listed) or "not stated"


def _some(titles: Sequence[str]) -> str:
    more = f" and {len(titles) - MOST_LISTED} more" if len(titles) > MOST_LISTED else ""
    return (", ".join(titles[:MOST_LISTED]) or "none") + more


def _deviation(claim: JudgedClaim) -> str:
    name = ", ".join(filter(None, (claim.where, claim.id)))
    if claim.reproduced is not None and claim.kind in NUMBERS:
        found = words.alike(claim.reproduced, str(claim.reported))
        return f"{name}: reported {claim.reported}, re-created {found}"
    quote = clipped(claim.quote, LONGEST)
    return f"{name}: “{quote}” ({claim.verdict.words})"


def write_pdf(page: StudyPage, name: str, root: Path, path: Path) -> None:
    """Write a page as PDF. The same results give the same bytes.

    Parameters
    ----------
    page
        What it says.
    name
        Name of its template in `report/`.
    root
        Folder of the project.
    path
        The file.

    Raises
    ------
    RefashionError
        pandoc or typst rejects it.
    """
    text = fill_template(root, f"report/{name}.md", template_functions(page))
    template = f"--template={root / 'report' / 'record.typ'}"
    source = pandoc.convert(text, "typst", "--standalone", template)
    compiled = typesetting.compile_pdf(source, path.parent, page.facts.timestamp)
    path.write_bytes(compiled.pdf)
