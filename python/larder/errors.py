"""The exceptions of Larder, made from the closed list of reasons that every edge of the program shares."""

from __future__ import annotations

import json
from typing import Any

from larder.reasons import EXCEPTION_OF_REASON


class LarderError(Exception):
    """A failure of Larder; its classes tell what kind, `reason` tells which.

    Attributes
    ----------
    code : str
        gRPC's name of the code, such as ``"NOT_FOUND"``.
    reason : str
        One of the closed list of reasons, such as ``"unknown_feature"``.
    message : str
        What failed.
    hint : str
        What to do; may be empty.
    faults : list of dict
        The single faults with their places, when there are several.
    """

    def __init__(self, message: str, *, reason: str = "internal", code: str = "INTERNAL", hint: str = "",
                 faults: list[dict[str, Any]] | None = None) -> None:
        super().__init__(f"{message}\nhint: {hint}" if hint else message)
        self.message = message
        self.reason = reason
        self.code = code
        self.hint = hint
        self.faults = faults or []

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions cross process borders (worker pools) by pickle, which would lose keyword-only arguments.
        return _restore, (type(self), self.message, self.reason, self.code, self.hint, self.faults)


class InvalidDefinition(LarderError):
    """A definition or an expression is wrong."""


class InvalidRequest(LarderError):
    """The request cannot be understood."""


class InvalidInput(LarderError):
    """The request is understood, and its values do not fit."""


class LimitExceeded(LarderError):
    """A size or count is over a limit of the server."""


class NotFound(LarderError):
    """What is asked for does not exist."""


class Conflict(LarderError):
    """Something else is there already, or is being done."""


class PermissionDenied(LarderError):
    """The server does not allow it."""


class Unavailable(LarderError):
    """The server cannot be reached, is overloaded, or did not answer in time."""


class StorageError(LarderError):
    """The files or the memory of the server failed."""


class Interrupted(LarderError):
    """The work was stopped."""


class InternalError(LarderError):
    """A defect of Larder, or an answer that is not Larder's."""


_CLASSES = {kind.__name__: kind for kind in LarderError.__subclasses__()}


def error_for(reason: str, message: str, *, code: str = "UNKNOWN", hint: str = "",
              faults: list[dict[str, Any]] | None = None) -> LarderError:
    """Return the exception of a reason; one that a newer server added is a `LarderError`."""
    kind = _CLASSES.get(EXCEPTION_OF_REASON.get(reason, ""), LarderError)
    return kind(message, reason=reason, code=code, hint=hint, faults=faults)


def error_of_body(body: str | bytes) -> LarderError:
    """Return the exception that the body of a failure tells; ValueError, KeyError or TypeError when it is none."""
    error = json.loads(body)["error"]
    return error_for(error["reason"], error["message"], code=error["code"], hint=error.get("hint", ""),
                     faults=error.get("faults"))


def _restore(kind: type[LarderError], message: str, reason: str, code: str, hint: str,
             faults: list[dict[str, Any]]) -> LarderError:
    return kind(message, reason=reason, code=code, hint=hint, faults=faults)
