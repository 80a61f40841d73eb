"""Types of the fields in the YAML files: strict, frozen, and with words for what they accept."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from refashion.errors import choices
from refashion.problems import NAME_RULE

NAME = r"^[a-z][a-z0-9_]{0,63}$"


def _known(name: str, info: ValidationInfo) -> str:
    """Let pass what the context lists under the field's name; without a context, everything."""
    names = (info.context or {}).get(info.field_name)
    if names is not None and name not in names:
        raise ValueError(choices(name, names))
    return name


Name = Annotated[str, Field(pattern=NAME, description=NAME_RULE)]
Known = Annotated[str, AfterValidator(_known)]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]


class Strict(BaseModel):
    """No unknown key, no change, and no reading of one type as another."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
