"""Numbers of examples, classes and pixels, and shares of splits, that sentences state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from refashion.audit.reading.passages import Passage
from refashion.audit.reading.readings import Size
from refashion.audit.reading.vocabulary import NUMERALS, metrics_in
from refashion.documents.document import Document

_COUNT = r"\d{1,3}(?:[, ]\d{3})+|\d{1,9}(?:\.\d+)?\s?(?:k|million)\b|\d{1,9}"
_NUMBER = rf"(?<![\w.,$/^-])(?P<value>{_COUNT})(?![\w%/^]|[.,]\d|-\w)"
_THING = (
    r"(?:images?|examples?|samples?|instances?|records?|observations?|rows?|data[- ]?points?"
    r"|pictures?|photos?"
    r"|articles?|products?|items?|entries|reviews?|tweets?|sentences?|documents?|patients?"
    r"|flights?|customers?)"
)
_WORDS = {
    "train": r"train(?:ing)?",
    "validation": r"validation|val(?:idating)?|dev(?:elopment)?",
    "test": r"test(?:ing)?|held-?out",
}
_ANY = "|".join(f"(?P<{name}>{words})" for name, words in _WORDS.items())
_SET = (
    r"(?:[ -](?:data[ -]?)?(?:set|data|split|images?|examples?|samples?|subset|partition"
    r"|purposes|instances?|records?))?"
)
_ADJECTIVES = r"(?:[a-z][a-z-]*\s+){0,3}?"

_PATTERNS = (
    # "60,000 training images", "10000 for testing", "10000 images to test with"
    re.compile(rf"{_NUMBER}\s+(?:[a-z-]+\s+)?(?:{_ANY})[ -]{_ADJECTIVES}{_THING}\b", re.I),
    re.compile(
        rf"{_NUMBER}\s+(?:\([^()]{{0,60}}\)\s+)?{_ADJECTIVES}(?:{_THING}\s+)?(?:\([^()]{{0,60}}\)\s+)?"
        rf"(?:are|is|were|was|used|reserved|set aside)?\s*(?:in|for|to|to be"
        rf"|as)\s+(?:(?:be\s+)?(?:our|the|a)\s+)?"
        rf"(?:{_ANY})\b{_SET}(?!\w)",
        re.I,
    ),
    # "a training set of 60,000 examples", "the test set has 10,000 images"
    re.compile(
        rf"(?<![\w-])(?:{_ANY})[ -](?:data[ -]?)?(?:set|data|split|subset|partition)\s*"
        rf"(?:of|has|had|with|contains?|consists? of|consisting of|includes?|comprises?"
        rf"|comprising|is|was|size is"
        rf"|size of|:|=|\()\s*(?:about |only )?{_NUMBER}",
        re.I,
    ),
    re.compile(
        rf"(?<![\w-])(?:{_ANY})\s+(?:set\s+)?(?:size|samples|examples|images)\s*(?:of|is|was|:"
        rf"|=)\s*{_NUMBER}",
        re.I,
    ),
)
_ALL = (
    re.compile(
        r"(?:composed of|consists? of|consisting of|contains?|containing|has|comprises?"
        r"|comprising|includes?"
        rf"|total of|collection of|dataset of|all)\s+(?:about |over |a total of "
        rf"|the )?(?:\d+\s?[x×]\s?\d+\s+[\w\s-]{{0,30}}? of )?"
        rf"{_NUMBER}\s+(?:\d+\s?[x×]\s?\d+\s+)?(?!train|test|valid){_ADJECTIVES}{_THING}\b",
        re.I,
    ),
)
_SCORED = re.compile(
    rf"\bout of\s+(?:the |all |a total of )?{_NUMBER}\s+{_ADJECTIVES}{_THING}\b", re.I
)
_PER_CLASS = re.compile(
    rf"{_NUMBER}\s+{_ADJECTIVES}{_THING}\s+(?:per|for each|in each|of each|each)\s*(?:class"
    rf"|category|label|digit)?",
    re.I,
)
_CLASSES = re.compile(
    r"(?<![\w.,-])(?P<value>\d{1,5}|"
    + "|".join(NUMERALS)
    + r")\s+(?:[a-z]+\s+){0,2}?(?P<of>classes|categories"
    r"|labels|output classes|groups of)\b",
    re.I,
)
_SHARE = r"(?<![\w.,-])(?P<value>\d{1,3}(?:\.\d+)?\s?(?:%|percent|per cent))"
_SHARES = (
    # "80% of the data is for training", "the training set (80% of data)"
    re.compile(
        rf"{_SHARE}\s*(?:of (?:the |our |this )?(?:\w+\s+)?(?:data\w*|images|samples|examples"
        rf"|dataset|set)\s*)?"
        rf"(?:is|was|are|were|being)?\s*(?:used|reserved|kept|allocated|set aside)?\s*(?:for|as"
        rf"|to|in|into)?\s*"
        rf"(?:the |our |a )?(?:{_ANY})\b(?!\s+(?:acc|loss|error|score|prec|rec|f1))",
        re.I,
    ),
    re.compile(
        rf"(?<![\w-])(?:{_ANY})[ -](?:data[ -]?)?(?:set|data|split|subset)?\s*(?:\(|:|=|of|is"
        rf"|was|uses|with)\s*{_SHARE}"
        r"(?=\s*(?:of (?:the |our )?(?:\w+ )?(?:data|images|samples|examples|set)|\)|,|;|\."
        r"|and\b|$))",
        re.I,
    ),
)
# "an 80/20 train-test split"
_RATIO = re.compile(
    r"(?<![\w.,/:-])(?P<parts>\d{1,2}(?:\s?[/:-]\s?\d{1,2}){1,2})(?:\s?%)?(?=[\w\s/-]{0,20}\b(?:train|split|ratio))"
    r"|\b(?:split|ratio)\s+(?:of\s+"
    r"|is\s+)?(?P<after>\d{1,2}(?:\s?[/:-]\s?\d{1,2}){1,2})(?![\w/:.-])",
    re.I,
)
_PIXELS = re.compile(
    r"(?<![\w.,])\$?(?P<value>\d{1,5}\s?(?:x|×|\*|\\times|by)\s?\d{1,5}(?:\s?(?:x|×|\*|\\times"
    r"|by)\s?\d{1,4})?)\$?"
    r"(?=\s*(?:-?(?:pixels?|px)\b|[\w-]{0,12}\s*(?:\w+\s+){0,2}(?:images?|pixels|matrix|pictures"
    r"|input|dimension)))",
    re.I,
)
_STEPS = re.compile(
    rf"{_NUMBER}\s+(?:training\s+)?(?:steps|iterations|batches|updates)\s+(?:per|in each"
    rf"|for each|an|every|each)\s+epoch"
    r"|steps_per_epoch\s*(?:=|:|of|is)\s*(?P<code>\d{1,7})",
    re.I,
)


def find(document: Document, text: Iterable[Passage]) -> Iterator[Size]:
    """Yield numbers of examples (`train`, `validation`, `test`, `all`, `per_class`) and `classes`.

    Also `pixels`, the size of images as written, `steps`, those of an epoch, and `scored`, the
    examples that a sentence counts errors among ("out of 2000 images").

    Parameters
    ----------
    document
        The document.
    text
        Its running text.
    """
    for passage in text:
        if (
            any(map(str.isdigit, passage.text))
            or "class" in passage.text
            or "categor" in passage.text
        ):
            yield from _sizes(document, passage)


def _sizes(document: Document, passage: Passage) -> Iterator[Size]:
    taken: set[int] = set()
    patterns = [(pattern, "") for pattern in (*_PATTERNS, *_SHARES)]
    patterns += [(_PER_CLASS, "per_class"), *((pattern, "all") for pattern in _ALL)]
    patterns += [(_CLASSES, "classes"), (_PIXELS, "pixels"), (_SCORED, "scored"), (_STEPS, "steps")]
    sizes = []
    for pattern, of in patterns:
        for found in pattern.finditer(passage.text):
            group = "code" if "code" in pattern.groupindex and found["code"] else "value"
            start = found.start(group)
            kind = of or next(name for name in _WORDS if found[name])
            if start in taken or not _is_size(kind, found[group]):
                continue
            if "(" in found[0] and "%" in found[0] and any(metrics_in(passage.text)):
                continue
            taken.add(start)
            sizes.append((start, _size(document, passage, found, kind, found[group])))
    sizes += [(size.first, size) for size in _ratios(document, passage)]
    yield from (size for _, size in sorted(sizes, key=lambda each: each[0]))


def _ratios(document: Document, passage: Passage) -> Iterator[Size]:
    """Read a ratio whose parts add up to 100 as shares of the splits."""
    for found in _RATIO.finditer(passage.text):
        parts = re.findall(r"\d+", found["parts"] or found["after"])
        around = passage.text[found.start() : found.end() + 40].lower()
        if sum(map(int, parts)) != 100:
            continue
        second = "validation" if "val" in around and "test" not in around else "test"
        names = ("train", second) if len(parts) == 2 else ("train", "validation", "test")
        for name, part in zip(names, parts, strict=True):
            size = _size(document, passage, found, name, f"{part}%")
            is_told = name in around or name[:3] in around
            doubts = () if is_told else ("which part is of which split is not told",)
            yield replace(size, doubts=(*size.doubts, *doubts))


def _is_size(kind: str, value: str) -> bool:
    if kind == "classes":
        return value.lower() not in ("zero", "one", "1", "0")
    # "the 2 test images" of a figure are no test set; a year is none either
    is_short = value.isdigit() and int(value) < 20
    return kind in ("pixels", "steps") or "%" in value or "cent" in value or not is_short


def _size(
    document: Document, passage: Passage, found: re.Match[str], kind: str, value: str
) -> Size:
    first, last = passage.lines(*found.span())
    before = passage.text[max(0, found.start() - 25) : found.start()]
    doubts = []
    if re.search(
        r"\b(?:about|around|approximately|roughly|nearly|over|more than|up to)\s*$",
        before,
        re.I,
    ) or (
        re.search(
            r"\b(?:about|around|approximately|over|more than)\s+$",
            passage.text[: found.start("value") if "value" in found.re.groupindex else 0][-14:],
            re.I,
        )
    ):
        doubts.append("it is only said to be about that")
    if re.search(r"\b(?:if|every|each|such as|e\.g\.|for example)\s*(?:the |a )?$", before, re.I):
        doubts.append("it may be an example only")
    value = re.sub(r"\s*per ?cent", "%", value)
    value = (
        re.sub(r"\s*(?:\\times|×|\*|by|x)\s*", "x", value) if kind == "pixels" else value.strip()
    )
    return Size(
        first=first,
        last=last,
        quote=passage.quote(document, *found.span()),
        doubts=tuple(doubts),
        value=value,
        of=kind,
    )
