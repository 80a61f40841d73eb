"""Settings read from signatures."""

import json
from typing import Annotated

import pytest
from pydantic import Field, ValidationError
from typing_extensions import TypedDict, Unpack

from refashion.signatures import settings_model


class Shared(TypedDict):
    epochs: Annotated[int, Field(ge=1)]


def fitted(data: "unheard.of", *, rate: Annotated[float, Field(gt=0)], **more: Unpack[Shared]):  # noqa: F821
    """Stand for a function whose data has a type that is slow to import."""


MODEL = settings_model(fitted, ignore=("data",))


def test_settings_are_those_that_are_not_ignored():
    assert MODEL.__name__ == "fitted"
    assert list(MODEL.model_fields) == ["rate", "epochs"]
    assert MODEL(rate=0.5, epochs=2).model_dump() == {"rate": 0.5, "epochs": 2}


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"rate": 0.5}, "epochs"),
        ({"rate": 0.5, "epochs": 2, "data": 1}, "data"),
        ({"rate": 0, "epochs": 2}, "rate"),
        ({"rate": 0.5, "epochs": "2"}, "epochs"),
        ({"rate": 0.5, "epochs": True}, "epochs"),
    ],
)
def test_what_is_refused(settings, where):
    with pytest.raises(ValidationError, match=where):
        MODEL.model_validate_json(json.dumps(settings))


def test_an_annotation_that_is_needed_is_looked_at():
    with pytest.raises(NameError, match="unheard"):
        settings_model(fitted)
