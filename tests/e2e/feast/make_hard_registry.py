#!/usr/bin/env python3
"""Writes hard_registry.db beside itself: a registry file by Feast 0.67.0 of two projects with much that Larder has no like of,
for import_feast_test.py. Run with a Python that has feast: feast-venv/bin/python tests/e2e/feast/make_hard_registry.py"""

import os
import tempfile
from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, KafkaSource, PushSource, RequestSource
from feast.data_format import DeltaFormat, JsonFormat
from feast.infra.registry.registry import Registry
from feast.on_demand_feature_view import OnDemandFeatureView, PandasTransformation
from feast.repo_config import RegistryConfig
from feast.types import Array, Float32, Float64, Int64, Map, String, UnixTimestamp, Uuid
from feast.value_type import ValueType

HERE = os.path.dirname(os.path.abspath(__file__))
SUM = "def add(inputs):\n    df = pd.DataFrame()\n    df['total'] = (inputs['Amount'] + inputs['fee']) / 2\n    return df\n"
LOOP = "def loop(inputs):\n    for row in inputs:\n        print(row)\n    return inputs\n"


def main():
    folder = tempfile.mkdtemp()
    registry = Registry("shop", RegistryConfig(path=f"{folder}/registry.db"), None)
    user = Entity(name="User", join_keys=["user_id"], value_type=ValueType.STRING, tags={"a: b": "#\"'${HOME}\n"})
    shop = Entity(name="shop", value_type=ValueType.INT64)
    anything = Entity(name="anything")
    orders = FileSource(name="orders", path="file://orders.parquet", timestamp_field="at", field_mapping={"AMT": "Amount"})
    delta = FileSource(name="delta", path="delta_table", timestamp_field="at", file_format=DeltaFormat())
    remote = FileSource(name="remote", path="s3://bucket/orders.parquet", timestamp_field="at")
    kafka = KafkaSource(name="clicks", timestamp_field="at", batch_source=orders, kafka_bootstrap_servers="nowhere:9092", topic="clicks",
                        message_format=JsonFormat("x string"))
    schema = [Field(name="Amount", dtype=Float64, description="in \"EUR\": a # number"), Field(name="at_home", dtype=Float32),
              Field(name="seen", dtype=UnixTimestamp), Field(name="id", dtype=Uuid), Field(name="parts", dtype=Array(String)),
              Field(name="map", dtype=Map)]
    user_orders = FeatureView(name="UserOrders", entities=[user], source=orders, schema=schema, ttl=timedelta(days=2, hours=3),
                              description="multi\nline: 'x' \\ ✓")
    shop_orders = FeatureView(name="shop_orders", entities=[shop, user], source=PushSource(name="shop_push", batch_source=orders),
                              schema=[Field(name="Amount", dtype=Float64)], online=False)
    clicks = FeatureView(name="clicks_view", entities=[shop], source=kafka, schema=[Field(name="Amount", dtype=Float64)])
    lost = [FeatureView(name="delta_view", entities=[shop], source=delta, schema=[Field(name="x", dtype=Int64)]),
            FeatureView(name="remote_view", entities=[shop], source=remote, schema=[Field(name="x", dtype=Int64)]),
            FeatureView(name="no_entity", source=orders, schema=[Field(name="x", dtype=Int64)])]
    fee = RequestSource(name="fee", schema=[Field(name="fee", dtype=Float64)])

    def on_demand(name, text, inputs):
        return OnDemandFeatureView(name=name, sources=inputs, schema=[Field(name="total", dtype=Float32)], mode="pandas",
                                   feature_transformation=PandasTransformation(udf=lambda frame: frame, udf_string=text))

    total = on_demand("Total", SUM, [user_orders, fee])
    loop = on_demand("loop", LOOP, [user_orders, fee])
    lost_total = on_demand("lost_total", SUM, [lost[0], fee])
    for entity in (user, shop, anything):
        registry.apply_entity(entity, "shop")
    for source in (orders, delta, remote):
        registry.apply_data_source(source, "shop")
    for view in (user_orders, shop_orders, clicks, *lost, total, loop, lost_total):
        registry.apply_feature_view(view, "shop")
    renamed = user_orders.with_name("buyer").with_join_key_map({"user_id": "buyer_id"})
    services = [FeatureService(name="checkout", features=[user_orders[["Amount", "parts"]], renamed[["Amount"]], total, loop, lost[1]]),
                FeatureService(name="hopeless", features=[lost[2], loop])]
    for service in services:
        registry.apply_feature_service(service, "shop")
    registry.apply_entity(Entity(name="other", value_type=ValueType.BYTES), "warehouse")
    with open(f"{folder}/registry.db", "rb") as made, open(f"{HERE}/hard_registry.db", "wb") as out:
        out.write(made.read())


if __name__ == "__main__":
    main()
