"""Reading of YAML files that contain only plain data.

Refused, with the line: duplicate keys, anchors, aliases, merge keys, tags, deep nesting, large
files, long lists and texts, invisible characters, and other means of making a file mean something
else than it shows. Scalars follow YAML 1.2, as editors understand them: `no` is text, and `1e-3` is
a number. Keys are text as written: `0` is "0".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from refashion.errors import ConfigError, shown
from refashion.quantities import LONGEST_TEXT, MOST_ENTRIES
from refashion.regular_files import UnfitFileError, open_regular

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_DIGITS = 18  # of an integer, to fit in 64 bits
MOST_ISSUES = 50

# Of the control characters, text needs only line ends and tabs. Characters that change the writing
# direction can disguise a line; surrogates and the last two are not valid in any file.
INVISIBLE = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

TAG = "tag:yaml.org,2002:"
KEY_TAGS = {f"{TAG}{kind}" for kind in ("str", "int", "float")}
LONGEST_KEY = 200
# The mapping with a key `true`, which names the column of true answers.
WITH_TRUE = "results.columns."
SCALARS = {
    "null": (r"~|null|Null|NULL|", "~nN"),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+", "-+0123456789"),
    "float": (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    "merge": (r"<<", "<"),
}


if TYPE_CHECKING:
    from yaml import SafeLoader
else:
    SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(SafeLoader):
    """PyYAML's safe loader, in C if available, with the scalars of YAML 1.2."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Construct a mapping whose keys are text."""
        for key, _ in node.value:
            key.tag = f"{TAG}str"
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {}  # Not the inherited ones.
for _kind, (_pattern, _first) in SCALARS.items():
    _first_letters = [*_first, ""] if _kind == "null" else list(_first)
    Loader.add_implicit_resolver(TAG + _kind, re.compile(f"(?:{_pattern})$"), _first_letters)
# PyYAML's own constructors follow YAML 1.1, in which 010 is eight.
Loader.add_constructor(TAG + "int", lambda loader, node: int(node.value))
Loader.add_constructor(TAG + "float", lambda loader, node: float(node.value))


class YamlIssue(NamedTuple):
    """A reason to refuse a file: its line, from 0, and the message."""

    line: int
    text: str


def load(path: Path) -> dict[str, Any]:
    """Read a YAML file that contains a mapping.

    Parameters
    ----------
    path
        File to read.

    Returns
    -------
    dict
        Nested mappings with text keys, lists, text, finite numbers, booleans and None.

    Raises
    ------
    ConfigError
        The file is missing, unreadable or refused. The message has a line for each problem, with
        its line number.
    """
    text = _text(path)
    try:
        _refuse(path, _risky(yaml.parse(text, Loader=Loader)))
        node = yaml.compose(text, Loader=Loader)
        if not isinstance(node, yaml.MappingNode):
            content = "a list or a single value" if node else "nothing"
            raise ConfigError(
                f"{path}: line 1: contains {content}; accepted: a mapping, `key: value`"
            )
        _refuse(path, _unclear(node))
        return Loader("").construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{path}: {_syntax(error, text)}") from None


def scalar(text: str) -> Any:
    """Parse text in the same way as a value in a file.

    Examples
    --------
    >>> scalar("500"), scalar("null"), scalar("headline")
    (500, None, 'headline')
    """
    # Invalid bytes on a command line arrive as surrogates.
    text = text.encode("utf-8", "backslashreplace").decode()
    loader = Loader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    node = yaml.ScalarNode(tag, text)
    is_value = tag != f"{TAG}merge" and not list(_too_large(node))
    return loader.construct_document(node) if is_value else text


def _text(path: Path) -> str:
    try:
        with open_regular(path, MAX_BYTES) as file:
            return _decoded(path, file.read())
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; run this in the project folder") from None
    except UnfitFileError as error:
        raise ConfigError(f"{path}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def _decoded(path: Path, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: line {line}: not UTF-8; save the file as UTF-8") from None
    if match := yaml.reader.Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise ConfigError(f"{path}: line {line}: control character {match[0]!r}; remove it")
    return text


def _refuse(path: Path, issues: Iterable[YamlIssue]) -> None:
    found = sorted(islice(issues, MOST_ISSUES))
    if lines := [f"{path}: line {line + 1}: {text}" for line, text in found]:
        raise ConfigError("\n".join(lines))


def _syntax(error: yaml.MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}: " if mark else ""
    line = text.splitlines()[mark.line : mark.line + 1] if mark else []
    if any("\t" in each[: len(each) - len(each.lstrip())] for each in line):
        return f"{where}not valid YAML: a tab at the start; accepted: spaces, which YAML needs"
    if isinstance(error, yaml.composer.ComposerError):
        return f"{where}a second document; accepted: one document, without `---` in between"
    return f"{where}not valid YAML: {error.problem}; check indentation, quotes and colons there"


def _risky(events: Iterable[yaml.Event]) -> Iterator[YamlIssue]:
    """Find what must not reach the composer, which recurses and copies the targets of aliases."""
    depth = 0
    for event in events:
        line = event.start_mark.line if event.start_mark else 0
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            yield YamlIssue(line, f"alias *{anchor}; write the value out")
        elif anchor:
            yield YamlIssue(line, f"anchor &{anchor}; remove it, and write every value out")
        if tag:
            yield YamlIssue(line, f"tag {shown(tag)}; remove it, plain values need no tag")
        depth += isinstance(event, yaml.CollectionStartEvent)
        if depth > MAX_DEPTH and isinstance(event, yaml.CollectionStartEvent):
            yield YamlIssue(line, f"nested more than {MAX_DEPTH} levels deep")
            return
        depth -= isinstance(event, yaml.CollectionEndEvent)


def _unclear(node: yaml.Node, where: str = "") -> Iterator[YamlIssue]:
    if isinstance(node, yaml.ScalarNode):
        yield from _too_large(node, where)
        yield from _unclear_text(node, where.removesuffix("."))
    elif len(node.value) > MOST_ENTRIES:
        excess = f"{len(node.value):,} entries; accepted: at most {MOST_ENTRIES:,}"
        yield YamlIssue(node.start_mark.line, f"{where.removesuffix('.') or 'all'}: {excess}")
    elif isinstance(node, yaml.MappingNode):
        yield from _unclear_keys(node, where)
        for key, value in node.value:
            yield from _unclear(value, f"{where}{_key_name(key)}.")
    elif isinstance(node, yaml.SequenceNode):
        for number, entry in enumerate(node.value):
            yield from _unclear(entry, f"{where.removesuffix('.')}[{number}].")


def _unclear_text(node: yaml.ScalarNode, where: str) -> Iterator[YamlIssue]:
    line, text = node.start_mark.line, node.value
    if len(text) > LONGEST_TEXT:
        excess = f"{len(text):,} characters; accepted: at most {LONGEST_TEXT:,}"
        yield YamlIssue(line, f"{where}: {shown(text)}; {excess}")
    if match := INVISIBLE.search(text):
        yield YamlIssue(line, f"{where}: control character {match[0]!r}; accepted: visible text")


def _key_name(key: yaml.Node) -> str:
    if not isinstance(key, yaml.ScalarNode):
        return "?"
    return key.value if key.value.isprintable() else shown(key.value)


def _unclear_keys(node: yaml.MappingNode, where: str) -> Iterator[YamlIssue]:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line
        if key.tag == f"{TAG}merge":
            yield YamlIssue(line, f"{where}<<: merge key; write the values out")
        elif key.tag not in KEY_TAGS and not (key.value == "true" and where.endswith(WITH_TRUE)):
            yield YamlIssue(line, f"{where}{_key_name(key)}: the key is not text; put it in quotes")
        elif INVISIBLE.search(key.value) or len(key.value) > LONGEST_KEY:
            accepted = f"accepted: at most {LONGEST_KEY} characters, no control characters"
            yield YamlIssue(line, f"{where}{shown(key.value)}: not a valid key; {accepted}")
        elif key.value in lines:
            first = lines[key.value] + 1
            yield YamlIssue(
                line, f"{where}{_key_name(key)}: duplicate key, first on line {first}; keep one"
            )
        else:
            lines[key.value] = line


def _too_large(node: yaml.ScalarNode, where: str = "") -> Iterator[YamlIssue]:
    is_int = node.tag == f"{TAG}int" and len(node.value.lstrip("-+")) > MAX_DIGITS
    if is_int or (node.tag == f"{TAG}float" and not math.isfinite(float(node.value))):
        line = node.start_mark.line if node.start_mark else 0
        yield YamlIssue(line, f"{where.removesuffix('.')}: {shown(node.value)}; number too large")
