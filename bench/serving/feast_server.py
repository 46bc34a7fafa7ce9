"""Feast 0.67.0 with redis as a contender: the same rows in one view, served by gunicorn as `feast serve` does; restarts of
workers are switched off."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request

import rows

VERSION = "0.67.0"
FEATURES = 50

REPOSITORY = """\
from datetime import timedelta
from feast import Entity, FeatureView, Field, FileSource, PushSource
from feast.types import Float64
from feast.value_type import ValueType

entity = Entity(name="id", join_keys=["id"], value_type=ValueType.INT64)
source = FileSource(name="rows", path="rows.parquet", timestamp_field="event_timestamp")
pushes = FileSource(name="pushes", path="pushes.parquet", timestamp_field="event_timestamp")
v = FeatureView(name="v", entities=[entity], ttl=timedelta(0), source=source,
                schema=[Field(name=f"f{i}", dtype=Float64) for i in range(50)])
pushed = FeatureView(name="pushed", entities=[entity], ttl=timedelta(0), source=PushSource(name="push_source", batch_source=pushes),
                     schema=[Field(name=f"f{i}", dtype=Float64) for i in range(10)])
"""
CONFIG = """\
project: bench
provider: local
registry: registry.db
offline_store: {{type: dask}}
entity_key_serialization_version: 3
online_store: {{type: redis, connection_string: "127.0.0.1:{port}"}}
"""
MATERIALIZE = """\
import datetime
from feast import FeatureStore
store = FeatureStore(".")
begin = datetime.datetime(2025, 12, 31, tzinfo=datetime.timezone.utc)
store.materialize(begin, begin + datetime.timedelta(days=2), feature_views=["v"])
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_for(url, seconds=120):
    for _ in range(seconds * 5):
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(url, timeout=5).read()
        time.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


class FeastServer:
    def __init__(self, python, folder, entities, redis_port):
        self.python, self.folder, self.entities, self.redis_port = python, os.path.join(folder, "feast"), entities, redis_port
        self.process = None
        self.materialize_s = 0.0

    def prepare(self):
        os.makedirs(self.folder)
        rows.write(os.path.join(self.folder, "rows.parquet"), self.entities, FEATURES, keyed=True)
        rows.write(os.path.join(self.folder, "pushes.parquet"), 1, 10, keyed=True)
        for name, text in {"feature_store.yaml": CONFIG.format(port=self.redis_port), "repository.py": REPOSITORY,
                           "materialize.py.txt": MATERIALIZE}.items():
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        self.feast("apply")
        began = time.monotonic()
        subprocess.run([self.python, "-W", "ignore", "-c", MATERIALIZE], cwd=self.folder, check=True, capture_output=True)
        self.materialize_s = time.monotonic() - began

    def feast(self, *arguments):
        subprocess.run([os.path.join(os.path.dirname(self.python), "feast"), *arguments], cwd=self.folder, check=True, capture_output=True)

    def start(self, workers):
        port = free_port()
        with open(os.path.join(self.folder, f"server{workers}.log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [os.path.join(os.path.dirname(self.python), "feast"), "serve", "--port", str(port), "--workers", str(workers),
                 "--max-requests", "0", "--max-requests-jitter", "0", "--no-access-log"],
                cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        self.url = f"http://127.0.0.1:{port}"
        wait_for(self.url + "/health")
        return self

    def stop(self):
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(60)
        self.process = None
