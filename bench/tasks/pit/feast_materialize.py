#!/usr/bin/env python3
"""Materialization in Feast, from its DuckDB store into a redis that is started for it on loopback and ended afterwards.
Of the rows it gets every hundredth: it holds all of them in memory (about 9 GB per million) and takes minutes for them.
What is compared is rows per second."""

import os
import subprocess
import tempfile
import time
from datetime import datetime, timezone

import pyarrow.parquet

import contender
import feast_project

SHARE = 100
PORT = 16_379
BEGIN, END = datetime(2024, 12, 1, tzinfo=timezone.utc), datetime(2025, 2, 1, tzinfo=timezone.utc)


def start_redis(folder):
    redis = subprocess.Popen(["redis-server", "--port", str(PORT), "--bind", "127.0.0.1", "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)
    time.sleep(1)
    if redis.poll() is not None:
        raise SystemExit(f"redis-server did not start on port {PORT}: end what listens there")
    return redis


def main():
    task = contender.settings()
    view = task["views"][0]
    table = pyarrow.parquet.ParquetFile(view["path"]).read_row_group(0).slice(0, view["rows"] // SHARE).drop_null()
    with tempfile.TemporaryDirectory(dir=task["folder"]) as folder:
        view["path"] = os.path.join(folder, "rows.parquet")
        pyarrow.parquet.write_table(table, view["path"])
        redis = start_redis(folder)
        try:
            store, _, registry = feast_project.open_store(task, {"type": "redis", "connection_string": f"127.0.0.1:{PORT}"})
            contender.perform(lambda _task, _output: store.materialize(BEGIN, END), rows=table.num_rows)
            feast_project.forget(registry)
        finally:
            redis.terminate()
            redis.wait()


if __name__ == "__main__":
    main()
