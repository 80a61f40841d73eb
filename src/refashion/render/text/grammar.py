"""What a template may say: call a function by its name, choose, and go through a list of names.

Everything else that Jinja knows is refused before anything runs, so that a text which comes with a
study can neither reach an object nor take more than a known time and memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import nodes

from refashion.errors import RefashionError, did_you_mean

# How often the innermost of loops may be gone through.
MOST_ROUNDS = 10_000
LONGEST_TEXT = 200
MOST_PIECES = 20
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
    nodes.Getattr: "a full stop after a name",
    nodes.Getitem: "an index [ ]",
    nodes.Dict: "a dictionary { }",
}
_RULE = (
    "a template calls functions by name, as in {{ title('cnn') }}, chooses with {% if %}, and "
    "goes through names in quotes with {% for %}"
)


class MistakeError(RefashionError):
    """A template says what it may not.

    Attributes
    ----------
    line
        Where, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def check(template: nodes.Template, known: Mapping[str, Any]) -> None:
    """See that a template says only what it may.

    Parameters
    ----------
    template
        What Jinja has read.
    known
        Functions and facts by name.

    Raises
    ------
    MistakeError
        It says something else; the first such place.
    """
    for node in template.iter_child_nodes():
        _check(node, known, frozenset(), 1, 1)


def _check(
    node: nodes.Node, known: Mapping[str, Any], loops: frozenset[str], rounds: int, depth: int
) -> None:
    if not isinstance(node, _ALLOWED):
        raise MistakeError(f"{_called(node)} is not allowed: {_RULE}", node.lineno)
    if depth > DEEPEST:
        raise MistakeError(f"nested deeper than {DEEPEST} levels", node.lineno)
    if isinstance(node, nodes.Const):
        _check_text(node)
    elif isinstance(node, nodes.Concat) and len(node.nodes) > MOST_PIECES:
        raise MistakeError(f"more than {MOST_PIECES} texts put together with ~", node.lineno)
    elif isinstance(node, nodes.Name):
        _check_name(node, known, loops)
    if isinstance(node, nodes.Call):
        _check_function(node, known, loops)
    elif isinstance(node, nodes.For):
        rounds *= max(1, len(_listed(node)))
        if rounds > MOST_ROUNDS:
            raise MistakeError(f"loops of more than {MOST_ROUNDS:,} rounds", node.lineno)
        loops |= _targets(node)
    for child in _inside(node):
        _check(child, known, loops, rounds, depth + 1)


def _inside(node: nodes.Node) -> Iterator[nodes.Node]:
    """Give what is to be checked within a node: not names that are functions or are given."""
    passed = {nodes.Call: ["node"], nodes.For: ["target"]}.get(type(node), [])
    return node.iter_child_nodes(exclude=passed)


def _called(node: nodes.Node) -> str:
    if isinstance(node, nodes.BinExpr | nodes.UnaryExpr):
        return "arithmetic"
    return _WORDS.get(type(node), type(node).__name__)


def _check_text(node: nodes.Const) -> None:
    if isinstance(node.value, str) and len(node.value) > LONGEST_TEXT:
        raise MistakeError(f"a text in quotes of more than {LONGEST_TEXT} letters", node.lineno)


def _check_name(node: nodes.Name, known: Mapping[str, Any], loops: frozenset[str]) -> None:
    if node.name in loops:
        return
    if node.name not in known:
        hint = did_you_mean(node.name, known)
        raise MistakeError(f"no function {node.name!r}{hint}", node.lineno)
    if callable(known[node.name]):
        raise MistakeError(f"a function is called, as in {node.name}(...)", node.lineno)


def _check_function(node: nodes.Call, known: Mapping[str, Any], loops: frozenset[str]) -> None:
    called = node.node
    if not isinstance(called, nodes.Name):
        raise MistakeError(f"only a function can be called: {_RULE}", node.lineno)
    if called.name in loops or not callable(known.get(called.name)):
        names = [name for name, value in known.items() if callable(value)]
        hint = did_you_mean(called.name, names)
        raise MistakeError(f"no function {called.name!r}{hint}", node.lineno)
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise MistakeError(f"* before an argument is not allowed: {_RULE}", node.lineno)


def _listed(node: nodes.For) -> list[nodes.Expr]:
    """Give what a loop goes through: texts, or groups of texts, that stand in the template."""
    through = node.iter
    if node.recursive or not isinstance(through, nodes.List | nodes.Tuple):
        raise MistakeError(f"a loop goes through a list in brackets: {_RULE}", node.lineno)
    for item in through.items:
        parts = item.items if isinstance(item, nodes.List | nodes.Tuple) else [item]
        if not all(isinstance(part, nodes.Const) for part in parts):
            raise MistakeError(f"a loop goes through names in quotes: {_RULE}", node.lineno)
    return through.items


def _targets(node: nodes.For) -> frozenset[str]:
    target = node.target
    names = target.items if isinstance(target, nodes.Tuple) else [target]
    found = frozenset(name.name for name in names if isinstance(name, nodes.Name))
    if len(found) < len(names):
        raise MistakeError(f"a loop names what it goes through: {_RULE}", node.lineno)
    return found
