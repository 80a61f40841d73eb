"""Statements without a number: "trousers have the highest precision", "X beats Y in accuracy"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from refashion.audit.reading.readings import Extreme, Ordering
from refashion.audit.reading.sentence import Sentence
from refashion.audit.reading.vocabulary import BETTER_LOW, metrics_in

_LIST = "m(?:&+a*t?a*m)*"
# "trousers have the highest precision, recall, and F1-score"
_HAS = re.compile(rf"(u)[ewka]{{0,2}}[ga]*[og][gea]*(x)[ga]*t?a*({_LIST})")
# "the best accuracy (93 %) was obtained by the SVM"
_BY = re.compile(rf"(x)[ga]*t?a*({_LIST})[goat~()%n]{{0,12}}?(?:[gb]|o)[ga]*(u)")
# "the random forest remained the best performing model based on the loss"
_BEST = re.compile(r"(u)[goaw]{0,4}?(x)[gaw]{0,4}?g?[goawb2]{0,6}?(m)")
_BASED_ON = re.compile(
    r"\b(?:based on|in terms of|according to|with respect to|regarding|by)\b", re.I
)
# "the type that has been accurately predicted the least is a shirt"
_MOST_RIGHT = re.compile(
    r"\b(?P<how>accurately|correctly|incorrectly|inaccurately|wrongly|mis|most)[- ]?"
    r"(?:predicted|classified|identified|recogni[sz]ed|labell?ed)\s+(?:the\s+)?(?P<most>most"
    r"|least|best|worst)\b",
    re.IGNORECASE,
)
# "the CNN performed better than the RNN in accuracy", "the CNN has a higher accuracy than the RNN"
_THAN = (
    re.compile(r"(u)[goaw]{0,5}(H)h[goat]{0,4}(u)[goa]{1,4}t?a*(m)"),
    re.compile(r"(u)[goa]{1,5}(H)[ga]*t?a*(m)[goat]{0,3}h[goak]{0,4}(u)"),
    re.compile(r"(m)[ga]{0,2}o?[ga]*(u)[goa]{0,4}(H)h[goakm]{0,6}(u)"),
)
_NOT_FIRST = re.compile(
    r"\b(?:second|third|one of the|among the|next|not|never|n['’]t|if|whether|would|could|might"
    r"|may|should|aim|goal"
    r"|want\w*|hop\w+|expect\w*)\b",
    re.IGNORECASE,
)

_OF_SPLIT = r"(?:test|train|valid)\w*(?:\s+(?:data|set|dataset|examples|images))?"
# "our testing data did better than our training data"
_SPLITS = re.compile(
    rf"\b(?P<one>{_OF_SPLIT})\s+(?:did|does|do|was|is|performed|performs|perform)\s+(?:\w+\s+)?"
    rf"(?P<how>better|worse)\s+than\s+(?:the\s+|our\s+|on\s+)*(?P<other>{_OF_SPLIT})\b",
    re.IGNORECASE,
)


def find(sentences: Iterable[Sentence]) -> Iterator[Extreme]:
    """Yield what sentences say to have the highest or the lowest figure."""
    for sentence in sentences:
        if re.search(r"(?i)\b(?:\w+est|most|least|m(?:ax|in)imum)\b", sentence.passage.text):
            yield from _extremes(sentence)


def find_orderings(sentences: Iterable[Sentence]) -> Iterator[Ordering]:
    """Yield what is said to have a higher or a lower figure than another."""
    for sentence in sentences:
        yield from _splits(sentence)
        if " than " in sentence.passage.text and any(metrics_in(sentence.passage.text)):
            yield from _orderings(sentence)


def _extremes(sentence: Sentence) -> Iterator[Extreme]:
    codes, found = sentence.codes, set[tuple[int, int]]()
    for pattern, order in ((_HAS, (1, 2, 3)), (_BY, (3, 1, 2)), (_BEST, (1, 2, 3))):
        for match in pattern.finditer(codes):
            subject, most = match.start(order[0]), match.start(order[1])
            if pattern is _BEST and not _BASED_ON.search(
                _between(sentence, most, match.end(3) - 1)
            ):
                continue
            for metric in (at for at in range(*match.span(order[2])) if codes[at] == "m"):
                if (metric, most) not in found and (
                    made := _extreme(sentence, subject, most, metric)
                ):
                    found.add((metric, most))
                    yield made
    yield from _most_right(sentence)


def _splits(sentence: Sentence) -> Iterator[Ordering]:
    """Read which split is said to do better, as in "testing data did better than training"."""
    for found in _SPLITS.finditer(sentence.passage.text):
        first, last = sentence.passage.lines(*found.span())
        yield Ordering(
            first=first,
            last=last,
            quote=sentence.passage.quote(sentence.document, *found.span()),
            subject=found["one"],
            other=found["other"],
            metric="performance",
            direction="higher" if found["how"].lower() == "better" else "lower",
            model=sentence.model,
        )


def _between(sentence: Sentence, first: int, last: int) -> str:
    return sentence.passage.text[sentence.tokens[first].start : sentence.tokens[last].end]


def _extreme(sentence: Sentence, subject: int, most: int, metric: int) -> Extreme | None:
    name, doubts = sentence.alone(subject)
    first, last = min(subject, most), max(subject, metric)
    start = sentence.tokens[first].start
    before = sentence.passage.text[max(0, start - 40) : sentence.tokens[most].start]
    if name is None or doubts or _NOT_FIRST.search(before):
        return None
    split, doubts = sentence.split_of(metric, metric)
    end = sentence.tokens[last].end
    lines = sentence.passage.lines(start, end)
    return Extreme(
        first=lines[0],
        last=lines[1],
        quote=sentence.passage.quote(sentence.document, start, end),
        doubts=tuple(doubts),
        subject=name,
        metric=sentence.tokens[metric].name,
        direction=_direction(sentence.tokens[most].name, sentence.tokens[metric].name),
        split=split,
        model=None if sentence.is_model(name) else sentence.model_of(subject),
    )


def _direction(word: str, metric: str) -> Literal["highest", "lowest"]:
    if word in ("best", "worst"):
        return "highest" if (word == "best") != (metric in BETTER_LOW) else "lowest"
    return "highest" if word == "highest" else "lowest"


def _most_right(sentence: Sentence) -> Iterator[Extreme]:
    """Read which class is predicted best or worst, which is taken as its recall."""
    for found in _MOST_RIGHT.finditer(sentence.passage.text):
        names = [
            at for at, token in enumerate(sentence.tokens) if token.code == "u" and token.is_class
        ]
        after = [at for at in names if sentence.tokens[at].start >= found.end()]
        between = (
            sentence.passage.text[found.end() : sentence.tokens[after[0]].start] if after else ""
        )
        if after and re.fullmatch(r"\s+(?:is|was|are|were)\s+(?:the |a |an )?[\"“'‘]?", between):
            subject = after[0]
        else:
            before = [at for at in names if sentence.tokens[at].end <= found.start()]
            if not before or re.search(r"[,;.]", _text(sentence, before[-1], found.start())):
                continue
            subject = before[-1]
        name, doubts = sentence.alone(subject)
        if name is None or doubts:
            continue
        start = min(sentence.tokens[subject].start, found.start())
        end = max(sentence.tokens[subject].end, found.end())
        lines = sentence.passage.lines(start, end)
        is_right = found["how"].lower() in ("accurately", "correctly", "most")
        is_most = found["most"].lower() in ("most", "best")
        split, split_doubts = sentence.split_before()
        yield Extreme(
            first=lines[0],
            last=lines[1],
            quote=sentence.passage.quote(sentence.document, start, end),
            doubts=("taken as its recall",),
            subject=name,
            metric="recall",
            direction="highest" if is_right == is_most else "lowest",
            split=None if split_doubts else split,
            model=sentence.model_of(subject),
        )


def _text(sentence: Sentence, token: int, end: int) -> str:
    return sentence.passage.text[sentence.tokens[token].end : end]


def _orderings(sentence: Sentence) -> Iterator[Ordering]:
    orders = (("one", "more", "other", "metric"), ("one", "more", "metric", "other"))
    for pattern, order in zip(_THAN, (*orders, ("metric", "one", "more", "other")), strict=True):
        for found in pattern.finditer(sentence.codes):
            at = {name: found.start(place) for place, name in enumerate(order, 1)}
            subject, other = sentence.alone(at["one"])[0], sentence.alone(at["other"])[0]
            start, end = (sentence.tokens[each] for each in (min(at.values()), max(at.values())))
            before = sentence.passage.text[max(0, start.start - 40) : end.end]
            if subject is None or other is None or subject == other or _NOT_FIRST.search(before):
                continue
            metric, more = sentence.tokens[at["metric"]], sentence.tokens[at["more"]]
            is_higher = more.name == "increase"
            if more.text.lower() in ("better", "worse", "superior", "inferior"):
                is_higher = is_higher != (metric.name in BETTER_LOW)
            split, doubts = sentence.split_of(at["metric"], at["metric"])
            lines = sentence.passage.lines(start.start, end.end)
            yield Ordering(
                first=lines[0],
                last=lines[1],
                quote=sentence.passage.quote(sentence.document, start.start, end.end),
                doubts=tuple(doubts),
                subject=subject,
                other=other,
                metric=metric.name,
                direction="higher" if is_higher else "lower",
                split=split,
                model=None if sentence.is_model(subject) else sentence.model_of(at["one"]),
            )
