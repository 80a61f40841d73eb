"""A sentence of a document: what its numbers are of, as it and the sentences before it tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from refashion.audit.reading.models import NAME, find_lists
from refashion.audit.reading.passages import Passage
from refashion.audit.reading.tokens import Token, tokens
from refashion.audit.reading.vocabulary import splits_in
from refashion.documents.document import Document

# What stands before a name that another is compared with.
_ASIDE = re.compile(
    r"\b(?:than|unlike|compar\w+ (?:to|with)|versus|vs\.?|like|over|beat\w*|outperform\w*"
    r"|surpass\w*|improv\w+ (?:on|upon)|instead of|whereas with|similar to)"
    r"(?:\s+(?:the|an?|our|that|those|this|of|for|in))*\s*$",
    re.IGNORECASE,
)
# Names that are too general to be what a later sentence is about.
_GENERIC = re.compile(r"(?:\w+ )?neural networks?|deep networks?|perceptrons?", re.IGNORECASE)

SEVERAL = "it is told of several"


@dataclass(frozen=True)
class Sentence:
    """A sentence and its words.

    Attributes
    ----------
    document, passage
        Where it stands.
    classes
        The names of classes.
    model
        The model that sentences before it in the paragraph, or its heading, are about.
    splits
        The splits that sentences before it in the paragraph name, the latest last.
    """

    document: Document
    passage: Passage
    classes: re.Pattern[str] | None = None
    model: str | None = None
    splits: Sequence[str] = ()

    @cached_property
    def tokens(self) -> Sequence[Token]:
        """Its words."""
        return tokens(self.passage.text, self.classes)

    @cached_property
    def codes(self) -> str:
        """The letters of its words."""
        return "".join(token.code for token in self.tokens)

    def is_at(self, code: str, at: int) -> bool:
        return self.tokens[at].code == code

    def is_model(self, subject: str) -> bool:
        return not any(token.is_class and subject in token.names for token in self.tokens) and bool(
            NAME.fullmatch(subject)
        )

    def model_of(self, number: int) -> str | None:
        """Return the model that a number without one is of, as the text before it tells."""
        named = [at for at in range(number) if self.is_at("u", at) and not self.tokens[at].is_class]
        return self.alone(named[-1])[0] if named else self.model

    def subject_of(self, number: int, at: int) -> tuple[str | None, Sequence[str]]:
        """Return the model or class of a number: the nearest that is linked to it."""
        if own := re.match(r"\([ga]*(u)[ga]*[),;]?", self.codes[number + 1 :]):
            names = self.tokens[number + 1 + own.start(1)].names
            return (names[0], ()) if len(names) == 1 else (None, (SEVERAL,))
        after = re.match(
            r"\)?[og]?a*t?a*m?(?:\(?[ga]*t[ga]*\)?)?\(?o{0,2}([gb])[ga]*(u)",
            self.codes[number + 1 :],
        )
        if after:
            word = self.tokens[number + 1 + after.start(1)].text.lower()
            named = self.tokens[number + 1 + after.start(2)]
            if word in ("for", "by", "with", "on") and len(named.names) == 1:
                return named.names[0], ()
        first, last = sorted((at, number))
        for place in range(last, first, -1):
            if self.is_at("u", place) and not self._is_aside(place):
                return self.alone(place)
        for place in range(first - 1, -1, -1):
            if self.is_at(";", place) and place < first - 1 and "u" not in self.codes[:place]:
                break
            if self.is_at("u", place) and not self._is_aside(place):
                return self.alone(place)
        return None, ()

    def alone(self, place: int) -> tuple[str | None, Sequence[str]]:
        """Return a name, unless it is one of a list."""
        around = self.codes[max(0, place - 3) : place], self.codes[place + 1 : place + 4]
        names = self.tokens[place].names
        is_second = re.search("u&a?$", around[0])
        if is_second and self._is_aside(place - len(is_second[0])):
            is_second = None
        if len(names) > 1 or is_second or re.match("&a?u", around[1]):
            return None, (SEVERAL,)
        return names[0], ()

    def _is_aside(self, place: int) -> bool:
        """Whether a name is only what another is compared with."""
        return _is_aside(self.passage.text, self.tokens[place].start)

    def split_of(self, number: int, at: int) -> tuple[str | None, Sequence[str]]:
        """Return the split of a number: before its metric, after it, or at the end of its list."""
        if own := re.match(r"\([ga]*(t)[ga]*\)", self.codes[number + 1 :]):
            return self.tokens[number + 1 + own.start(1)].name, ()
        metric = at if self.is_at("m", at) and self._is_near(at, number) else number
        if own := re.search(r"t[ga]*$", self.codes[:metric][-4:]):
            place = metric - (min(metric, 4) - own.start())
            before = self.tokens[place].end
            if self.tokens[metric].start - before < 25:
                return self._several(place)
        first, last = sorted((metric, number))
        inside = [place for place in range(first, last) if self.is_at("t", place)]
        if inside:
            return self._several(inside[-1])
        for place in range(last + 1, len(self.tokens)):
            token = self.tokens[place]
            if token.code == ";" or (token.code == "k" and "n" in self.codes[place:]):
                break
            if token.code == "t":
                is_next = re.match(r"[ga]*m", self.codes[place + 1 :])
                return (None, ()) if is_next else self._several(place)
        earlier = [place for place in range(first) if self.is_at("t", place)]
        if earlier and ";" not in self.codes[earlier[-1] : first]:
            return self._several(earlier[-1])
        return self.split_before()

    def split_before(self) -> tuple[str | None, Sequence[str]]:
        """Return the split that sentences before it are about."""
        if self.splits:
            # What follows a figure on the test set is on it, too; one of training may be alone.
            is_sure = {*self.splits} <= {"test"} or {*self.splits} <= {"validation"}
            return self.splits[-1], () if is_sure else ("its split stands in a sentence before",)
        return None, ()

    def _is_near(self, metric: int, number: int) -> bool:
        """Whether no other number stands between a metric and a number."""
        first, last = sorted((metric, number))
        return not re.search("[ni]", self.codes[first + 1 : last]) or self.is_at("m", last)

    def _several(self, place: int) -> tuple[str | None, Sequence[str]]:
        around = self.codes[max(0, place - 3) : place], self.codes[place + 1 : place + 4]
        if re.search("t&a?$", around[0]) or re.match("&a?t", around[1]):
            return None, ("it is told of several splits",)
        return self.tokens[place].name, ()


def class_names(
    document: Document, text: Sequence[Passage], classes: Iterable[str]
) -> re.Pattern[str] | None:
    """Return a pattern of the names of classes, in singular and plural; None without classes."""
    names = {*classes}
    for found in find_lists(document, text):
        if found.of in ("category", "class", "label"):
            names |= {*found.items}
    parts = {part for name in names for part in (name, *re.split(r"[/_]", name))}
    words = sorted((part for part in parts if _is_class(part)), key=len, reverse=True)
    if not words:
        return None
    any_name = "|".join(
        re.escape(re.sub(r"s$", "", word)).replace(r"\ ", r"[\s-]") for word in words
    )
    return re.compile(rf"(?<![\w-])(?:{any_name})(?:e?s)?(?![\w-])", re.IGNORECASE)


def _is_class(name: str) -> bool:
    common = (
        "avg",
        "class",
        "model",
        "other",
        "none",
        "high",
        "good",
        "true",
        "false",
        "total",
        "test",
    )
    return len(name) > 2 and not name.isdigit() and name.lower() not in common and (len(name) < 30)


def sentences(
    document: Document, text: Sequence[Passage], classes: Iterable[str] = ()
) -> Iterator[Sentence]:
    """Yield the sentences of a document, with what those before them in a paragraph are about.

    Parameters
    ----------
    document
        The document.
    text
        Its running text.
    classes
        Names of classes beyond those that the document lists.
    """
    named = class_names(document, text, classes)
    paragraph, model, splits = 0, None, list[str]()
    for passage in text:
        if passage.paragraph != paragraph:
            heading = NAME.search(passage.heading)
            paragraph, model, splits = passage.paragraph, heading[0] if heading else None, []
        yield Sentence(document, passage, named, model, tuple(splits))
        model = _only_model(passage.text) or model
        splits += [each.name for each in splits_in(passage.text)]


def _is_aside(text: str, start: int) -> bool:
    """Whether a name is only what another is compared with."""
    return _ASIDE.search(text, max(0, start - 40), start) is not None


def _only_model(text: str) -> str | None:
    """Return the model that a sentence names, if it is one, and not too general."""
    found = [name for name in NAME.finditer(text) if not _GENERIC.fullmatch(name[0])]
    names = [name[0] for name in found if not _is_aside(text, name.start())]
    return names[0] if len({*names}) == 1 else None
