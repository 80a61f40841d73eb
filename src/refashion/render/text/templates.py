"""Markdown templates: the narratives of studies and the frame of the report."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from refashion.errors import RefashionError, shown
from refashion.render.text import grammar, markdown
from refashion.render.text.prose import read_prose
from refashion.render.text.time_limit import time_limit

# Characters of a chapter with all its tables; a thousand runs make half a million.
MOST_CHAPTER_CHARACTERS = 4_000_000
FILL_SECONDS = 180

# A whole raw block, a tag, an expression or a comment. Each may be unclosed; otherwise the search
# for an end would be repeated from every opening, in quadratic time.
_TAG = re.compile(
    r"\{%[-+]?\s*raw\s*[-+]?%\}.*?(?:\{%[-+]?\s*endraw\s*[-+]?%\}|\Z)"
    r"|\{%.*?(?:%\}|\Z)|\{\{.*?(?:\}\}|\Z)|<!--.*?(?:-->|\Z)",
    re.DOTALL,
)
_ENDS = {"--": ("<!--", "-->"), "%": ("{%", "%}"), "{": ("{{", "}}")}
_FILLS_NOTHING = re.compile(r"\{%.*?%\}|<!--.*?-->", re.DOTALL)


def fill_template(root: Path, name: str, functions: dict[str, Any]) -> str:
    """Fill a template.

    Parameters
    ----------
    root
        Folder of the project.
    name
        Path of the template relative to `root`.
    functions
        Functions and yes-or-no values that the template can use, by name; see
        `template_functions`.

    Raises
    ------
    RefashionError
        If the template cannot be read, uses something that is not allowed or does not exist, or
        exceeds the limits on time and size. The message names the line.
    """
    return fill_text(read_prose(root, name), name, functions)


def fill_text(written: str, name: str, functions: dict[str, Any]) -> str:
    """Fill a template that has been read or written before; see `fill_template`."""
    environment = _environment()
    try:
        with time_limit(FILL_SECONDS):
            source = _keep_line_ends(written)
            template = _compile(environment, source, name, functions)
            return _join_limited(template.generate(functions))
    except jinja2.TemplateSyntaxError as error:
        raise RefashionError(f"{name}:{error.lineno}: {error.message}") from None
    except grammar.TemplateMistakeError as error:
        raise RefashionError(f"{name}:{error.line}: {error}") from None
    except (RecursionError, SyntaxError, MemoryError):
        raise RefashionError(f"{name}: nested too deeply") from None
    except (RefashionError, jinja2.TemplateError) as error:
        raise RefashionError(f"{name}{_line_suffix(error, name)}: {error}") from error


def _compile(
    environment: jinja2.Environment, source: str, name: str, functions: dict[str, Any]
) -> jinja2.Template:
    parsed = environment.parse(source, name, name)
    grammar.check(parsed, functions)
    return jinja2.Template.from_code(environment, environment.compile(parsed, name, name), {})


def _environment() -> SandboxedEnvironment:
    """Return Jinja for Markdown: inserted values are escaped, and comments are those of HTML."""
    environment = SandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        finalize=markdown.escape,
        comment_start_string="<!--",
        comment_end_string="-->",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for names in (environment.globals, environment.filters, environment.tests):
        names.clear()
    return environment


def _keep_line_ends(source: str) -> str:
    """Change the tags of a template so that Jinja keeps the line ends and blanks around them.

    Jinja removes the line end after every tag, and white space next to a hyphen at the edge of a
    tag, such as in HTML comments. This could join a line with the next one, perhaps a heading.
    Only tags that fill their line lose their line end.
    """

    def kept(match: re.Match[str]) -> str:
        mark = "--" if match[0].startswith("<!--") else match[0][1]
        opens, closes = _ENDS[mark]
        if not match[0].endswith(closes):
            return match[0]
        inner = match[0][len(opens) : -len(closes)].removeprefix("-").rstrip("-+")
        if mark == "--":
            inner = " " + "\n" * inner.count("\n") + " "
        is_last = mark != "{" and source[match.end() : match.end() + 1] == "\n"
        return f"{opens}{inner}{'+' if is_last and shares_line(match) else ''}{closes}"

    def shares_line(match: re.Match[str]) -> bool:
        """Return whether the line holds more than tags."""
        line = source[source.rfind("\n", 0, match.start()) + 1 : match.end()]
        return bool(_FILLS_NOTHING.sub("", line).strip())

    return _TAG.sub(kept, source)


def _join_limited(pieces: Iterable[str]) -> str:
    text, characters = [], 0
    for piece in pieces:
        characters += len(piece)
        if characters > MOST_CHAPTER_CHARACTERS:
            millions = MOST_CHAPTER_CHARACTERS / 1e6
            raise RefashionError(f"more than {millions:g} million characters, tables included")
        text.append(piece)
    return "".join(text)


def _line_suffix(error: BaseException, name: str) -> str:
    """Return ":" and the line of a template where an error was raised; empty if unknown."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == name]
    return f":{lines[-1]}" if lines else ""


def template_functions(provider: Any) -> dict[str, Any]:
    """Return the public methods and boolean properties of an object, by name.

    The methods accept only strings and return only strings or numbers, so that a template cannot
    access an object through them.

    Parameters
    ----------
    provider
        Object whose methods a template can call.
    """
    names = [name for name in dir(type(provider)) if not name.startswith("_")]
    values = {name: getattr(provider, name) for name in names}
    functions = {name: _checked(name, one) for name, one in values.items() if callable(one)}
    return functions | {name: one for name, one in values.items() if isinstance(one, bool)}


def _checked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function so that it checks its arguments and its result."""
    signature = inspect.signature(function)
    expected = ", ".join(map(_argument, signature.parameters.values())) or "no arguments"

    @wraps(function)
    def called(*args: Any, **options: Any) -> Any:
        for value in (*args, *options.values()):
            if not isinstance(value, str):
                raise RefashionError(f"{name}(...) takes strings in quotes, not {shown(value)}")
        try:
            signature.bind(*args, **options)
        except TypeError as error:
            raise RefashionError(f"{name}(...): {error}; it takes {expected}") from None
        try:
            return _checked_result(function(*args, **options))
        except RefashionError:
            raise
        except Exception as error:
            raise RefashionError(f"{name}(...): {type(error).__name__}: {error}") from error

    return called


def _argument(parameter: inspect.Parameter) -> str:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"any number of {parameter.name}"
    is_optional = parameter.default is not parameter.empty
    default = f" (default {parameter.default!r})" if is_optional else ""
    return f"{parameter.name}{default}"


def _checked_result(value: Any) -> str | int | float:
    if not isinstance(value, str | int | float):
        raise TypeError(f"returned {type(value).__name__}, not text or a number")
    return value
