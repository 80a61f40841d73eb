"""Types of the fields in the YAML files."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from refashion.quantities import LONGEST_TEXT, LONGEST_TITLE, Count, Examples, Minutes, Positive
from refashion.spec.problems import NAME_RULE, UNKNOWN

__all__ = ["Count", "Examples", "Minutes", "Positive"]

NAME = r"^[a-z][a-z0-9_]{0,63}$"
# Words that Snakemake, pandas or other YAML parsers do not read as text.
RESERVED_WORDS = ("false", "inf", "infinity", "nan", "no", "null", "off", "on", "true", "yes")
_READ_AS = "other programs read it as a number, as true or false, or as nothing"
# Snakemake suspects an endless recursion if the end of a wildcard repeats twenty times.
_ENDLESS = r"(.+?)\1{19,}$"

# Invisible letters that Unicode does not class as white space.
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"


def known(name: str, info: ValidationInfo) -> str:
    """Accept the names that the context lists for the field; without a list, accept all."""
    names = (info.context or {}).get(info.field_name)
    if names is not None and name not in names:
        raise PydanticCustomError(UNKNOWN, UNKNOWN, {"names": names})
    return name


def _as_written(value: Any) -> Any:
    """Convert a whole number to text, because classes may be called 0 to 9."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def why_invalid(text: str) -> str | None:
    """Return why a word that matches `NAME` is still not a valid name, or None if it is.

    Examples
    --------
    >>> why_invalid("nan")
    'other programs read it as a number, as true or false, or as nothing'
    >>> why_invalid("my_report")
    """
    if text in RESERVED_WORDS:
        return _READ_AS
    if re.search(_ENDLESS, text):
        return "its end repeats twenty times or more, which Snakemake does not accept"
    return None


def _name(text: str) -> str:
    if why := why_invalid(text):
        raise ValueError(f"{why}; accepted: another name")
    return text


def _id(text: str) -> str:
    if text in RESERVED_WORDS:
        raise ValueError(f"{_READ_AS}; accepted: another name")
    return text


def _visible(text: str) -> str:
    if not any(unicodedata.category(c)[0] not in "CZM" and c not in _BLANK for c in text):
        raise ValueError("it has only invisible characters; accepted: visible text")
    return text


Name = Annotated[str, Field(pattern=NAME, description=NAME_RULE), AfterValidator(_name)]
Id = Annotated[str, Field(pattern=NAME, description=NAME_RULE), AfterValidator(_id)]
Known = Annotated[str, AfterValidator(known)]
Heading = Annotated[
    str, BeforeValidator(_as_written), WithJsonSchema({"type": ["string", "integer"]})
]
KnownClass = Annotated[Heading, AfterValidator(known)]
Text = Annotated[
    str, Field(min_length=1, max_length=LONGEST_TEXT, pattern=r"\S"), AfterValidator(_visible)
]
Title = Annotated[
    str, Field(min_length=1, max_length=LONGEST_TITLE, pattern=r"\S"), AfterValidator(_visible)
]
Group = Literal["headline", "ablation", "long"]
GROUPS: tuple[Group, ...] = get_args(Group)
# The searches for settings that a source leaves open; no run belongs to it.
RECOVERY: Literal["recovery"] = "recovery"
Selected = Group | Literal["recovery"]


class Strict(BaseModel):
    """A frozen model without unknown keys and without conversion of types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
