"""Arguments in code as values of a study: numbers, texts, lists and named objects.

Code is parsed, never executed.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

from refashion.backends.keras_listing import table

LONGEST = 2_000
# Names of arguments that Keras has changed.
RENAMED = {"lr": "learning_rate", "alpha": "negative_slope", "decay": "weight_decay"}


class UnclearError(Exception):
    """Code that is no plain value, such as a name that stands for something else."""


def value(text: str, kind: str | None = None) -> Any:
    """Read an argument.

    Parameters
    ----------
    text
        Code, as a listing prints it.
    kind
        What it names, as in the table of Keras: "optimizers", "layers"; None for a plain value.

    Returns
    -------
    Any
        A value as YAML can hold it. A call is a mapping of its name to its arguments.

    Raises
    ------
    UnclearError
        It is no plain value.

    Examples
    --------
    >>> value("(3, 3)"), value("tf.nn.relu"), value("keras.optimizers.Adam(lr=1e-3)", "optimizers")
    ([3, 3], 'relu', {'Adam': {'learning_rate': 0.001}})
    """
    if len(text) > LONGEST:
        raise UnclearError
    try:
        with warnings.catch_warnings(action="ignore"):
            # A transcript may read the letter of l1 and l2 as a digit.
            whole = re.sub(r"\bregularizers\.1(?=[12]\b)", "regularizers.l", text.strip())
            node = ast.parse(whole, mode="eval").body
        return _value(node, kind)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UnclearError from None


def _value(node: ast.expr, kind: str | None) -> Any:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None):
            return node.value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.Tuple() | ast.List():
            return [_value(entry, kind) for entry in node.elts]
        case ast.Attribute():
            return node.attr
        case ast.Call():
            return _call(node, kind)
    raise UnclearError


def _call(node: ast.Call, kind: str | None) -> Any:
    name = _name(node.func)
    order = _order(kind, name)
    given: dict[str, Any] = {}
    for at, entry in enumerate(node.args):
        if at >= len(order):
            raise UnclearError
        given[order[at]] = _value(entry, None)
    for keyword in node.keywords:
        if keyword.arg is None:
            raise UnclearError
        key = keyword.arg if keyword.arg in order else RENAMED.get(keyword.arg, keyword.arg)
        given[key] = _value(keyword.value, None)
    return {name: given} if given else name


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    raise UnclearError


def _order(kind: str | None, name: str) -> list[str]:
    kinds = [kind] if kind else ["layers", "optimizers", "losses", "regularizers", "callbacks"]
    for each in kinds:
        full = table().get("aliases", {}).get(each, {}).get(name, name)
        known = table().get(each)
        if isinstance(known, dict) and full in known:
            return [*known[full]["required"], *known[full]["defaults"]]
    return []
