"""A training set: asked for, and made when its rows are wanted."""

from __future__ import annotations

import html
import json
import os
from typing import Any


class HistoricalFeatures:
    """The values of features as of the time of every entity row. Made once, when they are first wanted.

    Any consumer of the Arrow PyCapsule interface takes it as it is: ``polars.DataFrame(features)``,
    ``pyarrow.table(features)``, a DuckDB query.
    """

    def __init__(self, store: Any, entities: Any, arguments: Any) -> None:
        self._store = store
        self._entities = entities
        self._arguments = arguments
        self._made: Any = None

    def to_arrow(self) -> Any:
        """Return a ``pyarrow.Table``: the columns of the entity table, then the features in the order of the request."""
        import pyarrow

        return pyarrow.table(self._rows())

    def to_pandas(self) -> Any:
        """Return a ``pandas.DataFrame``; needs pandas."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> Any:
        """Return a ``polars.DataFrame``; needs Polars."""
        import polars

        return polars.DataFrame(self._rows())

    def to_numpy(self) -> dict[str, Any]:
        """Return one ``numpy.ndarray`` for each column; a null is NaN among numbers, None or NaT else."""
        return {name: column.to_numpy() for name, column in zip(self.to_arrow().column_names, self.to_arrow().columns)}

    def write(self, path: str | os.PathLike[str]) -> dict[str, Any]:
        """Write the rows to a file (parquet, csv, csv.gz, arrow by its suffix) and return the summary.

        The rows go to the file as they are made, so that they need not fit into memory.
        """
        text = self._store._core().write_historical(self._entities, self._arguments, os.path.abspath(path), None)
        return dict(json.loads(text))

    @property
    def summary(self) -> dict[str, Any]:
        """What became of it: rows, seconds, memory, and for every view how many rows matched and what was read."""
        return dict(json.loads(self._rows().summary))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._rows().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        if self._made is None:
            return "HistoricalFeatures(not made yet)"
        return f"HistoricalFeatures({self.summary['rows']} rows)"

    def _repr_html_(self, row_limit: int = 10) -> str:
        table = self.to_arrow()
        lines = [_line("th", table.column_names), _line("td", [str(field.type) for field in table.schema])]
        rows = table.slice(0, row_limit).to_pylist()
        lines += [_line("td", [str(value) for value in row.values()]) for row in rows]
        views = "".join(f"<li>{html.escape(text)}</li>" for text in self._matches())
        return f"<table>{''.join(lines)}</table><p>{table.num_rows} rows</p><ul>{views}</ul>"

    def _matches(self) -> list[str]:
        return [f"{view['view']}: {view['matched']} rows matched" for view in self.summary["views"]]

    def _rows(self) -> Any:
        if self._made is None:
            self._made = self._store._core().historical(self._entities, self._arguments, None)
        return self._made


def _line(tag: str, texts: list[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts) + "</tr>"
