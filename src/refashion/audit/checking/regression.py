"""Questions on scores of regressions that are printed together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from refashion.audit.checking.case import Case, is_far, together
from refashion.audit.checking.question import AuditQuestion
from refashion.audit.reading.readings import PrintedResult

SCORES = {"mae": "mae", "mse": "mse", "rmse": "rmse", "r2": "r2"}
# Lines of one block stand no further apart.
FURTHEST = 2
# MAE / RMSE of all but very skewed errors; only far outside of them is a contradiction.
RATIO_LOW, RATIO_HIGH = "0.3", "1"
OTHER_UNIT = "one of them may be of a scaled or transformed target"
# A sentence does not name the unit of each number.
IN_WORDS = "the sentence may be about scores of two models, or of two scales of the target"
# A square that is further off is of another scale, rather than mistyped.
OTHER_SCALE = 10

Block = dict[str, PrintedResult]


def questions(case: Case) -> Iterator[AuditQuestion]:
    """Ask about each block of scores, and whether all blocks share one variance."""
    blocks = [*_blocks(case), *_rows(case)]
    known = {_values(block) for block in blocks}
    told = [block for block in _sentences(case) if _values(block) not in known]
    for block in blocks:
        yield from _of_block(block)
    for block in told:
        for question in _of_block(block):
            yield replace(question, doubts=[*question.doubts, IN_WORDS])
    yield from _of_variance(case, [*blocks, *told])


def _values(block: Block) -> frozenset[tuple[str, str]]:
    return frozenset((metric, result.value) for metric, result in block.items())


def _blocks(case: Case) -> Iterator[Block]:
    """Yield scores that stand together, by metric."""

    def begins_another(block: Sequence[PrintedResult], result: PrintedResult) -> bool:
        is_again = any(result.metric == other.metric for other in block)
        return is_far(block, result, FURTHEST) or is_again or not _are_of_one(block[-1], result)

    scores = [result for result in case.in_lines if result.metric in SCORES]
    for block in together(scores, begins_another):
        yield {result.metric: result for result in block}


def _are_of_one(one: PrintedResult, other: PrintedResult) -> bool:
    return (one.split, one.subject) == (other.split, other.subject)


def _share_scale(*scores: PrintedResult) -> bool:
    """Whether no unit differs: "RMSE (log)" is no root of "MSE ($²)"."""
    return len({re.sub(r"\W|2|squared", "", score.unit or "") for score in scores}) == 1


def _rows(case: Case) -> Iterator[Block]:
    """Yield the scores in rows of tables."""
    rows: dict[tuple[int, str | None, str | None], Block] = {}
    for result in case.tabulated:
        if result.metric in SCORES:
            rows.setdefault((result.first, result.subject, result.split), {}).setdefault(
                result.metric, result
            )
    yield from rows.values()


def _sentences(case: Case) -> Iterator[Block]:
    """Yield the scores that a sentence gives of one model."""
    scores = (r for r in case.readings.results if r.metric in SCORES and r.change is None)
    for sentence, results in groupby(scores, lambda result: result.sentence):
        block = [*results] if sentence else []
        by_metric = {result.metric: result for result in block}
        subjects = {(result.subject, result.model, result.split) for result in block}
        compares = len(by_metric) < len(block)
        if len(subjects) == 1 and block[0].subject and not compares:
            yield by_metric


def _of_block(block: Block) -> Iterator[AuditQuestion]:
    texts = {name: result.value for name, result in block.items()}
    if {"rmse", "mse"} <= block.keys() and _share_scale(block["rmse"], block["mse"]):
        root, square = _value(texts["rmse"]), _value(texts["mse"])
        is_far = not square / OTHER_SCALE < root**2 < square * OTHER_SCALE
        yield AuditQuestion(
            "root_of",
            {"root": texts["rmse"], "square": texts["mse"]},
            [block["rmse"], block["mse"]],
            "RMSE and MSE",
            [OTHER_UNIT] if is_far else (),
        )
    if {"mae", "rmse"} <= block.keys() and _share_scale(block["mae"], block["rmse"]):
        limits = {"low": RATIO_LOW, "high": RATIO_HIGH}
        yield AuditQuestion(
            "unit_slip",
            {"stated": texts["mae"], "reference": texts["rmse"], **limits},
            [block["mae"], block["rmse"]],
            "Size of MAE beside RMSE",
            [OTHER_UNIT],
        )


def _of_variance(case: Case, blocks: list[Block]) -> Iterator[AuditQuestion]:
    """Ask whether R2 of every block follows from the variance that the worst block implies."""
    whole = [block for block in blocks if {"r2", "mse"} <= block.keys()]
    by_split: dict[tuple[str | None, str], list[Block]] = {}
    for block in whole:
        owner = case.owner(block["r2"])
        top = owner.section[0] if owner.section else ""
        by_split.setdefault((owner.split, top), []).append(block)
    for alike in by_split.values():
        worst = min(alike, key=lambda block: _value(block["r2"].value))
        for block in alike:
            if block is not worst and _have_one_scale(block, worst):
                numbers = {
                    "r2": block["r2"].value,
                    "mse": block["mse"].value,
                    "baseline_r2": worst["r2"].value,
                    "baseline_mse": worst["mse"].value,
                }
                about = [block["r2"], block["mse"], worst["r2"], worst["mse"]]
                doubts = ["the two models may have been tested on different examples"]
                yield AuditQuestion(
                    "r2_matches_mse", numbers, about, "R2, MSE and variance", doubts
                )


def _have_one_scale(one: Block, other: Block) -> bool:
    """Whether the variances that MSE and R2 imply are not of two scales of the target."""
    a, b = (_variance(block) for block in (one, other))
    return a is None or b is None or max(a, b) <= OTHER_SCALE * min(a, b)


def _variance(block: Block) -> float | None:
    """Return MSE / (1 - R2); None where R2 leaves it open."""
    text = block["r2"].value
    rest = 1 - _value(text) / (100 if "%" in text else 1)
    return _value(block["mse"].value) / rest if rest > 0 else None


def _value(text: str) -> float:
    try:
        return float(text.replace(",", "").rstrip("% "))
    except ValueError:
        return 0.0
