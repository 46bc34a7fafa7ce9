#!/usr/bin/env python3
"""The point-in-time task in DuckDB: the right side made unique by created time first, an ASOF join on keys and times
alone, the features by row number, rows in the order of the entity table. Usage: duckdb_asof.py FOLDER OUTPUT."""

import sys

import duckdb

FEATURES = 20


def main(folder, output):
    connection = duckdb.connect(config={"threads": 2})
    features = ", ".join(f"r.f{i}" for i in range(FEATURES))
    connection.execute(f"CREATE VIEW l AS SELECT *, file_row_number AS n FROM read_parquet('{folder}/left.parquet', file_row_number=true)")
    connection.execute(f"CREATE VIEW r AS SELECT *, file_row_number AS n FROM read_parquet('{folder}/right.parquet', file_row_number=true)")
    connection.execute(
        "CREATE TEMP TABLE k AS SELECT id, seen, n FROM (SELECT id, seen, n, row_number() OVER "
        "(PARTITION BY id, seen ORDER BY known DESC, n DESC) AS place FROM r) WHERE place = 1")
    connection.execute(
        "CREATE TEMP TABLE m AS SELECT l.n AS n, CASE WHEN k.seen >= l.event_timestamp - INTERVAL 1 DAY THEN k.n END AS winner "
        "FROM l ASOF LEFT JOIN k ON l.id = k.id AND l.event_timestamp >= k.seen")
    connection.execute(
        f"COPY (SELECT l.id, l.event_timestamp, {features} FROM l JOIN m USING (n) LEFT JOIN r ON r.n = m.winner "
        f"ORDER BY l.n) TO '{output}' (FORMAT parquet, COMPRESSION snappy)")


if __name__ == "__main__":
    main(*sys.argv[1:3])
