#!/usr/bin/env python3
"""Times the point-in-time task: Larder beside DuckDB, whole processes in turn, outputs compared with one another.
Usage: run.py PROGRAM [ROWS [ROUNDS]]. Writes bench/results/pit.md."""

import os
import statistics
import subprocess
import sys
import tempfile

import duckdb
import pyarrow.parquet

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, BENCH)
import measure  # noqa: E402


def differing_rows(ours, theirs):
    """Counts rows that differ in any column; nulls are equal to nulls."""
    ours, theirs = pyarrow.parquet.read_table(ours), pyarrow.parquet.read_table(theirs)
    if ours.num_rows != theirs.num_rows:
        raise SystemExit(f"{ours.num_rows} rows beside {theirs.num_rows}")
    same = None
    for name in theirs.column_names:
        a = ours[name].combine_chunks().to_numpy(zero_copy_only=False)
        b = theirs[name].combine_chunks().to_numpy(zero_copy_only=False)
        equal = (a == b) | ((a != a) & (b != b))
        same = equal if same is None else same & equal
    return int((~same).sum())


def main(program, rows=1_000_000, rounds=5):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, os.path.join(HERE, "generate.py"), folder, str(rows)], check=True)
        subprocess.run([program, "-C", folder, "-q", "apply", "--yes"], check=True, stdout=subprocess.DEVNULL)
        ours, theirs = os.path.join(folder, "larder.parquet"), os.path.join(folder, "duckdb.parquet")
        commands = {
            "Larder": [program, "-C", folder, "historical", "--entities", os.path.join(folder, "left.parquet"),
                       "--features", "v", "--output", ours],
            f"DuckDB {duckdb.__version__}": [sys.executable, os.path.join(HERE, "duckdb_asof.py"), folder, theirs],
        }
        runs = measure.interleaved({name: lambda c=command: measure.run(c) for name, command in commands.items()}, rounds)
        differ = differing_rows(ours, theirs)
    medians = [statistics.median([wall for wall, _, _ in taken]) for taken in runs.values()]
    text = (f"# Point-in-time join, {rows:,} x {rows:,} x 20 float32, ttl 1 day, ties by created time, Parquet to Parquet\n\n"
            f"Machine: {measure.machine()}. Whole processes, start and import included, {rounds} rounds in turn; medians, "
            "least and greatest in brackets. Rows in the order of the entity table on both sides. "
            f"Rows that differ between the outputs: {differ}.\n\n"
            "| contender | wall s | CPU s | peak MiB |\n| --- | --- | --- | --- |\n"
            + "\n".join(measure.row(name, taken) for name, taken in runs.items())
            + f"\n\nDuckDB takes {medians[1] / medians[0]:.1f} x the time of Larder.\n"
            "Commands: `bench/tasks/pit/run.py`; the rival's formulation: `bench/tasks/pit/duckdb_asof.py`.\n")
    with open(os.path.join(BENCH, "results", "pit.md"), "w", encoding="utf-8") as out:
        out.write(text)
    print(text)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), *[int(argument) for argument in sys.argv[2:]])
