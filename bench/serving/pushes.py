"""The shapes that write: pushes of 100 rows x 10 float64, and loads of whole tables."""

import json
import os

import pyarrow

import rows
import shapes

ROWS = 100
FEATURES = 10
BODIES = 64  # different ones, sent in turn


def bodies(contenders, kind, source):
    """Writes bodies of other keys each; returns their paths."""
    paths = []
    for number in range(BODIES):
        first = number * ROWS
        table = rows.table(first, ROWS, FEATURES)
        path = os.path.join(contenders.folder, f"push_{source}_{number}.{kind}")
        if kind == "json":
            df = {"id": list(range(first, first + ROWS)), "event_timestamp": ["2026-01-02T00:00:00"] * ROWS} | table.to_pydict()
            with open(path, "w", encoding="utf-8") as out:
                json.dump({"push_source_name": source, "df": df, "to": "online"}, out)
        else:
            times = pyarrow.array([rows.TIME_US + 86_400_000_000] * ROWS, pyarrow.timestamp("us", "UTC"))
            table = table.add_column(0, "event_timestamp", times).add_column(0, "id", pyarrow.array(range(first, first + ROWS)))
            with pyarrow.ipc.new_stream(path, table.schema) as out:
                out.write_table(table)
        paths.append(path)
    return paths


def push(contenders):
    rounds = range(contenders.options.rounds)
    contenders.larder.start()
    load = contenders.load("larder")
    own = bodies(contenders, "json", "pushed")
    arrow = bodies(contenders, "arrows", "pushed")
    stream = ("/push?name=pushed&to=online", arrow)
    ours, theirs = [], []
    if contenders.feast:
        contenders.feast.start(1)
        rival = contenders.load("feast")
        feast_bodies = bodies(contenders, "json", "push_source")
    for _ in rounds:
        ours.append(load.send("/push", own, 1)["latency_us"]["p50"])
        if contenders.feast:
            theirs.append(rival.send("/push", feast_bodies, 1)["latency_us"]["p50"])
    if contenders.feast:
        contenders.feast.stop()
    yield shapes.line(f"push of {ROWS} rows x {FEATURES}, 1 writer, JSON: p50, us", ours, theirs, ">= 8 x")
    for name, (path, files), content_type, target in (
            ("JSON", ("/push", own), "application/json", ">= 60,000"),
            ("Arrow", stream, "application/vnd.apache.arrow.stream", ">= 150,000")):
        rates = [load.send(path, files, shapes.MANY, content_type)["requests_per_second"] * ROWS for _ in rounds]
        yield shapes.line(f"pushes by {shapes.MANY} writers, {name}: rows/s", rates, None, target)
    contenders.larder.stop()


def bulk(contenders):
    """Files to online, everything included: reading, the newest per key, encoding, writing, swapping in."""
    entities = contenders.options.entities
    ours = [entities / contenders.larder.materialize_s]
    theirs = [contenders.feast.entities / contenders.feast.materialize_s] if contenders.feast else None
    yield shapes.line("materialize 50 float64 from Parquet: rows/s (one run)", ours, theirs, "", True)
