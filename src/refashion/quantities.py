"""Types of settings and texts, with all limits in one place.

The limits are generous. They catch typing errors and hostile files when Snakemake starts, before a
job runs out of memory hours later.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import Field

LONGEST_TITLE = 1_000
LONGEST_TEXT = 10_000
# Entries of one list or mapping: runs, claims, rows of a table.
MOST_ENTRIES = 10_000
MOST_CELLS = 10_000
MOST_COLUMNS = 1_000
# Rows that a study lists in place; more stand in a file.
MOST_ROWS = 1_000
MOST_LAYERS = 1_000
MOST_SEEDS = 10_000
MOST_MINUTES = 1_000_000
# Executions of one search for open settings, and combinations of the values that it lists.
MOST_TRIALS = 100_000

# Well within the range of float32, in which networks compute.
SMALLEST, LARGEST = 1e-15, 1e15

Count = Annotated[int, Field(ge=1, le=1_000_000)]
"""A number of epochs, iterations, or examples in a batch."""

CountFrom0 = Annotated[int, Field(ge=0, le=1_000_000)]

RowNumber = Annotated[int, Field(ge=0, lt=1_000_000_000)]
"""The number of an example in its dataset, from 0."""

Examples = Annotated[int, Field(ge=1, le=1_000_000_000)]
"""A number of examples of a dataset."""

Seeds = Annotated[int, Field(ge=1, le=MOST_SEEDS)]

Width = Annotated[int, Field(ge=1, le=100_000)]
"""A number of units or filters in a layer, or of trees in a forest."""

Side = Annotated[int, Field(ge=1, le=1_000)]
"""Side of a convolution or pooling window."""

SideFrom0 = Annotated[int, Field(ge=0, le=1_000)]

Minutes = Annotated[float, Field(gt=0, le=MOST_MINUTES)]
Positive = Annotated[float, Field(ge=SMALLEST, le=LARGEST)]
NotNegative = Annotated[float, Field(ge=0, le=LARGEST)]
Rate = Annotated[float, Field(ge=0, lt=1)]

T = TypeVar("T")
Layers = Annotated[list[T], Field(max_length=MOST_LAYERS)]
SomeLayers = Annotated[list[T], Field(min_length=1, max_length=MOST_LAYERS)]
