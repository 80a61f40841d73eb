"""The subset of Jinja that templates may use: function calls, conditions and loops over names.

Everything else is rejected before the template runs. The narrative of a study therefore cannot
access an object, and its running time and memory are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import nodes

from refashion.errors import RefashionError, did_you_mean

# Iterations of the innermost loop.
MOST_ITERATIONS = 10_000
LONGEST_STRING = 200
MOST_CONCATENATED = 20
DEEPEST = 20

_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For),
    *(nodes.Call, nodes.Keyword, nodes.Name, nodes.Const, nodes.List, nodes.Tuple),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.CondExpr, nodes.Concat),
)
_WORDS = {
    nodes.Include: "{% include %}",
    nodes.Extends: "{% extends %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% from %}",
    nodes.Macro: "{% macro %}",
    nodes.CallBlock: "{% call %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.Block: "{% block %}",
    nodes.With: "{% with %}",
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
    nodes.Filter: "a filter (|)",
    nodes.Test: "a test (is)",
    nodes.Getattr: "an attribute (a dot after a name)",
    nodes.Getitem: "an index [ ]",
    nodes.Dict: "a dictionary { }",
}
_RULE = (
    "a template can call functions by name, such as {{ title('cnn') }}, use {% if %}, and "
    "loop over names in quotes with {% for %}"
)


class TemplateMistakeError(RefashionError):
    """A template uses something that is not allowed.

    Attributes
    ----------
    line
        Line of the template, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def check(template: nodes.Template, known: Mapping[str, Any]) -> None:
    """Check that a template uses only the allowed subset of Jinja.

    Parameters
    ----------
    template
        The parsed template.
    known
        The functions and values that the template can use, by name.

    Raises
    ------
    TemplateMistakeError
        At the first expression that is not allowed.
    """
    for node in template.iter_child_nodes():
        _check(node, known, frozenset(), 1, 1)


def _check(
    node: nodes.Node, known: Mapping[str, Any], loops: frozenset[str], iterations: int, depth: int
) -> None:
    if not isinstance(node, _ALLOWED):
        raise TemplateMistakeError(f"{_name_of(node)} is not allowed: {_RULE}", node.lineno)
    if depth > DEEPEST:
        raise TemplateMistakeError(f"nested deeper than {DEEPEST} levels", node.lineno)
    if isinstance(node, nodes.Const):
        _check_text(node)
    elif isinstance(node, nodes.Concat) and len(node.nodes) > MOST_CONCATENATED:
        message = f"more than {MOST_CONCATENATED} strings joined with ~"
        raise TemplateMistakeError(message, node.lineno)
    elif isinstance(node, nodes.Name):
        _check_name(node, known, loops)
    if isinstance(node, nodes.Call):
        _check_function(node, known, loops)
    elif isinstance(node, nodes.For):
        iterations *= max(1, len(_loop_items(node)))
        if iterations > MOST_ITERATIONS:
            message = f"loops of more than {MOST_ITERATIONS:,} iterations"
            raise TemplateMistakeError(message, node.lineno)
        loops |= _loop_variables(node)
    for child in _children(node):
        _check(child, known, loops, iterations, depth + 1)


def _children(node: nodes.Node) -> Iterator[nodes.Node]:
    """Return the child nodes to check: all but names of functions and of loop variables."""
    skipped = {nodes.Call: ["node"], nodes.For: ["target"]}.get(type(node), [])
    return node.iter_child_nodes(exclude=skipped)


def _name_of(node: nodes.Node) -> str:
    if isinstance(node, nodes.BinExpr | nodes.UnaryExpr):
        return "arithmetic"
    return _WORDS.get(type(node), type(node).__name__)


def _check_text(node: nodes.Const) -> None:
    if isinstance(node.value, str) and len(node.value) > LONGEST_STRING:
        message = f"a string of more than {LONGEST_STRING} characters"
        raise TemplateMistakeError(message, node.lineno)


def _check_name(node: nodes.Name, known: Mapping[str, Any], loops: frozenset[str]) -> None:
    if node.name in loops:
        return
    if node.name not in known:
        hint = did_you_mean(node.name, known)
        raise TemplateMistakeError(f"no function {node.name!r}{hint}", node.lineno)
    if callable(known[node.name]):
        message = f"{node.name!r} is a function; call it as {node.name}(...)"
        raise TemplateMistakeError(message, node.lineno)


def _check_function(node: nodes.Call, known: Mapping[str, Any], loops: frozenset[str]) -> None:
    called = node.node
    if not isinstance(called, nodes.Name):
        raise TemplateMistakeError(f"only a function can be called: {_RULE}", node.lineno)
    if called.name in loops or not callable(known.get(called.name)):
        names = [name for name, value in known.items() if callable(value)]
        hint = did_you_mean(called.name, names)
        raise TemplateMistakeError(f"no function {called.name!r}{hint}", node.lineno)
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise TemplateMistakeError(f"* before an argument is not allowed: {_RULE}", node.lineno)


def _loop_items(node: nodes.For) -> list[nodes.Expr]:
    """Return what a loop iterates over: strings, or tuples of strings, written in the template."""
    iterable = node.iter
    if node.recursive or not isinstance(iterable, nodes.List | nodes.Tuple):
        raise TemplateMistakeError(f"a loop needs a list in brackets: {_RULE}", node.lineno)
    for item in iterable.items:
        parts = item.items if isinstance(item, nodes.List | nodes.Tuple) else [item]
        if not all(isinstance(part, nodes.Const) for part in parts):
            raise TemplateMistakeError(f"a loop needs names in quotes: {_RULE}", node.lineno)
    return iterable.items


def _loop_variables(node: nodes.For) -> frozenset[str]:
    target = node.target
    names = target.items if isinstance(target, nodes.Tuple) else [target]
    found = frozenset(name.name for name in names if isinstance(name, nodes.Name))
    if len(found) < len(names):
        raise TemplateMistakeError(f"a loop needs plain variable names: {_RULE}", node.lineno)
    return found
