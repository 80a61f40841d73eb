"""Questions on settings that are stated more than once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from refashion.audit.checking.case import Case
from refashion.audit.checking.question import Question
from refashion.audit.reading.readings import Setting
from refashion.checks.consistency.settings import are_same
from refashion.wording import setting_text

OTHER_NETWORK = "the two may be of different models or of different attempts"
# Settings of which one network has many.
PER_LAYER = frozenset({"units", "filters", "kernel_size", "pool_size", "activation", "padding"})


def questions(case: Case) -> Iterator[Question]:
    """Ask whether a setting of one model has one value wherever it is stated."""
    groups: dict[tuple[str, str | None], list[Setting]] = defaultdict(list)
    for setting in case.readings.settings:
        if setting.name not in PER_LAYER:
            groups[setting.name, case.owner(setting).model].append(setting)
    for (name, model), stated in groups.items():
        if pair := _differing(stated):
            numbers = {"values": [setting.value for setting in pair]}
            title = f"Setting stated twice: {setting_text(name)}"
            doubts = [OTHER_NETWORK] if model is None or len(_values(stated)) > 2 else ()
            yield Question("same_setting", numbers, pair, title, doubts)


def _values(stated: Sequence[Setting]) -> list[Setting]:
    """Return one setting for each value."""
    distinct: list[Setting] = []
    for setting in stated:
        if not any(are_same(setting.value, other.value) for other in distinct):
            distinct.append(setting)
    return distinct


def _differing(stated: Sequence[Setting]) -> list[Setting]:
    distinct = _values(stated)
    return distinct[:2] if len(distinct) > 1 else []
