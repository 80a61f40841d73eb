"""Checks of whole numbers: correct and wrong predictions, examples and steps."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from refashion.checks.consistency.finding import CUT_SINGLE, Finding
from refashion.checks.consistency.number import (
    MeanOf,
    Number,
    Positive,
    PrintedCount,
    Stated,
    count,
    decimal,
    read_proportion,
    single,
)

Counts = Annotated[list[PrintedCount], Field(min_length=1)]


def errors_match_accuracy(
    *, accuracy: Stated, errors: PrintedCount, examples: Positive, mean_of: MeanOf = None
) -> Finding:
    """Check that a number of wrong answers gives the stated accuracy.

    Parameters
    ----------
    accuracy
        Proportion of correct predictions.
    errors
        Number of wrong predictions.
    examples
        Number of all answers.
    mean_of
        What the accuracy is a mean of; then it need not fit the errors.
    """
    stated, wrong, n = read_proportion(accuracy), count(errors), count(examples)
    if mean_of or stated.is_mean:
        return Finding.of_mean(stated, mean_of)
    right = stated.value * n
    exact = Fraction(n - wrong, n)
    return Finding.compare(
        f"{stated.text} of {n:,} is {_about(right)} right answers, {_about(n - right)} wrong; "
        f"with the {wrong:,} stated the accuracy is",
        exact,
        exact,
        stated,
    )


def errors_and_correct(
    *, errors: PrintedCount, correct: PrintedCount, examples: Positive
) -> Finding:
    """Check that wrong and correct predictions add up to the number of examples."""
    return counts_add_up(parts=[errors, correct], total=examples)


def counts_add_up(*, parts: Counts, total: PrintedCount) -> Finding:
    """Check that counts add up to the stated total."""
    numbers = [count(part) for part in parts]
    terms = " + ".join(f"{number:,}" for number in numbers)
    return _equal(terms, sum(numbers), count(total))


def product(*, factors: Annotated[Counts, Field(max_length=100)], result: PrintedCount) -> Finding:
    """Check that the product of counts is the stated result, such as the pixels of an image."""
    numbers = [count(factor) for factor in factors]
    terms = " x ".join(f"{number:,}" for number in numbers)
    found = _equal(terms, math.prod(numbers), count(result))
    # Sizes are no results.
    return replace(found, vacuous=found.consistent)


def grim(*, proportion: Stated, examples: Positive, mean_of: MeanOf = None) -> Finding:
    """Check that some whole count out of the stated number of examples gives a proportion.

    This is the GRIM test (granularity-related inconsistency of means) of Brown and Heathers (2017),
    "The GRIM test: a simple technique detects numerous anomalies in the reporting of results in
    psychology", Social Psychological and Personality Science 8(4), 363-369.

    Parameters
    ----------
    proportion
        Proportion of correct predictions, or of any other subset. If it is printed with all digits
        of a float32, as by Keras, it is compared with that precision.
    examples
        Number of all examples.
    mean_of
        What the proportion is a mean of; then it need not be a count out of the examples.
    """
    stated, n = read_proportion(proportion), count(examples)
    if mean_of or stated.is_mean:
        return Finding.of_mean(stated, mean_of)
    nearest = sorted(
        (_whole(stated, n), *_around(stated, n)), key=lambda k: _distance(stated, k, n)
    )
    for k in nearest:
        exact = Fraction(k, n)
        if 0 <= k <= n and stated.agreement(exact, exact) not in (None, "float32 cut off"):
            found = Finding.compare(f"{k:,} of {n:,} is", exact, exact, stated)
            if Fraction(1, n) > stated.unit and not stated.bound:
                return found
            note = " With so many examples every figure of this precision is possible."
            return Finding(found.consistent, found.detail + note, vacuous=found.consistent)
    below, above = (f"{k:,} is {stated.written(Fraction(k, n))}" for k in _around(stated, n))
    text = f"No whole count out of {n:,} gives {stated.text}: {below}, {above}."
    cut = _cut_off_as_single(stated, n)
    return Finding.only_if(CUT_SINGLE, text + cut) if cut else Finding(False, text)


def steps(*, steps: Positive, examples: Positive, batch_size: Positive) -> Finding:
    """Check the number of steps in an epoch: examples / batch size, rounded up or down.

    Rounded down where the last batch is dropped for having fewer examples than the others.

    Parameters
    ----------
    steps
        Number of steps in a log.
    examples
        Number of examples in an epoch, after any split.
    batch_size
        Number of examples in a step.
    """
    stated, n, size = count(steps), count(examples), count(batch_size)
    made = math.ceil(Fraction(n, size))
    text = f"{n:,} examples in batches of {size:,} make {made:,} steps"
    if made == stated:
        return Finding(True, f"{text}, as stated.")
    if stated == n // size:
        text = f"{n:,} examples make {stated:,} whole batches of {size:,}, as stated"
        return Finding(True, f"{text}; the last {n % size:,} examples are dropped.")
    least, most = (stated - 1) * size + 1, stated * size
    return Finding(
        False,
        f"{text}, not {stated:,}. {_fitting_sizes(stated, n)}; "
        f"with batches of {size:,}, {least:,} to {most:,} examples do.",
    )


def _fitting_sizes(steps: int, n: int) -> str:
    if steps == 1:
        return f"Batches of {n:,} or more give 1 step of {n:,} examples"
    least, most = math.ceil(Fraction(n, steps)), math.ceil(Fraction(n, steps - 1)) - 1
    if most < least:
        return f"No batch size gives {steps:,} steps of {n:,} examples"
    sizes = f"{least:,}" if most == least else f"{least:,} to {most:,}"
    return f"Batches of {sizes} give {steps:,} steps of {n:,} examples"


def _equal(terms: str, made: int, stated: int) -> Finding:
    end = "as stated" if made == stated else f"not {stated:,}"
    return Finding(made == stated, f"{terms} = {made:,}, {end}.")


def _about(number: Fraction) -> str:
    return decimal(number, most=1)


def _whole(stated: Number, n: int) -> int:
    return round(stated.value * n)


def _around(stated: Number, n: int) -> tuple[int, int]:
    """Return the whole counts below and above a proportion."""
    below = math.floor(stated.value * n)
    return below, below + 1


def _distance(stated: Number, k: int, n: int) -> Fraction:
    return abs(Fraction(k, n) - stated.value)


def _cut_off_as_single(stated: Number, n: int) -> str:
    """Explain a figure whose digits are those of a float32, cut off by hand."""
    for k in _around(stated, n):
        kept = single(Fraction(k, n))
        if stated.agreement(kept, kept) == "cut off":
            return f" {k:,} kept as a float32 is {decimal(kept, most=8)}, and gives it if cut off."
    return ""
