"""The twin of the client for asyncio."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, Self, TypeVar

from larder.client import Client

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _twin(
    method: Callable[Concatenate[Client, _P], _R],
) -> Callable[Concatenate[AsyncClient, _P], Awaitable[_R]]:
    async def call(self: AsyncClient, /, *arguments: _P.args, **named: _P.kwargs) -> _R:
        work = functools.partial(method, self._client, *arguments, **named)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    call.__name__, call.__doc__ = method.__name__, method.__doc__
    return call


class AsyncClient:
    """Asks a running server without blocking the event loop: every method of `Client`, awaited.

    Requests run in threads of the client's own, at most `max_connections` at once; the others wait their turn. A task
    that is cancelled does not wait any longer; what it sent comes to its end.

    Parameters are those of `Client`.
    """

    def __init__(self, url: str = "http://127.0.0.1:6566", *, timeout: float = 30.0, retries: int = 3,
                 max_connections: int = 8) -> None:
        self._client = Client(url, timeout=timeout, retries=retries, max_connections=max_connections)
        self._threads = ThreadPoolExecutor(max_connections, thread_name_prefix="larder")

    get_online_features = _twin(Client.get_online_features)
    get_online_features_arrow = _twin(Client.get_online_features_arrow)
    push = _twin(Client.push)
    delete_rows = _twin(Client.delete_rows)
    materialize = _twin(Client.materialize)
    materialize_incremental = _twin(Client.materialize_incremental)
    explain = _twin(Client.explain)
    feature_view_status = _twin(Client.feature_view_status)
    health = _twin(Client.health)
    metrics = _twin(Client.metrics)

    async def close(self) -> None:
        """Wait for requests in progress, end the threads and close the connections."""
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)
        self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"Async{self._client!r}"
