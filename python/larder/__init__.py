"""Larder: the value of every feature as of any moment, for training and for serving.

`FeatureStore` is a project in this process: definitions, training sets, the online store.

    from larder import FeatureStore

    store = FeatureStore("shop")
    store.apply()
    train = store.get_historical_features(baskets, service="basket_model").to_pandas()
    store.materialize()
    store.get_online_features([{"customer": "ada", "basket_amount": 30.0}], service="basket_model").to_dict()

`Client` asks a running server (`larder serve`) the same things, and needs nothing but Python's own library;
`AsyncClient` is its twin for asyncio. Failures are exceptions of one small tree under `LarderError`.
"""

from typing import TYPE_CHECKING, Any

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
from larder.feature_store import FeatureStore, RegisteredObject
from larder.historical_features import HistoricalFeatures
from larder.online_features import OnlineFeatures

if TYPE_CHECKING:
    from larder.async_client import AsyncClient

__all__ = [
    "AsyncClient",
    "Client",
    "Conflict",
    "FeatureStore",
    "HistoricalFeatures",
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
    "RegisteredObject",
    "StorageError",
    "Unavailable",
]


def __getattr__(name: str) -> Any:
    # asyncio takes longer to load than all the rest.
    if name == "AsyncClient":
        from larder.async_client import AsyncClient

        return AsyncClient
    raise AttributeError(f"module 'larder' has no attribute {name!r}")
