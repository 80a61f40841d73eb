"""Templates in Markdown: the frame of a page and the narratives of studies."""

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
from refashion.render.text.limits import within
from refashion.render.text.prose import read_prose

# Letters of a chapter with all its tables; a thousand runs make half a million.
LARGEST = 4_000_000
SECONDS = 180

# A raw block as a whole, a tag, a value, or a comment; the last of them may have no end. Without
# that, the search for an end would be made again from every beginning.
_TAG = re.compile(
    r"\{%[-+]?\s*raw\s*[-+]?%\}.*?(?:\{%[-+]?\s*endraw\s*[-+]?%\}|\Z)"
    r"|\{%.*?(?:%\}|\Z)|\{\{.*?(?:\}\}|\Z)|<!--.*?(?:-->|\Z)",
    re.DOTALL,
)
_ENDS = {"--": ("<!--", "-->"), "%": ("{%", "%}"), "{": ("{{", "}}")}
_FILLS_NOTHING = re.compile(r"\{%.*?%\}|<!--.*?-->", re.DOTALL)


def filled(root: Path, name: str, calls: dict[str, Any]) -> str:
    """Fill a template, or say where in it the mistake is.

    Parameters
    ----------
    root
        Folder of the project.
    name
        Path of the template within it.
    calls
        What it can call, by name; see `public`.

    Raises
    ------
    RefashionError
        The template cannot be read, says what it may not, asks for what there is not, or takes more
        than some minutes or megabytes. The message names its line.
    """
    written = read_prose(root, name)
    environment = _environment()
    try:
        with within(SECONDS):
            source = _with_line_ends(written)
            return _limited(_template(environment, source, name, calls).generate(calls))
    except jinja2.TemplateSyntaxError as error:
        raise RefashionError(f"{name}:{error.lineno}: {error.message}") from None
    except grammar.MistakeError as error:
        raise RefashionError(f"{name}:{error.line}: {error}") from None
    except (RecursionError, SyntaxError, MemoryError):
        raise RefashionError(f"{name}: nested too deeply") from None
    except (RefashionError, jinja2.TemplateError) as error:
        raise RefashionError(f"{name}{_line(error, name)}: {error}") from error


def _template(
    environment: jinja2.Environment, source: str, name: str, calls: dict[str, Any]
) -> jinja2.Template:
    read = environment.parse(source, name, name)
    grammar.check(read, calls)
    return jinja2.Template.from_code(environment, environment.compile(read, name, name), {})


def _environment() -> SandboxedEnvironment:
    """Jinja for Markdown: what is filled in is escaped; comments are those of HTML."""
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


def _with_line_ends(source: str) -> str:
    """Keep the end of a line that a tag ends but does not fill, and what stands around a tag.

    Jinja takes the end of a line away after every tag, and blanks around one that begins or ends
    with a hyphen, as comments of HTML do. It would join a line and the next, perhaps a heading.
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
        return f"{opens}{inner}{'+' if is_last and fills(match) else ''}{closes}"

    def fills(match: re.Match[str]) -> bool:
        """Whether there is more on its line than tags."""
        line = source[source.rfind("\n", 0, match.start()) + 1 : match.end()]
        return bool(_FILLS_NOTHING.sub("", line).strip())

    return _TAG.sub(kept, source)


def _limited(pieces: Iterable[str]) -> str:
    text, letters = [], 0
    for piece in pieces:
        letters += len(piece)
        if letters > LARGEST:
            raise RefashionError(
                f"more than {LARGEST / 1e6:g} million letters, with all its tables"
            )
        text.append(piece)
    return "".join(text)


def _line(error: BaseException, name: str) -> str:
    """Say at which line of a template an error came up, if at any."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == name]
    return f":{lines[-1]}" if lines else ""


def public(made: Any) -> dict[str, Any]:
    """Give what a template can use of an object: its public methods and yes-or-no facts, by name.

    Methods take texts and give text or numbers; nobody can reach an object through them.
    """
    names = [name for name in dir(type(made)) if not name.startswith("_")]
    values = {name: getattr(made, name) for name in names}
    functions = {name: _checked(name, one) for name, one in values.items() if callable(one)}
    return functions | {name: one for name, one in values.items() if isinstance(one, bool)}


def _checked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function that says what is wrong with how it is called."""
    signature = inspect.signature(function)
    taken = ", ".join(map(_argument, signature.parameters.values())) or "nothing"

    @wraps(function)
    def called(*args: Any, **options: Any) -> Any:
        for value in (*args, *options.values()):
            if not isinstance(value, str):
                raise RefashionError(f"{name}(...) takes texts in quotes, not {shown(value)}")
        try:
            signature.bind(*args, **options)
        except TypeError as error:
            raise RefashionError(f"{name}(...): {error}; it takes {taken}") from None
        try:
            return _plain(function(*args, **options))
        except RefashionError:
            raise
        except Exception as error:
            raise RefashionError(f"{name}(...): {type(error).__name__}: {error}") from error

    return called


def _argument(parameter: inspect.Parameter) -> str:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"any number of {parameter.name}"
    is_optional = parameter.default is not parameter.empty
    return (
        f"{parameter.name} ({parameter.default!r} if left out)" if is_optional else parameter.name
    )


def _plain(value: Any) -> str | int | float:
    if not isinstance(value, str | int | float):
        raise TypeError(f"it gives no text, but {type(value).__name__}")
    return value
