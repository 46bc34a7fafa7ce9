"""The views of a task as Feast's objects, in a store of its own folder."""

import os
import sys
from datetime import timedelta

import pyarrow.parquet
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig
from feast.types import Float32, Float64, Int64
from feast.value_type import ValueType

TYPES = {"float": Float32, "double": Float64}


def open_store(task, online_store):
    """Makes the store of a task with its views; returns both."""
    folder = os.path.join(task["folder"], "feast")
    os.makedirs(folder, exist_ok=True)
    registry = os.path.join(folder, f"registry_{os.getpid()}.db")
    store = FeatureStore(config=RepoConfig(project="pit", registry=registry, provider="local", offline_store={"type": "duckdb"},
                                           online_store=online_store, entity_key_serialization_version=3))
    entity = Entity(name="id", join_keys=["id"], value_type=ValueType.INT64)
    views = [view_of(view, entity) for view in task["views"]]
    store.apply([entity, *views])
    return store, views, registry


def view_of(view, entity):
    schema = pyarrow.parquet.read_schema(view["path"])
    fields = [Field(name="id", dtype=Int64)] + [Field(name=name, dtype=TYPES[str(schema.field(name).type)]) for name in view["features"]]
    source = FileSource(name=view["name"] + "_events", path=view["path"], timestamp_field="seen", created_timestamp_column="known")
    return FeatureView(name=view["name"], entities=[entity], ttl=timedelta(days=1), schema=fields, source=source)


def forget(registry):
    if os.path.exists(registry):
        os.remove(registry)


if __name__ == "__main__":
    sys.exit("feast_project.py is no program")
