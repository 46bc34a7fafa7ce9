"""The methods of the online API, over whatever carries its requests."""

from __future__ import annotations

import abc
import datetime
import json
import urllib.parse
from collections.abc import Sequence
from typing import Any

from larder.connection_pool import HttpAnswer, HttpRequest
from larder.errors import InternalError, InvalidRequest
from larder.online_features import OnlineFeatures
from larder.request_values import Rows, arrow_table, columns_of, instant_text

_ARROW_STREAM = "application/vnd.apache.arrow.stream"
_PLACES = {"online": "online", "offline": "offline", "both": "online_and_offline"}

Instant = datetime.datetime | str


class OnlineApi(abc.ABC):
    """What can be asked of a feature store's online side. `Client` and `FeatureStore` are two ways to it."""

    @abc.abstractmethod
    def _send(self, request: HttpRequest) -> HttpAnswer:
        """Return the answer to a request; a failure is raised."""

    @abc.abstractmethod
    def _run_job(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Begin a job, wait for its end and return its result."""

    def get_online_features(self, keys: Rows, *, features: Sequence[str] | None = None, service: str | None = None,
                            full_feature_names: bool = False, now: Instant | None = None) -> OnlineFeatures:
        """Return the values of features for rows of join keys and request values.

        Parameters
        ----------
        keys : list of dict, dict of list, or table
            Join keys and request values; a value for every row.
        features : list of str, optional
            ``view:feature``, ``view`` or ``view@version:feature``; either these or a service.
        service : str, optional
            Name of a feature service.
        full_feature_names : bool
            Name features ``view__feature``.
        now : datetime or str, optional
            The moment to answer for; the server must allow it. Default: its clock.

        Raises
        ------
        NotFound
            For a view, feature or service that is not there.
        InvalidInput
            For keys of a wrong type and request values that are missing.
        """
        body = self._features_body(columns_of(keys), features, service, full_feature_names, now)
        answer = self._json(HttpRequest("POST", "/get-online-features", body, is_safe=True))
        try:
            return OnlineFeatures.from_answer(answer)
        except (KeyError, TypeError):
            raise not_of_larder("/get-online-features") from None

    def get_online_features_arrow(self, keys: Rows, *, features: Sequence[str] | None = None,
                                  service: str | None = None, full_feature_names: bool = False,
                                  now: Instant | None = None) -> Any:
        """Return the same as a ``pyarrow.Table``: each value in its own type, then event time and status of each view.

        Needs pyarrow. NaN stays NaN, times are timestamps; see `get_online_features` for parameters and errors.
        """
        import pyarrow

        body = self._features_body(columns_of(keys), features, service, full_feature_names, now)
        answer = self._send(HttpRequest("POST", "/get-online-features", body, {"Accept": _ARROW_STREAM}, is_safe=True))
        if answer.content_type != _ARROW_STREAM:
            raise not_of_larder("/get-online-features")
        with pyarrow.ipc.open_stream(answer.body) as stream:
            return stream.read_all()

    def push(self, name: str, rows: Rows, *, to: str = "both", delete: bool = False) -> dict[str, Any]:
        """Write rows to a view, or to a source and so to all views on it; return what was written.

        Parameters
        ----------
        name : str
            A feature view or a source.
        rows : list of dict, dict of list, or table
            A table goes as Arrow, its types as they are (needs pyarrow); others as JSON.
        to : {"both", "online", "offline"}
            Where the rows go.
        delete : bool
            The rows delete their keys.
        """
        if to not in _PLACES:
            raise InvalidRequest(f"no place for rows: {to!r}", reason="usage", code="INVALID_ARGUMENT",
                                 hint="it is 'both', 'online' or 'offline'")
        if delete or hasattr(rows, "__arrow_c_stream__"):
            query = {"name": name, "to": _PLACES[to], "details": "true"} | ({"delete": "true"} if delete else {})
            table = arrow_table(rows if hasattr(rows, "__arrow_c_stream__") else _columns_as_given(rows))
            target = "/push?" + urllib.parse.urlencode(query)
            return self._json(HttpRequest("POST", target, _arrow_stream(table), {"Content-Type": _ARROW_STREAM}))
        body = {"push_source_name": name, "df": columns_of(rows), "to": _PLACES[to]}
        return self._json(HttpRequest("POST", "/push?details=true", body_text(body)))

    def delete_rows(self, view: str, keys: Rows) -> None:
        """Delete the rows of keys from a view, online and offline."""
        self._send(HttpRequest("POST", "/delete", body_text({"feature_view_name": view, "keys": columns_of(keys)})))

    def materialize(self, *, start: Instant | None = None, end: Instant | None = None,
                    views: Sequence[str] | None = None) -> dict[str, Any]:
        """Bring the newest rows of sources online, wait for the end, and return the rows of each view.

        Parameters
        ----------
        start, end : datetime or str, optional
            The event times to read; default: all up to the server's clock.
        views : list of str, optional
            Feature views; default: all that are online.
        """
        body = _given(start_ts=start, end_ts=end, feature_views=views)
        return self._run_job("/materialize", body)

    def materialize_incremental(self, *, end: Instant | None = None,
                                views: Sequence[str] | None = None) -> dict[str, Any]:
        """Bring what is new since the last materialization online; else as `materialize`."""
        return self._run_job("/materialize-incremental", _given(end_ts=end, feature_views=views))

    def explain(self, reference: str, key: dict[str, Any], *, now: Instant | None = None) -> dict[str, Any]:
        """Return which rows and versions make the value of ``view:feature`` for one key."""
        body = {"feature": reference, "entities": columns_of([key])} | _given(now=now)
        return self._json(HttpRequest("POST", "/explain", body_text(body), is_safe=True))

    def feature_view_status(self, name: str) -> dict[str, Any]:
        """Return how a view stands online: generations, rows, newest event time, watermark."""
        return self._json(HttpRequest("GET", "/feature-views/" + urllib.parse.quote(name, safe=""), is_safe=True))

    def health(self) -> dict[str, Any]:
        """Return what the server says of itself; fails with `Unavailable` when it cannot serve."""
        return self._json(HttpRequest("GET", "/health", is_safe=True))

    def metrics(self) -> str:
        """Return the server's metrics, in Prometheus' text format."""
        return self._send(HttpRequest("GET", "/metrics", is_safe=True)).body.decode()

    def _features_body(self, columns: dict[str, list[Any]], features: Sequence[str] | None, service: str | None,
                       full_feature_names: bool, now: Instant | None) -> bytes:
        if isinstance(features, str):
            features = [features]
        body: dict[str, Any] = {"entities": columns, "timestamps": "iso"}
        body |= _given(features=features, feature_service=service, now=now)
        if full_feature_names:
            body["full_feature_names"] = True
        return body_text(body)

    def _json(self, request: HttpRequest) -> dict[str, Any]:
        try:
            answer = json.loads(self._send(request).body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise not_of_larder(request.target)
        return answer


def not_of_larder(what: str) -> InternalError:
    return InternalError(f"the answer is not one of Larder: {what}", hint="is it a server of Larder, of this version?")


def _given(**members: Any) -> dict[str, Any]:
    """Return the members that are not None; instants as text."""
    return {name: instant_text(value) if isinstance(value, datetime.datetime) else value
            for name, value in members.items() if value is not None}


def body_text(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def _columns_as_given(rows: Rows) -> dict[str, list[Any]]:
    if isinstance(rows, dict):
        return rows
    columns_of(rows)  # tells what is wrong with them
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def _arrow_stream(table: Any) -> bytes:
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
