"""The kinds of values that the schema is made of, and how the forms of a key are told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from devenv.errors import DevenvError
from devenv.model.service import MOST_REPLICAS
from devenv.profile import fields

NAME = r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$"
_OWN: JsonDict = {"patternProperties": {"^x-": {}}}


class Strict(BaseModel):
    """A map that takes only the keys it knows, and those that begin with ``x-``."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_OWN)

    @model_validator(mode="before")
    @classmethod
    def _with_known_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        # A key without a value is as good as absent, as in Compose.
        return {
            key: found
            for key, found in value.items()
            if found is not None and not key.startswith("x-")
        }


def refusal(message: str, hint: str = "") -> PydanticCustomError:
    return PydanticCustomError("profile", "{message}", {"message": message, "hint": hint})


def shape(value: Any) -> str:
    """Name the form of a value; the names are in pydantic's paths and taken out again."""
    if isinstance(value, dict):
        return "=map"
    if isinstance(value, list):
        return "=list"
    return "=nothing" if value is None else "=string"


BY_SHAPE = Discriminator(shape)


def as_text(value: Any) -> str:
    """Take numbers and booleans as they were written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise refusal(f"expected a string, got {kind(value)}")


def kind(value: Any) -> str:
    """Say what a value is, for a message."""
    named = {"=map": "a map", "=list": "a list", "=nothing": "nothing"}.get(shape(value))
    shown = as_text(value) if named is None else ""
    return named or f"`{shown if len(shown) <= 60 else shown[:60] + '…'}`"


def parsed_by(parse: Callable[[str], Any]) -> PlainValidator:
    """Read a text with one of our own parsers; its DevenvError becomes the problem."""

    def validate(value: Any) -> Any:
        try:
            return parse(as_text(value))
        except DevenvError as error:
            raise refusal(error.message, error.hint) from error

    return PlainValidator(validate)


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise refusal(f"expected a whole number, got {kind(value)}")
    return value


TEXT_SCHEMA = WithJsonSchema({"type": ["string", "number", "boolean"]})
Text = Annotated[str, PlainValidator(as_text), TEXT_SCHEMA]
Whole = Annotated[
    int,
    BeforeValidator(_no_boolean),
    Field(ge=0, le=1_000_000),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 0}),
]
Count = Annotated[
    Whole,
    Field(le=MOST_REPLICAS),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 0, "maximum": MOST_REPLICAS}),
]
Flag = Annotated[bool, WithJsonSchema({"type": ["boolean", "string"]})]
Duration = Annotated[
    float,
    parsed_by(fields.duration),
    WithJsonSchema({"type": "string", "examples": ["500ms", "10s", "1m30s"]}),
]
Size = Annotated[
    int,
    parsed_by(fields.size),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["256MB", "2GB"]}),
]
_Line = Annotated[tuple[str, ...], parsed_by(fields.words), WithJsonSchema({"type": "string"})]
Words = Annotated[
    Annotated[_Line, Tag("=string")] | Annotated[tuple[Text, ...], Tag("=list")],
    BY_SHAPE,
]
Texts = Annotated[
    Annotated[Text, Tag("=string")] | Annotated[tuple[Text, ...], Tag("=list")], BY_SHAPE
]


def _pair(written: str) -> tuple[str, str | None]:
    name, equals, value = written.partition("=")
    if not name:
        raise DevenvError(f"`{written}` has no name", "write NAME=VALUE")
    return name, value if equals else None


Pair = Annotated[tuple[str, str | None], parsed_by(_pair), TEXT_SCHEMA]
VariableName = Annotated[str, StringConstraints(pattern="^[^=]+$")]
Pairs = Annotated[
    Annotated[dict[VariableName, Text | None], Tag("=map")]
    | Annotated[tuple[Pair, ...], Tag("=list")],
    BY_SHAPE,
]
"""``NAME: VALUE`` in a map, or ``NAME=VALUE`` in a list."""


def pairs(
    written: dict[str, str | None] | tuple[tuple[str, str | None], ...],
) -> dict[str, str | None]:
    return dict(written)
