"""The point-in-time tasks: their tables, their projects, what each contender is asked for."""

import json
import os
import subprocess
from dataclasses import dataclass

SCALE = int(os.environ.get("LARDER_BENCH_SCALE", "1"))  # tables so many times smaller: to try the bench itself
MILLION = 1_000_000 // SCALE
HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass(frozen=True)
class Table:
    """A file made by pit_generate."""
    rows: int
    features: int = 0  # 0: the left side
    prefix: str = "f"
    distribution: str = "uniform"
    is_sorted: bool = False
    keys: int = 100_000
    type: str = "float32"
    seed: int = 1

    def name(self):
        side = f"right{self.features}{self.prefix}_{self.type}" if self.features else "left"
        order = "sorted" if self.is_sorted else "random"
        return f"{side}_{self.rows}_{self.keys}_{self.distribution}_{order}_{self.seed}.parquet"

    def arguments(self):
        shape = {"rows": self.rows, "keys": self.keys, "seed": self.seed, "distribution": self.distribution, "sorted": int(self.is_sorted), "nulls": 10}
        if self.features:
            shape |= {"late": 50, "ties": 10, "features": self.features, "type": self.type, "prefix": self.prefix}
        else:
            shape |= {"left": 1}
        return [f"{name}={value}" for name, value in shape.items()]


@dataclass(frozen=True)
class Task:
    """What one line of the table measures. `memory`: the budget of contenders that take one."""
    title: str
    left: Table
    rights: tuple
    sink: str = "parquet"  # or arrow (in memory), online (materialize)
    memory: str = "8GiB"
    contenders: tuple = ("larder", "duckdb", "polars", "floor")
    target: str = ""
    beside: str = ""  # the task whose time of Larder is the measure of this one

    def settings(self, folder, tables):
        """What a contender reads: paths, names and the budget."""
        return {"folder": folder, "left": os.path.join(tables, self.left.name()), "left_rows": self.left.rows, "memory": self.memory,
                "sink": self.sink, "keys": self.left.keys,
                "views": [{"name": f"v{i}", "path": os.path.join(tables, right.name()), "rows": right.rows,
                           "features": [f"{right.prefix}{j}" for j in range(right.features)]} for i, right in enumerate(self.rights)]}


def plain(rows, **options):
    """One view of 20 float32 features, as many rows on both sides."""
    left = {name: value for name, value in options.items() if name in ("distribution", "is_sorted")}
    return {"left": Table(rows, seed=2, **left), "rights": (Table(rows, 20, **options),)}


FIVE = {"left": Table(5 * MILLION, seed=2), "rights": tuple(Table(5 * MILLION, 4, prefix=f"v{i}_", seed=10 + i) for i in range(5))}
LARDER = ("larder",)
TASKS = {
    "1m": Task("1 M x 1 M, Parquet to Parquet", **plain(MILLION), contenders=("larder", "duckdb", "polars", "pandas", "feast", "floor"),
               target="2.5 x the best rival (ours the whole process, the rival's without start and import)"),
    "10m": Task("10 M x 10 M, Parquet to Parquet", **plain(10 * MILLION),
                contenders=("larder", "duckdb", "duckdb_unordered", "duckdb_without_ties", "polars", "pandas", "floor"),
                target="4 x the best rival, 2 x the floor"),
    "10m_arrow": Task("10 M x 10 M, to Arrow in memory", **plain(10 * MILLION), sink="arrow", target="3 x the best rival, 2.5 x the floor"),
    "100k_50m": Task("100 k x 50 M, Parquet to Parquet", Table(MILLION // 10, seed=2), (Table(50 * MILLION, 20),), target="2.5 x the best rival"),
    "5views": Task("5 views x 5 M, 5 M rows, 4 features each, Parquet to Parquet", **FIVE, target="4 x the best rival"),
    "50m": Task("50 M x 50 M, memory 8 GiB, Parquet to Parquet", **plain(50 * MILLION), contenders=("larder", "duckdb", "floor"),
                target="3 x the best rival"),
    "50m_2g": Task("50 M x 50 M, memory 2 GiB", **plain(50 * MILLION), memory="2GiB", contenders=LARDER, beside="50m",
                   target="finishes, at most 2.5 x its own time with 8 GiB"),
    "50m_sorted_2g": Task("50 M x 50 M, time-sorted files, memory 2 GiB", **plain(50 * MILLION, is_sorted=True), memory="2GiB", contenders=LARDER,
                          beside="50m", target="at most 1.3 x its own time with 8 GiB"),
    "10m_zipf": Task("10 M x 10 M, zipf keys", **plain(10 * MILLION, distribution="zipf"), contenders=LARDER, beside="10m",
                     target="at most 1.3 x its own uniform time"),
    "10m_hot": Task("10 M x 10 M, one key with 10 % of the rows", **plain(10 * MILLION, distribution="hot"), contenders=LARDER, beside="10m",
                    target="at most 1.3 x its own uniform time"),
    "10m_sorted": Task("10 M x 10 M, time-sorted files", **plain(10 * MILLION, is_sorted=True), contenders=LARDER, beside="10m"),
    "10m_1thread": Task("10 M x 10 M, 1 thread", **plain(10 * MILLION), contenders=("larder_1thread",), beside="10m",
                        target="2 threads at least 1.7 x as fast as one"),
    "materialize_10m": Task("materialize 10 M rows, 1 M keys, 10 float64, into RocksDB", Table(1, seed=2),
                            (Table(10 * MILLION, 10, keys=MILLION, type="float64"),), sink="online", contenders=("larder_materialize", "feast_materialize"),
                            target="40 x Feast into redis, rows/s"),
}


def make_tables(task, tables, generator):
    """Makes the files of a task that are not there yet; a file that is there is whole."""
    os.makedirs(tables, exist_ok=True)
    for table in (task.left, *task.rights):
        path = os.path.join(tables, table.name())
        if os.path.exists(path):
            continue
        subprocess.run([generator, path + ".part", *table.arguments()], check=True)
        os.rename(path + ".part", path)


def make_project(task, settings, threads):
    """Writes the project of a task for Larder, and what the other contenders read: task.json."""
    folder = settings["folder"]
    os.makedirs(os.path.join(folder, "features"), exist_ok=True)
    with open(os.path.join(folder, "larder.yaml"), "w", encoding="utf-8") as out:
        out.write(f"project: pit\ndefinitions: [features/]\nengine: {{memory: {task.memory}, threads: {threads}}}\n")
    lines = ["entities: [{name: id, type: int64}]", "sources:"]
    lines += [f"  - {{name: {view['name']}_events, path: {view['path']}, timestamp: seen, created: known}}" for view in settings["views"]]
    lines += ["feature_views:"]
    for view, right in zip(settings["views"], task.rights):
        features = ", ".join(f"{name}: {right.type}" for name in view["features"])
        lines += [f"  - {{name: {view['name']}, entities: [id], source: {view['name']}_events, ttl: 1d, features: {{{features}}}}}"]
    with open(os.path.join(folder, "features", "pit.yaml"), "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    with open(os.path.join(folder, "task.json"), "w", encoding="utf-8") as out:
        json.dump(settings, out)
