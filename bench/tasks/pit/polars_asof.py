#!/usr/bin/env python3
"""The point-in-time join in Polars, in the best formulation known: an as-of join of keys, times and row numbers (of a
tie the row that stands last after sorting by created time wins), then the features gathered by row number."""

import os

import contender

os.environ["POLARS_MAX_THREADS"] = str(contender.THREADS)

import polars  # noqa: E402

FEW = 10


def winners(task, view, left):
    """Returns for each row of the left side, in its order, the number of the row that won; null: none."""
    right = polars.scan_parquet(view["path"]).select("id", "seen", "known").with_row_index("winner").drop_nulls(["id", "seen"])
    if task["left_rows"] * FEW <= view["rows"]:
        right = right.join(left.lazy().select("id").drop_nulls().unique(), on="id", how="semi")
    right = right.collect().sort("seen", "known", "winner").drop("known").set_sorted("seen")
    wanted = left.drop_nulls().sort("event_timestamp")
    found = wanted.join_asof(right, left_on="event_timestamp", right_on="seen", by="id", strategy="backward", tolerance=contender.DAY,
                             check_sortedness=False)
    numbers = polars.Series("winner", [None], dtype=polars.get_index_type()).new_from_index(0, left.height)
    return numbers.scatter(found["n"], found["winner"])


def work(task, output):
    left = polars.read_parquet(task["left"]).with_row_index("n")
    parts = [left.drop("n")]
    for view in task["views"]:
        numbers = winners(task, view, left)
        values = polars.read_parquet(view["path"], columns=view["features"])
        parts.append(values.select(polars.all().gather(numbers)))
    table = polars.concat(parts, how="horizontal")
    if task["sink"] != "arrow":
        table.write_parquet(output, compression="snappy", row_group_size=1_000_000)
    return table


if __name__ == "__main__":
    contender.perform(work, lambda table, path: table.write_parquet(path, compression="snappy"))
