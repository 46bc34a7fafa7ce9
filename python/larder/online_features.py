"""What a server answers to a request for features."""

from __future__ import annotations

import datetime
import html
from typing import Any

_EPOCH = "1970-01-01T00:00:00Z"


class OnlineFeatures:
    """Feature values of some rows, column by column, with a status and an event time for every value.

    Timestamps among the values are ISO text; ask `Client.get_online_features_arrow` for values in types of their own.
    """

    def __init__(self, names: list[str], values: list[list[Any]], statuses: list[list[str]],
                 event_times: list[list[str]]) -> None:
        self._names = names
        self._values = values
        self._statuses = statuses
        self._event_times = event_times

    @classmethod
    def from_answer(cls, answer: dict[str, Any]) -> OnlineFeatures:
        """Read the JSON body of ``POST /get-online-features``; KeyError or TypeError when it is not one."""
        results = answer["results"]
        return cls(list(answer["metadata"]["feature_names"]), [column["values"] for column in results],
                   [column["statuses"] for column in results], [column["event_timestamps"] for column in results])

    @property
    def names(self) -> list[str]:
        """Names of the columns: join keys, then features in the order of the request."""
        return list(self._names)

    @property
    def statuses(self) -> dict[str, list[str]]:
        """By column, for every row ``PRESENT``, ``NULL_VALUE``, ``NOT_FOUND`` or ``OUTSIDE_MAX_AGE``."""
        return dict(zip(self._names, self._statuses))

    @property
    def event_times(self) -> dict[str, list[datetime.datetime | None]]:
        """By column, for every row the event time of its value in UTC; None where the value has none."""
        return {name: [_instant(text) for text in texts] for name, texts in zip(self._names, self._event_times)}

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._values[0]) if self._values else 0

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the values by column."""
        return dict(zip(self._names, self._values))

    def to_rows(self) -> list[dict[str, Any]]:
        """Return the values by row."""
        return [dict(zip(self._names, row)) for row in zip(*self._values)]

    def to_arrow(self) -> Any:
        """Return the values as a ``pyarrow.Table``; needs pyarrow."""
        import pyarrow

        return pyarrow.table(self.to_dict())

    def to_pandas(self) -> Any:
        """Return the values as a ``pandas.DataFrame``; needs pandas."""
        import pandas

        return pandas.DataFrame(self.to_dict())

    def to_polars(self) -> Any:
        """Return the values as a ``polars.DataFrame``; needs Polars."""
        import polars

        return polars.DataFrame(self.to_dict())

    def __repr__(self) -> str:
        return f"OnlineFeatures({len(self)} rows: {', '.join(self._names)})"

    def _repr_html_(self, row_limit: int = 10) -> str:
        def cells(tag: str, texts: list[str]) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts) + "</tr>"

        lines = [cells("th", self._names)]
        for row in range(min(len(self), row_limit)):
            lines.append(cells("td", [_shown(values[row], statuses[row])
                                      for values, statuses in zip(self._values, self._statuses)]))
        rest = len(self) - row_limit
        return "<table>" + "".join(lines) + "</table>" + (f"<p>and {rest} more rows</p>" if rest > 0 else "")


def _shown(value: Any, status: str) -> str:
    return str(value) if status == "PRESENT" else f"{value} ({status})"


def _instant(text: str) -> datetime.datetime | None:
    if text == _EPOCH:
        return None
    return datetime.datetime.fromisoformat(text)
