"""Connections to one server that are kept for the next request."""

from __future__ import annotations

import http.client
import os
import random
import select
import socket
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from larder.errors import InvalidRequest, Unavailable

_LONGEST_WAIT = 5.0
_REFUSED = (ConnectionRefusedError, FileNotFoundError, socket.gaierror)
_LOST = (http.client.RemoteDisconnected, ConnectionResetError, ConnectionAbortedError, BrokenPipeError)


@dataclass
class HttpRequest:
    """One request. One that is safe may be sent again after it was sent: it changes nothing."""

    method: str
    target: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_safe: bool = False


@dataclass
class HttpAnswer:
    """One answer, read to its end."""

    status: int
    content_type: str
    retry_after: str | None
    body: bytes


class ConnectionPool:
    """Sends requests over connections that it keeps, from any thread; also after a fork, when it begins anew.

    Parameters
    ----------
    url : str
        ``http://HOST:PORT``, ``https://HOST:PORT``, or ``unix:PATH`` for the socket file of a project.
    timeout : float
        Seconds to wait for the server each time it is waited for.
    max_idle : int
        Most connections that are kept.
    """

    def __init__(self, url: str, *, timeout: float, max_idle: int) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https", "unix") or not (parts.netloc or parts.path):
            raise InvalidRequest(f"no address of a server: {url!r}", reason="usage", code="INVALID_ARGUMENT",
                                 hint="write http://HOST:PORT, https://HOST:PORT or unix:PATH")
        self.url = url
        self._parts = parts
        self._timeout = timeout
        self._max_idle = max_idle
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []
        self._process = os.getpid()

    def send(self, request: HttpRequest, *, retries: int) -> HttpAnswer:
        """Send a request and return the answer, whatever its status.

        What never reached the server is sent again, `retries` times, with growing pauses; so is a safe request whose
        connection was lost.

        Raises
        ------
        Unavailable
            When the server cannot be reached, does not answer in time, or ends the connection.
        """
        attempt = 0
        while True:
            connection, is_kept = self._take()
            try:
                return self._exchange(connection, request)
            except _REFUSED as failure:
                connection.close()
                if attempt >= retries:
                    raise _unavailable(f"cannot connect to {self.url}: {failure}",
                                       "start it with larder serve, or name another address") from None
            except TimeoutError:
                connection.close()
                raise _unavailable(f"no answer from {self.url} within {self._timeout:g} s: {request.target}",
                                   "give the client a longer timeout", reason="request_timeout") from None
            except _LOST as failure:
                connection.close()
                # A server closes idle connections: of a kept one that is the likely story, and costs no pause.
                if is_kept and request.is_safe:
                    continue
                if not request.is_safe or attempt >= retries:
                    raise _unavailable(f"{self.url} ended the connection: {request.target}: {failure}",
                                       "ask again" if request.is_safe else
                                       "the write may have been done or not: look, or send it again") from None
            except (http.client.HTTPException, OSError) as failure:
                connection.close()
                raise _unavailable(f"cannot speak to {self.url}: {failure}", "is it a server of Larder?") from None
            pause(attempt)
            attempt += 1

    def close(self) -> None:
        """Close the connections that are kept. The next request opens a new one."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _exchange(self, connection: http.client.HTTPConnection, request: HttpRequest) -> HttpAnswer:
        connection.request(request.method, request.target, body=request.body, headers=request.headers)
        answer = connection.getresponse()
        body = answer.read()
        content_type = answer.getheader("Content-Type", "")
        if answer.will_close:
            connection.close()
        else:
            self._keep(connection)
        return HttpAnswer(answer.status, content_type, answer.getheader("Retry-After"), body)

    def _take(self) -> tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            if self._process != os.getpid():
                # The connections are the parent's, who goes on with them: here they are let go.
                for connection in self._idle:
                    connection.close()
                self._idle, self._process = [], os.getpid()
            while self._idle:
                connection = self._idle.pop()
                if _is_quiet(connection):
                    return connection, True
                connection.close()
        return self._open(), False

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < self._max_idle and self._process == os.getpid():
                self._idle.append(connection)
                return
        connection.close()

    def _open(self) -> http.client.HTTPConnection:
        if self._parts.scheme == "unix":
            return _UnixConnection(self._parts.path, self._timeout)
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else _TcpConnection
        return kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout)


class _TcpConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def pause(attempt: int, retry_after: str | None = None) -> None:
    """Wait before the next attempt: as long as the server asks, else 50 ms doubled each time, with jitter."""
    if retry_after is not None and retry_after.isdigit():
        time.sleep(min(float(retry_after), _LONGEST_WAIT))
        return
    time.sleep(min(0.05 * 2**attempt, _LONGEST_WAIT) * random.uniform(0.5, 1.0))


def _is_quiet(connection: http.client.HTTPConnection) -> bool:
    """Tell whether a kept connection is still open: on a closed one its end is there to read."""
    if connection.sock is None:
        return False
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return not poll.poll(0)


def _unavailable(message: str, hint: str, *, reason: str = "unavailable") -> Unavailable:
    return Unavailable(message, reason=reason, code="UNAVAILABLE", hint=hint)
