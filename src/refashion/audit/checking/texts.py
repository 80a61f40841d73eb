"""Questions on the text itself: equations, sentences and captions that stand twice."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from refashion.audit.checking.case import Case
from refashion.audit.checking.question import AuditQuestion
from refashion.audit.reading import models
from refashion.audit.reading.passages import Passage, passages
from refashion.audit.reading.readings import Caption, Reading

_NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
_RATIOS = re.compile(rf"{_NUMBER}\s*[/÷]\s*{_NUMBER}\s*=\s*{_NUMBER}\s*[/÷]\s*{_NUMBER}(?![\d/])")
_PRODUCT = re.compile(
    rf"(?<![\w.,/*x×-]){_NUMBER}\s*[x×*]\s*{_NUMBER}\s*=\s*{_NUMBER}(?![\w.,]*\d)"
)
# A definition: "CNN: a function that ...". The same words cannot define two things.
_DEFINITION = re.compile(r"(?P<name>[^:]{2,40}):\s+(?P<words>\S.{40,})")
FEWEST_WORDS = 10
# Captions of fewer words are alike without meaning the same thing.
FEWEST_CAPTION_WORDS = 3


def questions(case: Case) -> Iterator[AuditQuestion]:
    """Ask about ratios and products that are written out, and about words that stand twice."""
    found = [*passages(case.document, [(n, n) for n in case.readings.taken])]
    for passage in found:
        yield from _equations(case, passage)
    yield from _definitions(case, found)
    yield from _corrections(case, found)
    yield from _captions(case)


def _equations(case: Case, passage: Passage) -> Iterator[AuditQuestion]:
    for match in _RATIOS.finditer(passage.text):
        a, b, c, d = match.groups()
        reading = _reading(case, passage, match)
        doubts = ["they may be meant as nearly equal"]
        yield AuditQuestion(
            "equal_ratios", {"ratios": [[a, b], [c, d]]}, [reading], "Ratios", doubts
        )
    for match in _PRODUCT.finditer(passage.text):
        a, b, result = match.groups()
        numbers = {"factors": [a, b], "result": result}
        yield AuditQuestion("product", numbers, [_reading(case, passage, match)], "Product")


def _reading(case: Case, passage: Passage, match: re.Match[str]) -> Reading:
    first, last = passage.lines(*match.span())
    return Reading(first=first, last=last, quote=passage.quote(case.document, *match.span()))


def _definitions(case: Case, found: list[Passage]) -> Iterator[AuditQuestion]:
    """Ask whether the same words define two models."""
    by_words: dict[str, list[tuple[str, Reading]]] = defaultdict(list)
    for passage in found:
        match = _DEFINITION.match(passage.text)
        if (
            match
            and models.NAME.search(match["name"] + ":")
            and len(match["words"].split()) >= FEWEST_WORDS
        ):
            name = match["name"].strip(" *_#-")
            by_words[match["words"].lower()].append((name, _reading(case, passage, match)))
    for same in by_words.values():
        names = list(dict.fromkeys(models.key(name) for name, _ in same))
        if len(names) > 1:
            numbers = {"values": [name for name, _ in same]}
            about = [reading for _, reading in reversed(same)]
            yield AuditQuestion("same_setting", numbers, about, "What the same words describe")


def _corrections(case: Case, found: list[Passage]) -> Iterator[AuditQuestion]:
    """Ask about a sentence that the next one repeats in part, which leaves open what is meant."""
    for one, other in pairwise(found):
        longer, shorter = one.text.rstrip(". "), other.text.rstrip(". ")
        is_part = longer.startswith(shorter + " ") and one.paragraph == other.paragraph
        if is_part and len(shorter.split()) >= FEWEST_WORDS - 2:
            start = shorter.rfind(" ") + 1
            numbers = {"values": [longer[start:], shorter[start:]]}
            (first, last), quote = one.span, one.quote(case.document, 0, len(one.text))
            about = [Reading(first=first, last=max(last, other.span[1]), quote=quote)]
            doubts = ["the second sentence may correct the first"]
            yield AuditQuestion(
                "same_setting", numbers, about, "A sentence that stands twice", doubts
            )


def _captions(case: Case) -> Iterator[AuditQuestion]:
    """Ask about captions that say the same of things under different models."""
    by_text: dict[str, list[Caption]] = defaultdict(list)
    for caption in case.readings.captions:
        if len(caption.text.split()) >= FEWEST_CAPTION_WORDS:
            by_text[caption.text.lower()].append(caption)
    for same in by_text.values():
        topics = {case.topic(caption): caption for caption in same if case.topic(caption)}
        named = [topic for topic in topics if topic and _squeezed(topic) in _squeezed(same[0].text)]
        if len(topics) > 1 and len(named) == 1 and len({caption.number for caption in same}) > 1:
            numbers = {"values": [str(topic) for topic in topics]}
            about = [*reversed(topics.values())]
            title = "What two figures with one caption show"
            yield AuditQuestion("same_setting", numbers, about, title)


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
