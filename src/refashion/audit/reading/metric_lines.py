"""Lines that print a metric: "Test accuracy: 0.91", {'accuracy': 0.91}, [0.25, 0.91]."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from refashion.audit.reading.models import NAME
from refashion.audit.reading.passages import Span, fenced, looks_like_code
from refashion.audit.reading.readings import PrintedResult
from refashion.audit.reading.vocabulary import Mention, is_plausible, metrics_in, splits_in, unit_in
from refashion.documents.document import Document, LineKind, TextLine
from refashion.printed import NUMBER

LONGEST_LINE = 1_000
_LONGEST_LABEL = 90
# How many lines above a line its heading or caption may stand.
_FAR = 40
_MOST_NUMBERS = 60

_SPREAD = re.compile(r"\s*\(?\s*(±|\+/-|\+-)\s*(?P<spread>\d*\.?\d+\s?%?)\s*\)?")
_FRACTION = re.compile(
    r"(?P<right>[\d,]+)\s*/\s*(?P<all>[\d,]+)\s*\(\s*(?P<share>[\d.]+\s?%?)\s*\)"
)
_SEPARATOR = re.compile(
    r"(?:\s*(?::|(?<![<>!])=|->|→|⇒|==>|\||(?<=['\"]),)|\s+(?:is|was|of))"
    r"\s*(?:\|\s*)?[\"'(\[*≈~]*\s*$"
)
_TIME = re.compile(r"\s*(s|secs?|seconds?|ms|min|mins|minutes?|h|hrs?|hours?)\b", re.IGNORECASE)
_PROMPT = re.compile(r"^\s*(?:Out\s?\[\d+\]:|\[\d+\]|>+|[-*•]|\d{1,2}[.)])\s+")
_PAIR_OF_NUMBERS = re.compile(
    r"^\s*(?:Out\s?\[\d+\]:\s*)?[\[(]\s*([\d.e+-]+)\s*,\s*([\d.e+-]+)\s*[\])]\s*$"
)
_SCORE = re.compile(
    r"(?<![^\W_])(?:best[-_ ])?(?:cv[-_ ]|oob[-_ ]|mean[-_ ]|model[-_ ])?score(?![^\W_])", re.I
)
_NOT_RESULT = re.compile(
    r"Epoch\s*:?\s*\[?\d|\d+/\d+\s|iter(?:ation)?\s*:?\s*\d|\[\d+\]\s+\w+[-_]", re.I
)
_HEADING = re.compile(r"[\s*]*(?:(?:figure|fig\.?|table|listing)\s*\d|#{1,6}\s|\*\*[A-Z])", re.I)
_KIND = re.compile(r"\s+(?:model|classifier|regressor|results?)$", re.I)
_OF_ALL = re.compile(r"\b(?:conclusions?|comparison|discussion|summary|overview)\b", re.I)
_CALL = re.compile(r"\w\(|=\s*[^\W\d]\w*\.")
_PROSE = re.compile(
    r"\b(?:is|was|are|were|at|for|on|the|an?|to|of|with|by|from|ha[ds]|got|and|in|its?|we|our)\b|ed\b",
    re.I,
)
_BARE = re.compile(r"[\s,;|]*[^\W\d][\w²^() -]{1,40}\s")
_AVERAGE = re.compile(r"(?<![^\W_])(macro|micro|weighted)(?![^\W_])", re.I)
_FILLER = re.compile(
    r"(?<![^\W_])(?:the|of|on|for|in|set|data|dataset|score|value|final|overall|average|avg|mean"
    r"|total|model|is|was|images?|samples?|examples?|with|a|an|our|network|best|macro|micro"
    r"|weighted|by|at|using"
    r"|percentage|in percent|(?<!class )(?<![-.])\d[\d,.]*)(?![^\W_])",
    re.IGNORECASE,
)

# What links a name to its numbers in running text: "The tree obtains MSE = 3 and RMSE = 1.7".
_LINKING = re.compile(
    r"^(?:(?:and|while|but)\b\s*)+|(?:\s*\b(?:and|has|have|had|obtain\w*|reach\w*|achiev\w*|get"
    r"|gets|got|gives?|gave|yield\w*|show\w*|scor\w+|attain\w*))+$"
)


def find(document: Document, left_out: Iterable[Span] = ()) -> Iterator[PrintedResult]:
    """Yield the results that stand in lines of their own.

    Parameters
    ----------
    document
        The document.
    left_out
        Ranges of lines that others read: logs, classification reports, tables.
    """
    left = {number for first, last in left_out for number in range(first, last + 1)}
    inside = fenced(document)
    for line in document.lines:
        if line.number in left or not any(map(str.isdigit, line.text[:LONGEST_LINE])):
            continue
        if len(line.text) <= LONGEST_LINE and not _NOT_RESULT.match(line.text.strip()):
            yield from _read(document, line, line.number in inside)


def _read(document: Document, line: TextLine, is_output: bool) -> Iterator[PrintedResult]:
    found = [*_pairs(line, is_output)] or [*_evaluated(document, line)]
    model = _model_above(document, line) if found else None
    for result in found:
        yield result if result.subject else replace(result, model=model)


def _pairs(line: TextLine, is_output: bool) -> Iterator[PrintedResult]:
    """Yield each label with its number; nothing if there is running text around them."""
    text = _PROMPT.sub(lambda found: " " * len(found[0]), line.text)
    if looks_like_code(text) and not text.lstrip().startswith(("{", "(")) and _CALL.search(text):
        return
    if not (any(metrics_in(text)) or _SCORE.search(text)):
        return
    start, results, is_all_bare = 0, [], False
    for number in _numbers(text):
        if number.start() < start:
            continue
        label = text[start : number.start()]
        mark = _SEPARATOR.search(label)
        is_bare = not mark and bool(_BARE.fullmatch(label)) and not number[0].isdigit()
        is_bare = is_bare and not _PROSE.search(label)
        if not (mark or is_bare) or not (any(metrics_in(label)) or _SCORE.search(label)):
            continue
        if len(label) > _LONGEST_LABEL or _is_sentence(label, mark, is_output):
            return
        if mark and _names_another(label, mark):
            continue
        is_all_bare |= is_bare
        made, start = _number(line, label, number, text)
        results += made
    if results and _is_end(text[start:], is_all_bare):
        yield from _with_model(_with_split(text, results))


def _names_another(label: str, mark: re.Match[str]) -> bool:
    """Whether behind the metric of a label another name stands: "precision: int, default=3"."""
    ends = [mention.end for mention in metrics_in(label)]
    between = label[ends[-1] : mark.start()] if ends else ""
    is_long_cell = "|" in mark[0] and len(label.split()) > 6
    return is_long_cell or bool(re.search(r"(?<!class)[,:;{}=\[\]].*\w", between))


def _numbers(text: str) -> list[re.Match[str]]:
    """Return the numbers of a line, and fractions such as 9885/10000 (99%)."""
    found = [*NUMBER.finditer(text), *_FRACTION.finditer(text)]
    if len(found) > _MOST_NUMBERS:
        return []
    return sorted(found, key=lambda each: (each.start(), -each.end()))


def _number(
    line: TextLine, label: str, number: re.Match[str], text: str
) -> tuple[list[PrintedResult], int]:
    """Return what a number says, and where the next label begins."""
    if "share" in number.groupdict():
        made = _result(line, label, number["share"])
        return [*([made, *_counted(number, made)] if made else [])], number.end()
    rest, value, end = text[number.end() :], number[0].strip(), number.end()
    if spread := _SPREAD.match(rest):
        value, end = f"{value} +/- {spread['spread'].strip()}", end + spread.end()
    made = _result(line, label, value, rest)
    return ([made] if made else []), end


def _is_end(after: str, is_bare: bool) -> bool:
    """Whether nothing that matters stands after the last number."""
    left = re.sub(
        r"^\s*(?:%|s|sec\w*|ms|min\w*|h\w*|percent|per cent)?[\s.,;)\]}*|'\"]*$", "", after
    )
    if not left:
        return True
    is_next = re.match(r"\s*[;,|]\s*['\"]?[\w -]{1,30}['\"]?\s*[:=]", after)
    is_note = (
        re.match(r"\s*(?:\(|on\b|for\b|in\b|at\b|after\b|[;,|])", after) and len(left.split()) < 6
    )
    return not is_bare and bool(is_next or is_note)


def _with_split(text: str, results: Sequence[PrintedResult]) -> Iterator[PrintedResult]:
    """Give the split that a line begins with ("Test set: ...") to all its results."""
    head = text.partition(":")[0]
    named = [*splits_in(head + ":")]
    is_head = len(named) == 1 and not any(metrics_in(head))
    for result in results:
        is_open = is_head and result.split is None
        yield replace(result, split=named[0].name) if is_open else result


def _with_model(results: Iterable[PrintedResult]) -> Iterator[PrintedResult]:
    """Give a model ("CNN loss: 0.3, accuracy: 0.9") to the results that follow on its line."""
    model: str | None = None
    before: set[str] = set()
    for result in results:
        if result.subject:
            model, before = (result.subject if NAME.fullmatch(result.subject) else None), set()
        # "CNN accuracy: 0.91, best accuracy: 0.92" may be about another one.
        is_open = result.subject is None and result.metric not in before
        before.add(result.metric)
        yield replace(result, subject=model) if is_open else result


def _is_sentence(label: str, mark: re.Match[str] | None, is_output: bool) -> bool:
    """Whether a label is part of a sentence, which is read elsewhere."""
    if not mark or re.search("[:=|>→,]", mark[0]):
        return bool(re.search(r"[.!?]\s+[A-Z]", label)) or len(label.split()) > 14
    return not is_output


def _result(line: TextLine, label: str, value: str, rest: str = "") -> PrintedResult | None:
    mentions = [*metrics_in(label)]
    splits = [*splits_in(label)]
    doubts = []
    metric = mentions[-1].name if mentions else "score"
    if len({each.name for each in mentions}) > 1:
        doubts.append("the line names several metrics")
    if len({each.name for each in splits}) > 1:
        doubts.append("the line names several splits")
    if metric == "score":
        doubts.append("a score whose metric is not named")
    unit = _TIME.match(rest)
    if metric == "seconds" and not unit and "s" not in label:
        doubts.append("the unit is not named")
    if not is_plausible(metric, re.split(r"\s*\+/-", value)[0]):
        return None
    return PrintedResult(
        first=line.number,
        last=line.number,
        quote=" ".join(line.text.split()),
        doubts=tuple(doubts),
        value=value,
        metric=metric,
        split=splits[-1].name if splits else None,
        subject=_subject(label, [*mentions, *splits]),
        unit=(unit[1] if unit else None) if metric == "seconds" else unit_in(label),
    )


def _counted(fraction: re.Match[str], share: PrintedResult) -> Iterator[PrintedResult]:
    """Yield the number of right answers that PyTorch's examples print before their share."""
    if share.metric == "accuracy":
        yield replace(share, value=fraction["right"], metric="correct")


def _subject(label: str, known: Sequence[Mention]) -> str | None:
    """Return what is left of a label without its metric, its split and words of no meaning."""
    for mention in sorted(known, key=lambda mention: -mention.start):
        label = label[: mention.start] + " " + label[mention.end :]
    left = re.sub(r"\([^)]*\)|[^\w\s/+.-]", " ", label.replace("_", " "))
    left = " ".join(_FILLER.sub(" ", _SCORE.sub(" ", left)).split()).strip("-./ ")
    # "the decision tree obtains" is the tree, and "and" is nothing; other names stay as they are.
    if NAME.fullmatch(named := _LINKING.sub("", left)) or not named:
        left = named
    if len(left) > 1 and any(map(str.isalpha, left)):
        return left
    average = _AVERAGE.search(label)
    return f"{average[1].lower()} avg" if average else None


def _evaluated(document: Document, line: TextLine) -> Iterator[PrintedResult]:
    """Read the list that Keras' `evaluate` returns; what it holds is only the usual."""
    found = _PAIR_OF_NUMBERS.match(line.text)
    above = "\n".join(
        each.text for each in document.lines[max(0, line.number - 8) : line.number - 1]
    )
    if not found or ".evaluate(" not in above or not is_plausible("accuracy", found[2]):
        return
    for metric, value in zip(("loss", "accuracy"), found.groups(), strict=True):
        yield PrintedResult(
            first=line.number,
            last=line.number,
            quote=" ".join(line.text.split()),
            doubts=("a list without names, taken as loss and accuracy",),
            value=value,
            metric=metric,
            split="test" if re.search(r"evaluate\([^)]*test", above, re.I) else None,
        )


def _model_above(document: Document, line: TextLine) -> str | None:
    """Return the model that the nearest caption or heading above a line names."""
    for above in reversed(document.lines[max(0, line.number - 1 - _FAR) : line.number - 1]):
        text = above.text.strip()
        is_heading = above.kind is LineKind.HEADING or bool(_HEADING.match(text))
        is_heading |= bool(NAME.fullmatch(_KIND.sub("", text)))
        if (is_heading or text.endswith(":")) and len(text) < _LONGEST_LABEL:
            if found := NAME.search(text):
                return found[0]
            if text.startswith(("# ", "## ")) or (is_heading and _OF_ALL.search(text)):
                return None
    return None
