"""The feature store in this process: definitions, training sets, and the online side without a server."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from larder.connection_pool import HttpAnswer, HttpRequest
from larder.errors import InvalidRequest
from larder.historical_features import HistoricalFeatures
from larder.native import core
from larder.online_api import OnlineApi, body_text
from larder.request_values import Rows, arrow_table


@dataclass(frozen=True)
class RegisteredObject:
    """One object of the registry: an entity, source, view or service, in its current version."""

    kind: str
    name: str
    version: int
    applied: str
    author: str
    definition: dict[str, Any]

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{html.escape(name)}</td><td>{html.escape(json.dumps(value))}</td></tr>"
                       for name, value in self.definition.items())
        return f"<b>{html.escape(self.kind)} {html.escape(self.name)}@{self.version}</b><table>{rows}</table>"


class FeatureStore(OnlineApi):
    """A project: its definitions, training sets from its sources, and its online store.

    The online store belongs to one process. If a server of the project runs, online methods go through it; otherwise
    this process owns the store from the first of them until `close`, and other commands of the project wait for it.
    May be used from many threads; after a fork, open it again.

    Parameters
    ----------
    path : str or PathLike
        The project's folder, or one below it.
    """

    def __init__(self, path: str | os.PathLike[str] = ".") -> None:
        self._opened = core().LocalStore.open(os.path.abspath(path))
        self._process = os.getpid()

    @property
    def path(self) -> str:
        """The folder of the project."""
        return str(self._opened.root)

    def plan(self) -> dict[str, Any]:
        """Return what `apply` would change, and what it means for stored rows."""
        return dict(json.loads(self._core().plan()))

    def apply(self, *, allow_deletes: bool = False) -> dict[str, Any]:
        """Make the registry equal to the definition files, all or nothing; return what changed, as `plan`.

        Parameters
        ----------
        allow_deletes : bool
            Without it nothing is applied when that deletes objects or stored rows.

        Raises
        ------
        InvalidDefinition
            With every fault of all files in `faults`.
        """
        return dict(json.loads(self._core().apply(allow_deletes)))

    def list_entities(self) -> list[RegisteredObject]:
        """Return all entities."""
        return self._list("entity")

    def list_sources(self) -> list[RegisteredObject]:
        """Return all sources."""
        return self._list("source")

    def list_feature_views(self) -> list[RegisteredObject]:
        """Return all feature views."""
        return self._list("feature_view")

    def list_on_demand_views(self) -> list[RegisteredObject]:
        """Return all on-demand views."""
        return self._list("on_demand_view")

    def list_feature_services(self) -> list[RegisteredObject]:
        """Return all feature services."""
        return self._list("feature_service")

    def versions(self, kind: str, name: str) -> list[dict[str, Any]]:
        """Return the life of an object: version, action, time, author, and whether it is the current one."""
        return list(json.loads(self._core().versions(kind, name)))

    def delete(self, kind: str, name: str) -> None:
        """Delete an object that no definition file holds and nothing needs."""
        self._core().delete(kind, name)

    def get_historical_features(self, entities: Rows | str | os.PathLike[str], *,
                                features: Sequence[str] | None = None, service: str | None = None,
                                full_feature_names: bool = False, as_known: bool = False, matches: bool = False,
                                timestamp: str | None = None) -> HistoricalFeatures:
        """Return a training set, which is made when its rows are wanted.

        Parameters
        ----------
        entities : table, list of dict, dict of list, or path
            Join keys, an event time column and request values. A path names a parquet, csv or arrow file.
        features : list of str, optional
            ``view:feature``, ``view`` or ``view@version:feature``; either these or a service.
        service : str, optional
            Name of a feature service.
        full_feature_names : bool
            Name features ``view__feature``.
        as_known : bool
            Only rows that were known then: created time not after the event time of the entity row.
        matches : bool
            Add ``view__event_time``, ``view__age`` and ``view__status``.
        timestamp : str, optional
            The event time column; default ``event_timestamp``, else the only timestamp column.
        """
        arguments = core().TrainingSetArguments()
        arguments.features = [features] if isinstance(features, str) else list(features or [])
        arguments.service = service or ""
        arguments.timestamp = timestamp or ""
        arguments.full_feature_names = full_feature_names
        arguments.as_known = as_known
        arguments.matches = matches
        return HistoricalFeatures(self, _entities(entities), arguments)

    def close(self) -> None:
        """Give the online store back to other processes. The next online method takes it again."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"FeatureStore({self.path!r})"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{html.escape(item.kind)}</td><td>{html.escape(item.name)}</td><td>{item.version}</td></tr>"
                       for item in self._list(""))
        return f"<b>{html.escape(repr(self))}</b><table><tr><th>kind</th><th>name</th><th>version</th></tr>{rows}</table>"

    def _core(self) -> Any:
        if self._process != os.getpid():
            raise InvalidRequest("this FeatureStore was opened by another process", reason="usage",
                                 code="INVALID_ARGUMENT", hint="open it again after a fork")
        return self._opened

    def _list(self, kind: str) -> list[RegisteredObject]:
        return [RegisteredObject(**item) for item in json.loads(self._core().list(kind))]

    def _send(self, request: HttpRequest) -> HttpAnswer:
        accept = request.headers.get("Accept", "")
        content_type = request.headers.get("Content-Type", "application/json")
        body = self._core().call(request.method, request.target, request.body or b"", content_type, accept)
        return HttpAnswer(200, accept or "application/json", None, body)

    def _run_job(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return dict(json.loads(self._core().run_job(path, body_text(body), None)))


def _entities(entities: Any) -> Any:
    """Return what the extension takes: the absolute path of a file, or a table."""
    if isinstance(entities, (str, os.PathLike)):
        return os.path.abspath(entities)
    if hasattr(entities, "__arrow_c_stream__"):
        return entities
    if isinstance(entities, list):
        import pyarrow

        return pyarrow.Table.from_pylist(entities)
    return arrow_table(entities)
