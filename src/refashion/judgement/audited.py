"""What the audit of a study's source has found, as entries beside those of the claims."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refashion import artifacts, documents
from refashion.artifacts import Layout, canonical_json
from refashion.checks.consistency.number import listed
from refashion.documents.document import Unit
from refashion.documents.quotes import Passages, single_blanks
from refashion.ledger.entry import Entry, Judgement, Verdict, entry_of
from refashion.spec.claims import AuditedCheck, Claim, ConsistencyClaim
from refashion.spec.config import Config

# Letters of a name, which has at most 64; two places and a number follow.
LONGEST_CHECK = 30
LONGEST_QUOTE = 240
MOST_PLACES = 10
# Lines of a sentence.
MOST_LINES = 3
SHOWN = (Verdict.INCONSISTENT, Verdict.DOUBTFUL)


def audited_entries(
    config: Config, study: str, entries: Sequence[Entry[Claim]], layout: Layout
) -> list[Entry[Claim]]:
    """Return the contradictions and doubtful findings of the audit that no claim states.

    Parameters
    ----------
    config
        The whole configuration.
    study
        Name of the study.
    entries
        Its claims, judged.
    layout
        Paths of the results.

    Returns
    -------
    list of Entry
        None without an audit. If the source could not be read, one entry that says so.
    """
    whole, path = config.studies[study], layout.audit(study)
    if whole.source.file is None or not path.exists():
        return []
    audit, taken = artifacts.read_json(path), {entry.claim.id for entry in entries}
    if fault := audit.get("fault"):
        return [entry_of(config, study, _unread(whole.source.file, taken), _not_read(fault))]
    stated = [*_stated(entries, _passages(config, study))]
    found = []
    for finding in audit["findings"]:
        verdict = Verdict(finding["verdict"])
        if verdict in SHOWN and not any(one.is_same(finding) for one in stated):
            check = _check(finding, Unit(audit["document"]["unit"]), taken)
            judged = Judgement(verdict, _reason(finding))
            found.append(entry_of(config, study, check, judged))
    return found


def _unread(name: str, taken: set[str]) -> AuditedCheck:
    return AuditedCheck(
        id=_unique("audit", taken),
        where="the whole source",
        quote=name,
        kind="consistency",
        check="audit",
        title="The numbers of the source",
        line=1,
        numbers={},
        doubt=None,
        same_cause_as=None,
    )


def _not_read(fault: str) -> Judgement:
    return Judgement(Verdict.NOT_RUN, f"The source was not audited: {fault.rstrip('.')}.")


def _passages(config: Config, study: str) -> Passages | None:
    """Return the text of the source; None if it is gone since the audit."""
    try:
        path = config.studies[study].document(config.data_dirs)
        return Passages.of(documents.read(path)) if path else None
    except documents.DocumentError:
        return None


@dataclass(frozen=True)
class _Stated:
    """A check that the study states, with its verdict and the lines of its quote in the source."""

    claim: ConsistencyClaim
    verdict: Verdict
    lines: frozenset[int]

    def is_same(self, finding: Mapping[str, Any]) -> bool:
        """Whether it says what the audit has found: the same numbers, or the same of one place."""
        is_alike = self.claim.check == finding["check"]
        if is_alike and _alike(self.claim.numbers) == _alike(finding["numbers"]):
            return True
        first = finding["places"][0]
        # A table or a log may contradict itself in several ways.
        is_short = first["last"] - first["line"] < MOST_LINES
        is_told = self.verdict.value == finding["verdict"] and (is_alike or is_short)
        return is_told and self._is_at(first)

    def _is_at(self, place: Mapping[str, Any]) -> bool:
        quote, printed = single_blanks(self.claim.quote), single_blanks(place["quote"])
        if printed and (quote in printed or printed in quote):
            return True
        return any(place["line"] <= number <= place["last"] for number in self.lines)


def _stated(entries: Sequence[Entry[Claim]], passages: Passages | None) -> Iterator[_Stated]:
    for entry in entries:
        if isinstance(entry.claim, ConsistencyClaim):
            found = passages.find(entry.claim.quote) if passages else []
            lines = frozenset(line.number for lines in found for line in lines)
            yield _Stated(entry.claim, entry.verdict, lines)


def _alike(numbers: Any) -> str:
    """Write numbers so that equal ones are equal texts, whether or not they are quoted in YAML."""
    if isinstance(numbers, Mapping):
        return canonical_json({key: _alike(value) for key, value in numbers.items()})
    if isinstance(numbers, list | tuple):
        return canonical_json([*map(_alike, numbers)])
    return re.sub(r"(?<=\d),(?=\d{3})", "", single_blanks(str(numbers)))


def _check(finding: Mapping[str, Any], unit: Unit, taken: set[str]) -> AuditedCheck:
    first = finding["places"][0]
    places = [*dict.fromkeys(_place(one, unit) for one in finding["places"])]
    more = [f"{len(places) - MOST_PLACES:,} more"] if len(places) > MOST_PLACES else []
    part = "" if unit is Unit.NONE else f"_{unit}_{first['part']}"
    return AuditedCheck(
        id=_unique(f"audit_{finding['check'][:LONGEST_CHECK]}{part}_line_{first['line']}", taken),
        where=listed([*places[:MOST_PLACES], *more]),
        quote=_quote(first["quote"]) or finding["title"],
        kind="consistency",
        check=finding["check"],
        title=finding["title"],
        line=first["line"],
        numbers=finding["numbers"],
        doubt=None,
        same_cause_as=None,
    )


def _unique(name: str, taken: set[str]) -> str:
    unique, n = name, 1
    while unique in taken:
        unique, n = f"{name}_{n + 1}", n + 1
    taken.add(unique)
    return unique


def _place(place: Mapping[str, Any], unit: Unit) -> str:
    line = f"line {place['line']:,}"
    return line if unit is Unit.NONE else f"{unit} {place['part']:,}, {line}"


def _quote(text: str) -> str:
    """Return a quote on one line; empty if nothing of it can be seen."""
    printed = single_blanks("".join(c if c.isprintable() else " " for c in text))
    return printed if len(printed) <= LONGEST_QUOTE else printed[:LONGEST_QUOTE].rpartition(" ")[0]


def _reason(finding: Mapping[str, Any]) -> str:
    doubts = finding["doubts"]
    return finding["detail"] + (f" Doubtful because {listed(doubts)}." if doubts else "")
