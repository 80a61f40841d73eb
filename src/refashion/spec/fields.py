"""Types of the fields in the YAML files: strict, frozen, and with words for what they accept."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any

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
# What Snakemake, pandas or another reader of YAML takes for something else than text.
NO_NAMES = ("false", "inf", "infinity", "nan", "no", "null", "off", "on", "true", "yes")
_READ_AS = "other programs read it as a number, as true or false, or as nothing"
# Snakemake takes an end that comes twenty times for the beginning of an endless recursion.
_ENDLESS = r"(.+?)\1{19,}$"

# Letters that show nothing, though Unicode does not class them with the blanks.
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"


def _known(name: str, info: ValidationInfo) -> str:
    """Let pass what the context lists under the field's name; without a context, everything."""
    names = (info.context or {}).get(info.field_name)
    if names is not None and name not in names:
        raise PydanticCustomError(UNKNOWN, UNKNOWN, {"names": names})
    return name


def _as_written(value: Any) -> Any:
    """Take a whole number for the name that it is written as: classes may be called 0 to 9."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def why_no_name(text: str) -> str | None:
    """Say why a word of the right letters can be no name all the same; None if it can.

    >>> why_no_name("nan")
    'other programs read it as a number, as true or false, or as nothing'
    >>> why_no_name("my_report")
    """
    if text in NO_NAMES:
        return _READ_AS
    if re.search(_ENDLESS, text):
        return "its end comes twenty times or more, which Snakemake refuses"
    return None


def _name(text: str) -> str:
    if why := why_no_name(text):
        raise ValueError(f"{why}; accepted: another name")
    return text


def _id(text: str) -> str:
    if text in NO_NAMES:
        raise ValueError(f"{_READ_AS}; accepted: another name")
    return text


def _visible(text: str) -> str:
    if not any(unicodedata.category(c)[0] not in "CZM" and c not in _BLANK for c in text):
        raise ValueError("nothing of it shows; accepted: text with letters that can be seen")
    return text


Name = Annotated[str, Field(pattern=NAME, description=NAME_RULE), AfterValidator(_name)]
Id = Annotated[str, Field(pattern=NAME, description=NAME_RULE), AfterValidator(_id)]
Known = Annotated[str, AfterValidator(_known)]
Heading = Annotated[
    str, BeforeValidator(_as_written), WithJsonSchema({"type": ["string", "integer"]})
]
KnownClass = Annotated[Heading, AfterValidator(_known)]
Text = Annotated[
    str, Field(min_length=1, max_length=LONGEST_TEXT, pattern=r"\S"), AfterValidator(_visible)
]
Title = Annotated[
    str, Field(min_length=1, max_length=LONGEST_TITLE, pattern=r"\S"), AfterValidator(_visible)
]


class Strict(BaseModel):
    """No unknown key, no change, and no reading of one type as another."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
