"""The online API over HTTP."""

from __future__ import annotations

import json
import time
from typing import Any, Self

from larder.connection_pool import ConnectionPool, HttpAnswer, HttpRequest, pause
from larder.errors import LarderError, error_of_body
from larder.online_api import OnlineApi, body_text, not_of_larder

# A request that is refused for one of these reasons did nothing, so that a write may be sent again, too.
_PASSING_REASONS = ("overloaded", "unavailable", "locked")
_POLL_SECONDS = 0.1


class Client(OnlineApi):
    """Asks a running server (``larder serve``).

    May be used from many threads at once. Requests that never reached the server, that it refused because it was busy,
    and reads whose connection was lost are sent again, with pauses; a write that may have been done never is.

    Parameters
    ----------
    url : str
        ``http://HOST:PORT``, ``https://HOST:PORT``, or ``unix:PATH`` for the socket file ``.larder/serve.sock`` of a
        project, through which `now` needs no permission.
    timeout : float
        Seconds to wait for the server each time it is waited for.
    retries : int
        How often a request is sent again.
    max_connections : int
        Most connections that are kept open between requests.
    """

    def __init__(self, url: str = "http://127.0.0.1:6566", *, timeout: float = 30.0, retries: int = 3,
                 max_connections: int = 8) -> None:
        self._pool = ConnectionPool(url, timeout=timeout, max_idle=max_connections)
        self._retries = retries

    def close(self) -> None:
        """Close the connections that are kept."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._pool.url!r})"

    def _run_job(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        job = self._json(HttpRequest("POST", path + "?async=true", body_text(body)))
        while job.get("state") == "running":
            time.sleep(_POLL_SECONDS)
            job = self._json(HttpRequest("GET", f"/jobs/{job['id']}", is_safe=True))
        if "error" in job:
            raise error_of_body(json.dumps({"error": job["error"]}))
        result = job.get("result")
        if not isinstance(result, dict):
            raise not_of_larder(path)
        return result

    def _send(self, request: HttpRequest) -> HttpAnswer:
        for attempt in range(self._retries + 1):
            answer = self._pool.send(request, retries=self._retries)
            if answer.status < 400:
                break
            failure = _failure_of(request, answer)
            if failure.reason not in _PASSING_REASONS or attempt == self._retries:
                raise failure
            pause(attempt, answer.retry_after)
        return answer


def _failure_of(request: HttpRequest, answer: HttpAnswer) -> LarderError:
    try:
        return error_of_body(answer.body)
    except (ValueError, KeyError, TypeError):
        return not_of_larder(f"{request.target}: status {answer.status}")
