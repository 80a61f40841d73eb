"""Results in sentences: "the CNN reached an accuracy of 91.9 % on the test set"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from refashion.audit.reading.readings import Limit, PrintedResult
from refashion.audit.reading.sentence import SEVERAL, Sentence
from refashion.audit.reading.tokens import Token
from refashion.audit.reading.vocabulary import BETTER_LOW, PROPORTIONS, is_plausible

_LIST = "m(?:&+a*t?a*m)*"
_NUMBERS = "[ni](?:&+a*~?n)*"
# Between a metric and its number; the letters are explained in `tokens`.
_FILLER = "[aotugwkexcvH~<>]"
# 1 metrics, 2 what stands between, 3 numbers
_METRIC_FIRST = re.compile(rf"({_LIST})((?:&(?=[egok]))?{_FILLER}{{0,10}}\(?[~<>]?a*)({_NUMBERS})")
_NUMBER_FIRST = re.compile(r"([ni](?:&+a*~?[ni])*)((?:\(n\))?o?[at]{0,3}|ga?t?)(m)")
_MORE = re.compile(
    r"(a*t?a*m?(?:\(?[ga]*[tu]+g*\)?)?(?:gu)?[&;z]+[ga]*(?:k?o[ga]*)?(?:[tu]+[ogat]*)?[~<>]?)(n)"
    r"(?!a*t?a*m|p|a*[cvH])"
)
# "accuracy fell to 0.8", "improved the test accuracy to 91 %", "the best accuracy, 93 %"
_ENDS_AT = (
    re.compile(r"(m)[goaut]{0,5}v[ga]*2[~<>a]*([ni])"),
    re.compile(r"v[ga]*t?a*(m)[goaut]{0,5}2[~<>a]*([ni])"),
    re.compile(r"[xa]t?a*(m)&(n)(?=[&;)]|$)"),
)
_FROM_TO = re.compile(r"f[ga]*~?([ni])(?:[ga]+[tu][ga]*)?2[ga]*~?([ni])")
_CHANGES = (
    # "a 36% decrease in accuracy", "2 points higher accuracy"
    re.compile(r"(?P<n>[ni])p?a*(?P<c>[cH])(?:[og]a*t?u?a*)(?P<m>m)"),
    re.compile(r"(?P<n>[ni])p?(?P<c>[H])a*t?(?P<m>m)"),
    # "a decrease of 36% in accuracy"
    re.compile(r"(?P<c>c)[ob~]*(?P<n>[ni])p?[og]a*t?a*(?P<m>m)"),
    # "decreased the accuracy by 46%", "improved test accuracy of the CNN by 3%"
    re.compile(r"(?P<c>[vc])[goa]*t?a*(?P<m>m)[goaut]{0,5}b[~<>a]*(?P<n>[ni])"),
    # "accuracy dropped by 5%", "accuracy gain of 2%"
    re.compile(r"(?P<m>m)[goaut]{0,6}(?P<c>[vcH])[ga]*[bo][~<>a]*(?P<n>[ni])"),
    # "an accuracy of 91%, a 3% improvement"
    re.compile(r"(?P<m>m)[goaut]{0,6}~?n[gaut]{0,4}&a*(?P<n>[ni])p?(?P<c>[cH])"),
    # "33% accuracy, which is 36% lower than the accuracy of model 1"
    re.compile(r"(?P<n>[ni])p?(?P<c>H)h?[goaut]{0,6}(?P<m>m)"),
    re.compile(r"(?P<m>m).{0,12}o[~a]*(?P<n>[ni])p?(?P<c>H)h"),
)
_WRONG = re.compile(
    r"(?P<did>[KR])[goa~]*(?P<n>[qin])|(?P<after>[qin])(?:[ogw]{0,4})(?P<done>[KR])"
)
_PART_OF = re.compile(r"([qi])[ga]*oa*$")
_OF_WHICH = re.compile(r"\s+of\s+(?:which|whom|them|these|those)\b", re.I)
_PARTS = re.compile(
    r"(?P<n>\d+)\s+(?:of\s+(?:which|them|these|those)\s+)?(?:(?:are|were"
    r"|being)\s+)?(?P<of>[^\W\d][\w/-]*)"
)
_LED = re.compile(
    r"\b(?:train\w*|took|takes?|fit\w*|run(?:s|ning)?|time|elapsed|lasted|within)\b", re.I
)

_AIM = re.compile(
    r"\b(?:goals?|aim(?:s|ed|ing)?|target\w*|ideal\w*|hop(?:e|es|ed|ing)|want(?:s|ed)?|try|tried"
    r"|trying|should|would"
    r"|expect\w*|suppose|assum\w+|for (?:example|instance)|e\.g|requir\w+|random guess\w*|by chance"
    r"|make it so|perfect\w*|desired?|plan\w*|at least)\b",
    re.IGNORECASE,
)
_PERHAPS = re.compile(r"\b(?:if|may|might|could|can|possibly|probably|seem\w*)\b", re.IGNORECASE)
_OTHERS = re.compile(
    r"(?i:et al|state[- ]of[- ]the[- ]art|\bprevious (?:work|stud|paper|research)|\bliterature\b"
    r"|\bauthors?\b)|\[\d+\]"
    r"|\([A-Z][^()]{0,40}\d{4}\)|\bhumans?\b|\bpapers?\b|\bstud(?:y|ies) (?:by|of)"
    r"|\bresearchers\b|\bleaderboard",
)
_DURATION = re.compile(r"\b(?:minute|second|hour)s?\b", re.IGNORECASE)
# What shows, behind a number, that it is no result.
_NORM = re.compile(
    r"\s+(?:(?:is|are|was)\s+(?:considered|regarded|seen|thought|required|needed)"
    r"|[\w ]{0,20}(?:random guess|by chance|chance level))",
    re.IGNORECASE,
)
_UNIT = re.compile(r"\s?(?:[mckµ]?m|k?g|°\w?|degrees?|[kMG]?Hz|[kMGT]?B|px|V|W|bits?)(?!\w)")
_AVERAGE = re.compile(r"\b(macro|micro|weighted)\b", re.IGNORECASE)
Statement = PrintedResult | Limit


def find(
    sentences: Iterable[Sentence], printed: Iterable[PrintedResult] = ()
) -> Iterator[Statement]:
    """Yield the results, changes and bounds that sentences state.

    Parameters
    ----------
    sentences
        The sentences of a document.
    printed
        Results on lines of their own: a sentence that is nothing else is not read again.
    """
    lines = {result.first for result in printed}
    for sentence in sentences:
        first, last = sentence.passage.span
        if lines.issuperset(range(first, last + 1)):
            continue
        if any(map(str.isdigit, sentence.passage.text)) or _DURATION.search(sentence.passage.text):
            yield from _Reader(sentence).statements()


@dataclass
class _Reader:
    """Reads the numbers of a sentence.

    Attributes
    ----------
    sentence
        The sentence.
    found
        What was read, by the place of its number among the words.
    extra
        What else was read of a number: one that stands for several metrics.
    """

    sentence: Sentence
    found: dict[int, Statement] = field(default_factory=dict)
    extra: list[Statement] = field(default_factory=list)
    _metric_of: dict[int, int] = field(default_factory=dict)

    def statements(self) -> Iterator[Statement]:
        """Yield what the sentence states, each number once or for several metrics."""
        readers: Sequence[Callable[[], None]] = (
            self._changes,
            self._from_to,
            self._ends_at,
            self._number_first,
            self._metric_first,
            self._goes_on,
            self._counts,
            self._durations,
        )
        for reader in readers:
            reader()
        every = [*self.found.values(), *self.extra]
        yield from sorted(every, key=lambda each: (each.first, self._order(each)))

    def _order(self, statement: Statement) -> int:
        tokens_of = (at for at, each in self.found.items() if each is statement)
        return next(tokens_of, len(self.sentence.tokens))

    # How a number is found.

    def _changes(self) -> None:
        for pattern in _CHANGES:
            for found in pattern.finditer(self.sentence.codes):
                number, metric, change = (found.start(group) for group in "nmc")
                if number not in self.found and not self._is_taken(metric, number):
                    kind = self.sentence.tokens[change].name
                    self._keep(number, metric, change=self._direction(kind, metric, change))

    def _direction(self, kind: str, metric: int, change: int) -> Literal["increase", "decrease"]:
        word = self.sentence.tokens[change].text.lower()
        is_low = self.sentence.tokens[metric].name in BETTER_LOW
        if is_low and re.match("better|worse|improv|degrad|worsen|superior|inferior", word):
            return "increase" if kind == "decrease" else "decrease"
        return "increase" if kind == "increase" else "decrease"

    def _is_taken(self, metric: int, number: int) -> bool:
        """Whether between a metric and a number another sentence part begins."""
        first, last = sorted((metric, number))
        return bool(re.search("[;N]", self.sentence.codes[first:last]))

    def _from_to(self) -> None:
        for found in _FROM_TO.finditer(self.sentence.codes):
            metrics = [
                at
                for at in range(max(0, found.start() - 8), found.start())
                if self.sentence.is_at("m", at)
            ]
            later = re.match("p?[og]a*t?(m)", self.sentence.codes[found.end() :])
            if later:
                metrics = [found.end() + later.start(1)]
            if not metrics or re.search("[;sN]", self.sentence.codes[metrics[-1] : found.start()]):
                continue
            first, second = found.start(1), found.start(2)
            if self.sentence.tokens[first].code == "i" and self.sentence.tokens[second].code == "i":
                continue
            has_own = "u" in self.sentence.codes[first:second]
            self._keep(first, metrics[-1], has_subject=has_own)
            self._keep(second, metrics[-1])

    def _ends_at(self) -> None:
        for pattern in _ENDS_AT:
            for found in pattern.finditer(self.sentence.codes):
                metric, number = found.start(1), found.start(2)
                if number not in self.found:
                    self._keep(number, metric)

    def _number_first(self) -> None:
        for found in _NUMBER_FIRST.finditer(self.sentence.codes):
            metric = found.start(3)
            if self._leads_on(metric):
                continue
            inner = found[2].find("(n)")
            numbers = [at for at in range(*found.span(1)) if self.sentence.codes[at] in "ni"]
            if inner >= 0:  # a rough number, and in brackets the exact one
                exact = found.start(2) + inner + 1
                self._keep(exact, metric, free_of_bound=True)
                if self._bound(numbers[-1]):
                    self._keep(numbers[-1], metric)
                continue
            numbers = [at for at in numbers if at not in self.found]
            self._share(numbers, [metric])

    def _leads_on(self, metric: int) -> bool:
        """Whether a metric after a number has a number of its own behind it."""
        end = self.sentence.tokens[metric].end
        if re.match(r"\s*[:=]\s*[\d.]", self.sentence.passage.text[end:]):
            return True
        after = re.match(r"(?:[oa]{1,3}~?|:|\()?[ni](?!a*t?a*m)", self.sentence.codes[metric + 1 :])
        return after is not None and not re.match(r"\(", self.sentence.codes[metric + 1 :])

    def _metric_first(self) -> None:
        at = 0
        while found := _METRIC_FIRST.search(self.sentence.codes, at):
            numbers = [n for n in range(*found.span(3)) if self._is_open(n)]
            metrics = [m for m in range(*found.span(1)) if self.sentence.codes[m] == "m"]
            at = found.start() + 1
            if not numbers or not self._is_filler(found, numbers[0]):
                continue
            at = found.end(1)
            self._share(numbers, metrics)

    def _is_open(self, number: int) -> bool:
        """Whether a number is neither read yet nor a change."""
        is_change = re.match("p|a*[cvH](?!h)", self.sentence.codes[number + 1 :])
        return self.sentence.codes[number] in "ni" and number not in self.found and not is_change

    def _is_filler(self, found: re.Match[str], number: int) -> bool:
        """Whether what stands between a metric and a number links the two."""
        between = found[2]
        if number != found.start(3) or between.count("w") > 3 or re.search("[cv]|H(?!g)", between):
            return False
        if self.sentence.codes[number] == "i":
            # A whole number may be anything: it has to follow directly.
            return bool(re.fullmatch(r"[ta]*[ogtua]{0,3}o[a~<>]*", between))
        is_linked = re.search(r"o[aeg~<>]*$|oa*Hg[a~]*$|ogaa?o?$|\([~<>]?$|[~<>]a*$", between)
        return not between or bool(is_linked) or bool(re.fullmatch("[at]*", between))

    def _goes_on(self) -> None:
        """Read further numbers of a metric: "0.91 for the CNN and 0.89 for the RNN"."""
        for at in sorted(self.found):
            statement, metric = self.found[at], self._metric_of.get(at)
            end = at + 1
            if metric is None or (isinstance(statement, PrintedResult) and statement.change):
                continue
            while found := _MORE.match(self.sentence.codes, end):
                number = found.start(2)
                if number in self.found or not re.search(
                    "[tu]", self.sentence.codes[at:number] + self._after(number)
                ):
                    break
                is_own = re.search("[tu]", found[1].partition("&")[2] + self._after(number))
                doubt = "" if is_own else "its metric is named before another number"
                self._keep(number, number, metric=statement.metric, doubt=doubt)
                self._metric_of[number] = metric
                end = number + 1
        self._unnamed()

    def _after(self, number: int) -> str:
        found = re.match(r"\(?[ga]*[tu]", self.sentence.codes[number + 1 :])
        return found[0] if found else ""

    def _unnamed(self) -> None:
        """Read a share that stands beside a loss as an accuracy, which is likely only."""
        for at in sorted(self.found):
            named = self.found[at]
            follows = re.match("&+a*n(?!p|a*[cvHm])", self.sentence.codes[at + 1 :])
            number = at + follows.end() if follows else at
            if (
                named.metric == "loss"
                and number not in self.found
                and "%" in self.sentence.tokens[number].name
            ):
                self._keep(
                    number, self._metric_of[at], metric="accuracy", doubt="its metric is not named"
                )

    def _counts(self) -> None:
        for found in _WRONG.finditer(self.sentence.codes):
            verb = found.start("did") if found["did"] else found.start("done")
            number = found.start("n") if found["n"] else found.start("after")
            token = self.sentence.tokens[number]
            if part := _PART_OF.search(self.sentence.codes[:number]):  # "30 of the 400 images"
                number = part.start(1)
                token = self.sentence.tokens[number]
            if number in self.found or (token.code == "q" and not _are_examples(token.noun)):
                continue
            if found["did"] and _OF_WHICH.match(self.sentence.passage.text, token.end):
                continue  # "misclassified, 8 of them as coats"
            is_right = self.sentence.tokens[verb].code == "R"
            if token.code == "n":
                if "%" in token.name:
                    metric = "accuracy" if is_right else "error_rate"
                    self._keep(number, verb, metric=metric, doubt="its metric is not named")
                continue
            self._keep(number, verb, metric="correct" if is_right else "errors")
            if not is_right:
                self._parts(token)

    def _parts(self, whole: Token) -> None:
        """Read the parts of a number of errors: "11, 8 of which are T-shirts and 3 trousers"."""
        rest = self.sentence.passage.text[whole.end : whole.end + 200]
        if not re.match(r"[^.;]{0,40}?\d+\s+of\s+(?:which|them|these|those)", rest):
            return
        for found in _PARTS.finditer(rest):
            start = whole.end + found.start("n")
            at = next(
                (n for n, each in enumerate(self.sentence.tokens) if each.start == start), None
            )
            if at is None or at in self.found:
                continue
            self._keep(at, at, metric="errors", subject=found["of"])

    def _durations(self) -> None:
        for at, token in enumerate(self.sentence.tokens):
            before = self.sentence.passage.text[max(0, token.start - 80) : token.start]
            if token.code != "D" or not _LED.search(before):
                continue
            is_each = re.match(r"\s*(?:per|each|/|every)", self.sentence.passage.text[token.end :])
            made = self._keep(at, at, metric="seconds", has_split=False)
            if isinstance(made, PrintedResult):
                doubts = (*made.doubts, "it is for each of something") if is_each else made.doubts
                self.found[at] = replace(made, unit=token.noun, doubts=doubts)

    # What a number is of.

    def _share(self, numbers: Sequence[int], metrics: Sequence[int]) -> None:
        """Give numbers to metrics, models or splits: one by one, or one to all."""
        if numbers and re.search(
            "s[~a]*$", self.sentence.codes[: numbers[0]]
        ):  # "between 85% and 90%"
            return
        if len(metrics) == 1:
            is_share = ["%" in self.sentence.tokens[number].name for number in numbers]
            numbers = [n for n, each in zip(numbers, is_share, strict=True) if each == is_share[0]]
        if len(numbers) == len(metrics):
            for number, metric in zip(numbers, metrics, strict=True):
                self._keep(number, metric)
        elif len(numbers) == 1:
            self._all_alike(numbers[0], metrics)
        elif len(metrics) == 1:
            self._one_each(numbers, metrics[0])

    def _all_alike(self, number: int, metrics: Sequence[int]) -> None:
        first, last = sorted((metrics[0], number))
        between = self.sentence.passage.text[
            self.sentence.tokens[first].start : self.sentence.tokens[last].start
        ]
        is_told = re.search(r"\b(?:all|both|each|score|value|same|equal\w*)\b", between)
        doubt = "" if is_told else "one number for several metrics"
        self._keep(number, metrics[0], doubt=doubt)
        for metric in metrics[1:]:
            self._keep(number, metric, doubt=doubt, again=True)

    def _one_each(self, numbers: Sequence[int], metric: int) -> None:
        names = self._lists("u", metric, numbers)
        splits = self._lists("t", metric, numbers)
        for at, number in enumerate(numbers):
            if len(names) == len(numbers):
                self._keep(number, metric, subject=names[at])
            elif len(splits) == len(numbers):
                self._keep(number, metric, split=splits[at])
            else:
                self._keep(number, metric, doubt="several numbers, each of something not told")

    def _lists(self, code: str, metric: int, numbers: Sequence[int]) -> list[str]:
        """Return the names or splits of the list that stands nearest to some numbers."""
        found = []
        for each in re.finditer(rf"{code}(?:[&a]+{code})*", self.sentence.codes):
            tokens_of = [
                token for token in self.sentence.tokens[slice(*each.span())] if token.code == code
            ]
            names = [name for token in tokens_of for name in (token.names or (token.name,))]
            near = min(abs(each.start() - numbers[-1]), abs(each.end() - numbers[0]))
            if len(names) == len(numbers):
                found.append((near, names))
        return min(found)[1] if found else []

    def _bound(self, number: int) -> Literal["over", "under"] | None:
        before = self.sentence.codes[max(0, number - 3) : number].rstrip("a~")
        if before.endswith((">", "<")):
            return "over" if before.endswith(">") else "under"
        return None

    def _keep(
        self,
        number: int,
        at: int,
        *,
        metric: str = "",
        change: Literal["increase", "decrease"] | None = None,
        subject: str | None = None,
        split: str | None = None,
        has_subject: bool = True,
        has_split: bool = True,
        free_of_bound: bool = False,
        again: bool = False,
        doubt: str = "",
    ) -> Statement | None:
        """Keep a number for a metric, if it is one that the metric can have."""
        token, name = self.sentence.tokens[number], metric or self.sentence.tokens[at].name
        if (number in self.found and not again) or not (change or is_plausible(name, token.name)):
            return None
        rest = self.sentence.passage.text[token.end : token.end + 60]
        if _NORM.match(rest) or (name in PROPORTIONS and _UNIT.match(rest)):
            return None
        doubts = [doubt] if doubt else []
        bound = None if free_of_bound or change else self._bound(number)
        is_aim = _AIM.search(self.sentence.passage.text, max(0, token.start - 90), token.start)
        if is_aim and not bound:
            return None
        if is_aim:
            doubts.append("it may be an aim")
        before = self.sentence.codes[max(0, number - 5) : number]
        is_difference = not change and name != "seconds" and before.rstrip("a~").endswith("b")
        if "N" in before or is_difference:
            return None
        if subject is None and has_subject:
            subject, doubts_of = self.sentence.subject_of(number, at)
            doubts += doubts_of
        if split is None and has_split:
            split, doubts_of = self.sentence.split_of(number, at)
            doubts += doubts_of
        doubts += self._doubts(number)
        made = self._made(number, at, name, bound, change, subject, split, has_subject, doubts)
        if again:
            self.extra.append(made)
        else:
            self.found[number] = made
            self._metric_of[number] = at
        return made

    @cached_property
    def _is_of_others(self) -> bool:
        return _OTHERS.search(self.sentence.passage.text) is not None

    def _doubts(self, number: int) -> Iterator[str]:
        text, token = self.sentence.passage.text, self.sentence.tokens[number]
        before = self.sentence.codes[max(0, number - 3) : number].rstrip("a")
        if before.endswith("~"):
            yield "it is only said to be about that"
        if self._is_of_others:
            yield "it may be of another work"
        if _PERHAPS.search(text, max(0, token.start - 60), token.start):
            yield "it may not be stated as a fact"

    def _made(
        self,
        number: int,
        at: int,
        metric: str,
        bound: Literal["over", "under"] | None,
        change: Literal["increase", "decrease"] | None,
        subject: str | None,
        split: str | None,
        has_subject: bool,
        doubts: Sequence[str],
    ) -> Statement:
        token = self.sentence.tokens[number]
        near = (at - 2, at + 2) if number == at else (at, at)
        start = min(token.start, self.sentence.tokens[max(0, near[0])].start)
        end = max(token.end, self.sentence.tokens[min(near[1], len(self.sentence.tokens) - 1)].end)
        first, last = self.sentence.passage.lines(start, end)
        is_told = has_subject and SEVERAL not in doubts
        model = self.sentence.model_of(number) if is_told else None
        if subject and self.sentence.is_model(subject):
            model = None
        average = _AVERAGE.search(
            self.sentence.passage.text[max(0, self.sentence.tokens[at].start - 25) : start]
        )
        if average and (not subject or self.sentence.is_model(subject)):
            subject, model = f"{average[1].lower()} avg", subject or model
        result = PrintedResult(
            first=first,
            last=last,
            quote=self.sentence.passage.quote(self.sentence.document, start, end),
            doubts=tuple(dict.fromkeys(doubts)),
            value=token.name,
            metric=metric,
            split=split,
            subject=subject,
            sentence=self.sentence.passage.text,
            model=model,
            change=change,
            reference=self._reference(number) if change else None,
        )
        return _limited(result, bound) if bound else result

    def _reference(self, number: int) -> str | None:
        found = re.match(r"p?H[gamt]*h[goamtk]*(u)", self.sentence.codes[number + 1 :])
        return self.sentence.tokens[number + 1 + found.start(1)].names[0] if found else None


def _limited(result: PrintedResult, bound: Literal["over", "under"]) -> Limit:
    return Limit(
        first=result.first,
        last=result.last,
        quote=result.quote,
        doubts=result.doubts,
        value=result.value,
        bound=bound,
        metric=result.metric,
        split=result.split,
        subject=result.subject,
        model=result.model,
    )


def _are_examples(noun: str) -> bool:
    return bool(
        re.search(
            r"image|sample|example|record|observation|instance|row|article|item|point|entr"
            r"|patient|customer|review|document|message|sentence|tweet",
            noun,
        )
    )
