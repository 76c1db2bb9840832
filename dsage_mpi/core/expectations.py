"""What a value should have been, from the types of pydantic's errors, in TOML's words."""

from __future__ import annotations

import difflib
import re
from typing import Any

from pydantic_core import ErrorDetails

#: Type of an error -> what was expected; in braces what its context says.
_EXPECTED = {
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "a boolean",
    "bool_parsing": "a boolean",
    "string_type": "a string",
    "is_instance_of": "an instance of {class}",
    "tuple_type": "an array",
    "list_type": "an array",
    "set_type": "an array",
    "dict_type": "a table",
    "model_type": "a table [{name}]",
    "greater_than": "a number greater than {gt}",
    "greater_than_equal": "a number greater than or equal to {ge}",
    "less_than": "a number less than {lt}",
    "less_than_equal": "a number less than or equal to {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "too_short": "at least {min_length} items, not {actual_length}",
    "too_long": "at most {max_length} items, not {actual_length}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "a string that matches {pattern}",
}
#: Errors that are about a key, not its value.
KEY_ERRORS = {"missing": "is missing", "extra_forbidden": "unknown key"}


def expectation(detail: ErrorDetails) -> str:
    """What one of pydantic's errors says: "expected an integer", or the text of a validator.

    Errors of other types (a class of settings may use any of pydantic's) are told in its own words.
    """
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"expected {_choices(context['expected'], detail['input'])}"
    if kind not in _EXPECTED:
        return KEY_ERRORS.get(kind, detail["msg"])
    values = {name: _number(value) for name, value in context.items()}
    text = _EXPECTED[kind].format(name=detail["loc"][-1] if detail["loc"] else "", **values)
    return f"expected {text}".replace(" 1 items", " 1 item").replace(
        " 1 characters", " 1 character"
    )


def _choices(expected: str, value: Any) -> str:
    """The values of a ``Literal``, and which of them ``value`` was probably meant to be."""
    text = expected.replace("'", '"')
    near = difflib.get_close_matches(str(value), re.findall(r'"([^"]*)"', text), n=1)
    return f'{text} (did you mean "{near[0]}"?)' if near and isinstance(value, str) else text


def _number(value: Any) -> Any:
    """A bound as people write it: 0, not 0.0."""
    return int(value) if isinstance(value, float) and value.is_integer() and value < 1e15 else value
