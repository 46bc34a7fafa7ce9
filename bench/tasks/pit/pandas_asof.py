#!/usr/bin/env python3
"""The point-in-time join in pandas, in the best formulation known: merge_asof of keys, times and row numbers (the right
side made unique by created time and row number first), then the features taken by row number."""

import numpy
import pandas
import pyarrow
import pyarrow.parquet

import contender

pyarrow.set_cpu_count(contender.THREADS)


def winners(view, left):
    """Returns for each row of the left side, in its order, the number of the row that won; -1: none."""
    right = pyarrow.parquet.read_table(view["path"], columns=["id", "seen", "known"]).to_pandas()
    right["winner"] = numpy.arange(len(right))
    right = right.dropna(subset=["id", "seen"]).astype({"id": "int64"})
    right = right.sort_values(["seen", "known", "winner"]).drop_duplicates(["id", "seen"], keep="last").drop(columns="known")
    wanted = left.dropna(subset=["id", "event_timestamp"]).astype({"id": "int64"}).sort_values("event_timestamp")
    found = pandas.merge_asof(wanted, right, left_on="event_timestamp", right_on="seen", by="id", tolerance=pandas.Timedelta(days=1))
    numbers = numpy.full(len(left), -1)
    has_winner = found["winner"].notna()
    numbers[found["n"][has_winner]] = found["winner"][has_winner].astype("int64")
    return numbers


def work(task, output):
    own = pyarrow.parquet.read_table(task["left"])
    left = own.to_pandas()
    left["n"] = numpy.arange(len(left))
    columns = {name: own[name] for name in own.column_names}
    for view in task["views"]:
        numbers = winners(view, left)
        places = pyarrow.array(numbers, mask=numbers < 0)
        taken = pyarrow.parquet.read_table(view["path"], columns=view["features"]).take(places)
        columns |= {name: taken[name] for name in view["features"]}
    table = pyarrow.table(columns)
    if task["sink"] != "arrow":
        pyarrow.parquet.write_table(table, output, use_dictionary=False)
    return table


if __name__ == "__main__":
    contender.perform(work, lambda table, path: pyarrow.parquet.write_table(table, path))
