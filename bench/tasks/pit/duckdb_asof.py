#!/usr/bin/env python3
"""The point-in-time join in DuckDB, in the best formulation known: the right side made unique by created time and row
number first, an ASOF join on keys and times alone, the features by row number. Variants (third argument): ordered (the
order of the entity rows), unordered, without_ties (ordered; any row of a tie may win)."""

import os
import sys

import duckdb

import contender
from contender import features, perform

VARIANT = sys.argv[3] if len(sys.argv) > 3 else "ordered"
FEW = 10  # a left side so many times smaller than the right one restricts it to its keys first


def connect(task):
    folder = os.path.join(task["folder"], "duckdb_spill")
    config = {"threads": contender.THREADS, "memory_limit": task["memory"], "temp_directory": folder, "preserve_insertion_order": VARIANT != "unordered"}
    return duckdb.connect(config=config)


def match(connection, view, index, left_rows):
    """Makes the table m<index>: for each row of the left side the number of the row that won, if any."""
    restricted = "WHERE id IN (SELECT id FROM l)" if left_rows * FEW <= view["rows"] else ""
    keys = f"SELECT id, seen, n FROM r{index} {restricted}"
    if VARIANT != "without_ties":
        place = "row_number() OVER (PARTITION BY id, seen ORDER BY known DESC, n DESC)"
        keys = f"SELECT id, seen, n FROM (SELECT id, seen, n, {place} AS place FROM r{index} {restricted}) WHERE place = 1"
    connection.execute(f"CREATE TEMP TABLE k{index} AS {keys}")
    connection.execute(
        f"CREATE TEMP TABLE m{index} AS SELECT l.n AS n, CASE WHEN k.seen >= l.event_timestamp - INTERVAL 1 DAY THEN k.n END AS winner "
        f"FROM l ASOF LEFT JOIN k{index} AS k ON l.id = k.id AND l.event_timestamp >= k.seen")
    connection.execute(f"DROP TABLE k{index}")


def query(task):
    columns = ", ".join(f"r{i}.{name}" for i, name in features(task))
    joins = " ".join(f"JOIN m{i} ON m{i}.n = l.n LEFT JOIN r{i} ON r{i}.n = m{i}.winner" for i in range(len(task["views"])))
    order = "" if VARIANT == "unordered" else "ORDER BY l.n"
    return f"SELECT l.id, l.event_timestamp, {columns} FROM l {joins} {order}"


def work(task, output):
    connection = connect(task)
    tables = {"l": task["left"]} | {f"r{i}": view["path"] for i, view in enumerate(task["views"])}
    for name, path in tables.items():
        connection.execute(f"CREATE VIEW {name} AS SELECT *, file_row_number AS n FROM read_parquet('{path}', file_row_number=true)")
    for i, view in enumerate(task["views"]):
        match(connection, view, i, task["left_rows"])
    if task["sink"] == "arrow":
        return connection.execute(query(task)).to_arrow_table()
    connection.execute(f"COPY ({query(task)}) TO '{output}' (FORMAT parquet, COMPRESSION snappy)")
    return None


def keep(table, path):
    import pyarrow.parquet
    pyarrow.parquet.write_table(table, path, use_dictionary=False)


if __name__ == "__main__":
    perform(work, keep)
