"""Questions on scores of regressions that are printed together."""

from __future__ import annotations

from collections.abc import Iterator

from refashion.audit.checking.case import Case
from refashion.audit.checking.question import AuditQuestion
from refashion.audit.reading.readings import PrintedResult

SCORES = {"mae": "mae", "mse": "mse", "rmse": "rmse", "r2": "r2"}
# Lines of one block stand no further apart.
FURTHEST = 2
# MAE / RMSE of all but very skewed errors; only far outside of them is a contradiction.
RATIO_LOW, RATIO_HIGH = "0.3", "1"

Block = dict[str, PrintedResult]


def questions(case: Case) -> Iterator[AuditQuestion]:
    """Ask about each block of scores, and whether all blocks share one variance."""
    blocks = [*_blocks(case), *_rows(case)]
    for block in blocks:
        yield from _of_block(block)
    yield from _of_variance(case, blocks)


def _blocks(case: Case) -> Iterator[Block]:
    """Yield scores that stand together, by metric."""
    scores = [
        result
        for result in sorted(case.readings.results, key=lambda result: result.first)
        if result.metric in SCORES and result.change is None and not result.is_sentence
    ]
    block: Block = {}
    for result in scores:
        previous = [*block.values()]
        is_far = previous and result.first - previous[-1].last > FURTHEST
        if is_far or result.metric in block or (previous and result.split != previous[-1].split):
            yield block
            block = {}
        block[result.metric] = result
    if block:
        yield block


def _rows(case: Case) -> Iterator[Block]:
    """Yield the scores in rows of tables."""
    rows: dict[tuple[int, str | None, str | None], Block] = {}
    for result in case.tabulated:
        if result.metric in SCORES:
            rows.setdefault((result.first, result.subject, result.split), {}).setdefault(
                result.metric, result
            )
    yield from rows.values()


def _of_block(block: Block) -> Iterator[AuditQuestion]:
    texts = {name: result.value for name, result in block.items()}
    if {"rmse", "mse"} <= block.keys():
        yield AuditQuestion(
            "root_of",
            {"root": texts["rmse"], "square": texts["mse"]},
            [block["rmse"], block["mse"]],
            "RMSE and MSE",
        )
    if {"mae", "rmse"} <= block.keys():
        limits = {"low": RATIO_LOW, "high": RATIO_HIGH}
        yield AuditQuestion(
            "unit_slip",
            {"stated": texts["mae"], "reference": texts["rmse"], **limits},
            [block["mae"], block["rmse"]],
            "Size of MAE beside RMSE",
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
            if block is not worst:
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


def _value(text: str) -> float:
    try:
        return float(text.replace(",", "").rstrip("% "))
    except ValueError:
        return 0.0
