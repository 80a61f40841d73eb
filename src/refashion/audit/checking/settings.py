"""Questions on settings that are stated more than once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from refashion.audit.checking.case import Case
from refashion.audit.checking.question import AuditQuestion
from refashion.audit.reading import models
from refashion.audit.reading.readings import Setting, Size
from refashion.checks.consistency.settings import are_same

OTHER_ATTEMPT = "one of them may be of another attempt or another model"
EXAMPLE = "one of the sizes may be an example only"
# Settings of which one network has many, a value a layer.
PER_LAYER = frozenset(
    {"units", "filters", "kernel_size", "pool_size", "activation", "padding", "strides", "dropout"}
    | {"layers", "alpha"}
)
# Words that leave open which of several is meant.
GENERIC = frozenset({"cross-entropy", "cross entropy", "entropy", "zero"})
_RESIZES = (
    r"(?:re-?siz\w+|re-?scal\w+|crop\w*|cut|patch\w*|padd\w+|(?:down|up)-?(?:sampl|scal|siz)\w+"
    r"|shr[aiu]nk\w*|enlarg\w+)"
)
# "images were resized to", "we cropped the images"
_RESIZED = re.compile(
    rf"\bimages?\W+(?:\w+\W+){{0,4}}{_RESIZES}\b|\b{_RESIZES}\W+(?:\w+\W+){{0,3}}images?\b"
    r"|\bthumbnails?\b",
    re.IGNORECASE,
)
# Lines between two sentences that are about different things.
APART = 3

Groups = dict[tuple[str, str | None], list[Setting]]


def questions(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether sentences agree with each other, and with the code.

    A report may tell of attempts that it does not name as such, so what differs is doubtful. Only
    where code and its own comment differ, both are of one network for sure.
    """
    used = [s for s in case.readings.settings if s.is_used and s.value.lower() not in GENERIC]
    told = _by_model(case, [setting for setting in used if not setting.is_code])
    written = [setting for setting in used if setting.is_code]
    for (name, _), stated in told.items():
        in_code = [setting for setting in written if setting.name == name]
        yield from _against_code(case, stated, in_code)
        is_asked = in_code or name in PER_LAYER  # one question on a setting is enough
        if not is_asked and len(distinct := _distinct(stated)) == 2 and _are_apart(distinct):
            yield _question(name, distinct, [OTHER_ATTEMPT])
    yield from _images(case)


def _by_model(case: Case, stated: Sequence[Setting]) -> Groups:
    """Group settings by what they are of; one under a heading of two models is of both."""
    groups: Groups = defaultdict(list)
    for setting in stated:
        for model in _models(case, setting):
            groups[setting.name, model].append(setting)
    return groups


def _models(case: Case, setting: Setting) -> list[str | None]:
    owner = case.owner(setting)
    named = [models.key(name[0]) for name in models.NAME.finditer((owner.section or ("",))[-1])]
    return [*dict.fromkeys(named)] if len({*named}) > 1 else [owner.model]


def _against_code(
    case: Case, told: Sequence[Setting], written: Sequence[Setting]
) -> Iterator[AuditQuestion]:
    """Ask about a value in a sentence that stands nowhere in the code."""
    for setting in _distinct(told):
        if written and not any(are_same(setting.value, other.value) for other in written):
            nearest = min(written, key=lambda other: abs(other.first - setting.first))
            is_comment = _is_beside(case, setting, nearest)
            values = _distinct([setting, nearest])
            if not is_comment and _names(case, setting, nearest.value):
                continue
            if len(values) > 1 and (is_comment or setting.name not in PER_LAYER):
                yield _question(setting.name, values, [] if is_comment else [OTHER_ATTEMPT])


def _names(case: Case, told: Setting, value: str) -> bool:
    """Whether a sentence names the value in the code as well: "128, and 64 for the small one"."""
    text = case.around(told)
    return bool(re.search(rf"(?<![\w.]){re.escape(value)}(?![\w]|\.\d)", text))


def _is_beside(case: Case, told: Setting, written: Setting) -> bool:
    """Whether a sentence stands in the text of the function that the code is of."""
    if told.subject is None or told.subject != written.subject or told.first > written.first:
        return False
    between = case.document.lines[told.first - 1 : written.first]
    return any('"""' in line.text or "'''" in line.text for line in between)


def _are_apart(pair: Sequence[Setting]) -> bool:
    """Whether two settings stand in different sentences: one that names both compares them."""
    return abs(pair[0].first - pair[1].first) >= APART


def _distinct(stated: Sequence[Setting]) -> list[Setting]:
    """Return one setting for each value."""
    found: list[Setting] = []
    for setting in stated:
        if not any(are_same(setting.value, other.value) for other in found):
            found.append(setting)
    return found


def _question(name: str, pair: Sequence[Setting], doubts: Sequence[str]) -> AuditQuestion:
    numbers = {"values": [setting.value for setting in pair]}
    title = f"A setting with two values: {name.replace('_', ' ')}"
    return AuditQuestion("same_setting", numbers, pair, title, doubts)


def _images(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether images have one size, if the text does not tell that it changes."""
    if _RESIZED.search(case.document.text):
        return
    sizes: dict[str, Size] = {}
    for size in case.readings.sizes:
        if size.of == "pixels":
            sizes.setdefault("x".join(size.value.split("x")[:2]), size)
    if len(sizes) == 2:
        pair = [*sizes.values()]
        numbers = {"values": [*sizes]}
        yield AuditQuestion("same_setting", numbers, pair[::-1], "Size of images", [EXAMPLE])
