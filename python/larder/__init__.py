"""Larder: the value of every feature as of any moment, for training and for serving.

`Client` speaks to a running server (`larder serve`) and needs nothing but Python's own library:

    from larder import Client

    with Client("http://127.0.0.1:6566") as client:
        answer = client.get_online_features([{"customer": "ada"}], features=["last_order"])
        answer.to_dict()  # {"customer": ["ada"], "amount": [15.0], "items": [3], ...}

`AsyncClient` is its twin for asyncio. Failures are exceptions of one small tree under `LarderError`.
"""

from larder.async_client import AsyncClient
from larder.client import Client
from larder.errors import (
    Conflict,
    InternalError,
    Interrupted,
    InvalidDefinition,
    InvalidInput,
    InvalidRequest,
    LarderError,
    LimitExceeded,
    NotFound,
    PermissionDenied,
    StorageError,
    Unavailable,
)
from larder.online_features import OnlineFeatures

__all__ = [
    "AsyncClient",
    "Client",
    "Conflict",
    "InternalError",
    "Interrupted",
    "InvalidDefinition",
    "InvalidInput",
    "InvalidRequest",
    "LarderError",
    "LimitExceeded",
    "NotFound",
    "OnlineFeatures",
    "PermissionDenied",
    "StorageError",
    "Unavailable",
]
