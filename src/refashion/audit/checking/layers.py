"""Questions on tables of layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from refashion.audit.checking.case import Case
from refashion.audit.checking.question import AuditQuestion
from refashion.audit.reading.readings import LayerTable


def questions(case: Case) -> Iterator[AuditQuestion]:
    """Ask about each table of layers."""
    for table in case.readings.layer_tables:
        yield from _of_table(table)


def _of_table(table: LayerTable) -> Iterator[AuditQuestion]:
    """Ask whether the parameters follow from the shapes, and whether they add up."""
    for before, layer in pairwise(table.layers):
        inputs, outputs = _sizes(before.shape), _sizes(layer.shape)
        if inputs and outputs:
            numbers = {
                "layer": layer.type,
                "inputs": inputs,
                "outputs": outputs,
                "parameters": str(layer.parameters),
            }
            yield AuditQuestion("layer_parameters", numbers, [table], f"Parameters of {layer.name}")
    if table.total is not None:
        parts = [str(layer.parameters) for layer in table.layers]
        numbers = {"parts": parts, "total": str(table.total)}
        yield AuditQuestion("counts_add_up", numbers, [table], "Parameters of the network")
    if None not in (table.total, table.trainable, table.fixed):
        numbers = {"parts": [str(table.trainable), str(table.fixed)], "total": str(table.total)}
        yield AuditQuestion("counts_add_up", numbers, [table], "Trainable and other parameters")


def _sizes(shape: Sequence[int | None]) -> list[int]:
    """Return the sizes behind the number of examples; none if one of them is not known."""
    known = [size for size in shape[1:] if size]
    return known if len(known) == len(shape) - 1 else []
