"""Python values, rows and tables as the JSON of requests."""

from __future__ import annotations

import base64
import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any

from larder.errors import InvalidInput

Rows = Any
"""Rows of a request: a list of dicts (one a row), a dict of lists (one a column), or a table of pandas, Polars,
PyArrow or DuckDB (whatever has ``__arrow_c_stream__``)."""


def columns_of(rows: Rows) -> dict[str, list[Any]]:
    """Return rows as lists by column, of values that JSON has.

    Raises
    ------
    InvalidInput
        When dicts have different keys, lists different lengths, or a value has no form in JSON.
    """
    if hasattr(rows, "__arrow_c_stream__"):
        return {name: [json_value(value) for value in values] for name, values in arrow_table(rows).to_pydict().items()}
    if isinstance(rows, Mapping):
        columns = {str(name): [json_value(value) for value in _listed(name, values)] for name, values in rows.items()}
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise _invalid("unequal_lists", f"lists have different lengths: {lengths}", "give every column one value a row")
        return columns
    return _columns_of_dicts(rows)


def arrow_table(rows: Rows) -> Any:
    """Return a table of any producer as a ``pyarrow.Table``; needs pyarrow."""
    import pyarrow

    return rows if isinstance(rows, pyarrow.Table) else pyarrow.table(rows)


def json_value(value: Any) -> Any:
    """Return a value as JSON has it: times as ISO text in UTC, bytes as base64.

    Raises
    ------
    InvalidInput
        For a float that is not finite, a time that is not whole microseconds, and types that no feature has.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _invalid("type_mismatch", f"JSON has no {value}", "give None for a null")
        return value
    if isinstance(value, datetime.datetime):
        return instant_text(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, (list, tuple)):
        return [json_value(item) for item in value]
    if hasattr(value, "tolist"):  # scalars and arrays of numpy
        return json_value(value.tolist())
    raise _invalid("type_mismatch", f"no value of a request: {value!r}, a {type(value).__name__}",
                   "give bool, int, float, str, bytes, date, datetime, a list of them, or None")


def instant_text(instant: datetime.datetime | str) -> str:
    """Return an instant as ISO text in UTC; a naive one is UTC, a text stays as it is."""
    if isinstance(instant, str):
        return instant
    if getattr(instant, "nanosecond", 0):
        raise _invalid("inexact_value", f"not whole microseconds: {instant}", "round it as your data wants it")
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=datetime.UTC)
    return instant.astimezone(datetime.UTC).replace(tzinfo=None).isoformat() + "Z"


def _columns_of_dicts(rows: Rows) -> dict[str, list[Any]]:
    if not isinstance(rows, Sequence) or isinstance(rows, (str, bytes)):
        raise _invalid("malformed_request", f"no rows: a {type(rows).__name__}",
                       "give a list of dicts, a dict of lists, or a table")
    columns: dict[str, list[Any]] = {}
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise _invalid("malformed_request", f"row {number} is no dict, but a {type(row).__name__}",
                           "give every row as {\"NAME\": value}")
        if number == 1:
            columns = {str(name): [] for name in row}
        if set(row) != set(columns):
            raise _invalid("malformed_request", f"row {number} has {sorted(map(str, row))}, the first {sorted(columns)}",
                           "give every row the same names, None where there is no value")
        for name, value in row.items():
            columns[name].append(json_value(value))
    return columns


def _listed(name: object, values: Any) -> Sequence[Any]:
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Sequence):
        raise _invalid("malformed_request", f"column '{name}' is no list, but a {type(values).__name__}",
                       "give every column a list with one value a row")
    return values


def _invalid(reason: str, message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, reason=reason, code="INVALID_ARGUMENT", hint=hint)
