#!/usr/bin/env python3
"""Makes the tables of the point-in-time task: ROWS entity rows and ROWS feature rows with 20 float32 features, 30 days,
ROWS / 10 keys, 1 % ties. Usage: generate.py FOLDER ROWS. The same bits for the same arguments."""

import os
import sys

import numpy
import pyarrow
import pyarrow.parquet

FEATURES = 20
DAY_US = 86_400_000_000
BEGIN_US = 1_735_689_600_000_000  # 2025-01-01


def instants(random, rows):
    return pyarrow.array(BEGIN_US + random.integers(0, 30 * DAY_US, rows), pyarrow.timestamp("us", "UTC"))


def main(folder, rows):
    random = numpy.random.Generator(numpy.random.Philox(20250101))
    keys = max(rows // 10, 1)
    left = {"id": random.integers(0, keys, rows), "event_timestamp": instants(random, rows)}
    times = instants(random, rows).to_numpy(zero_copy_only=False).copy()
    right_keys = random.integers(0, keys, rows)
    ties = random.integers(0, rows - 1, rows // 100)
    times[ties + 1], right_keys[ties + 1] = times[ties], right_keys[ties]
    right = {"id": right_keys, "seen": pyarrow.array(times, pyarrow.timestamp("us", "UTC")),
             "known": pyarrow.array(BEGIN_US + numpy.arange(rows), pyarrow.timestamp("us", "UTC"))}
    for i in range(FEATURES):
        right[f"f{i}"] = random.standard_normal(rows, dtype=numpy.float32)
    os.makedirs(os.path.join(folder, "features"), exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(left), os.path.join(folder, "left.parquet"))
    pyarrow.parquet.write_table(pyarrow.table(right), os.path.join(folder, "right.parquet"), use_dictionary=False)
    with open(os.path.join(folder, "larder.yaml"), "w", encoding="utf-8") as out:
        out.write("project: pit\ndefinitions: [features/]\n")
    with open(os.path.join(folder, "features", "pit.yaml"), "w", encoding="utf-8") as out:
        features = ", ".join(f"f{i}: float32" for i in range(FEATURES))
        out.write("entities: [{name: id, type: int64}]\n"
                  "sources: [{name: events, path: right.parquet, timestamp: seen, created: known}]\n"
                  "feature_views:\n  - name: v\n    entities: [id]\n    source: events\n    ttl: 1d\n"
                  f"    features: {{{features}}}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
