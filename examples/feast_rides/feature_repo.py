"""A Feast repository with one of everything that Larder takes over, and some things that it cannot. record.py applies it."""

from datetime import timedelta

import pandas
from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, RequestSource
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Array, Bool, Float32, Float64, Int32, Int64, String, UnixTimestamp
from feast.value_type import ValueType

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64, description="a driver", tags={"team": "rides"})
customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)

driver_stats_file = FileSource(name="driver_stats_file", path="data/driver_stats.parquet", timestamp_field="event_timestamp",
                               created_timestamp_column="created", description="hourly", owner="rides@example.com")
driver_stats_push = PushSource(name="driver_stats_push", batch_source=driver_stats_file)
trips_file = FileSource(name="trips_file", path="data/trips.parquet", timestamp_field="event_timestamp")

driver_hourly_stats = FeatureView(
    name="driver_hourly_stats", entities=[driver], ttl=timedelta(0), source=driver_stats_push, online=True,
    description="how a driver does", owner="rides@example.com", tags={"tier": "gold"},
    schema=[Field(name="conv_rate", dtype=Float64, description="rides per request"), Field(name="acc_rate", dtype=Float32),
            Field(name="daily_trips", dtype=Int64), Field(name="wheels", dtype=Int32), Field(name="city", dtype=String),
            Field(name="active", dtype=Bool), Field(name="last_ride", dtype=UnixTimestamp), Field(name="scores", dtype=Array(Float64))])
driver_customer = FeatureView(name="driver_customer", entities=[driver, customer], ttl=timedelta(days=1), source=trips_file,
                              schema=[Field(name="trips_together", dtype=Int64)])

request_values = RequestSource(name="request_values", schema=[Field(name="bonus", dtype=Float64)])


@on_demand_feature_view(sources=[driver_hourly_stats, request_values], schema=[Field(name="conv_plus_bonus", dtype=Float64)], mode="pandas")
def driver_bonus(inputs: pandas.DataFrame) -> pandas.DataFrame:
    df = pandas.DataFrame()
    df["conv_plus_bonus"] = inputs["conv_rate"] + inputs["bonus"] * 2
    return df


@on_demand_feature_view(sources=[driver_hourly_stats], schema=[Field(name="shout", dtype=String)], mode="python")
def loud_city(inputs: dict) -> dict:
    return {"shout": [None if city is None else city.upper() for city in inputs["city"]]}


driver_activity = FeatureService(name="driver_activity", features=[driver_hourly_stats[["conv_rate", "daily_trips"]], driver_bonus],
                                 description="what the dispatcher asks for", tags={"model": "v1"})
everything = FeatureService(name="driver_everything", features=[driver_hourly_stats, driver_customer])
