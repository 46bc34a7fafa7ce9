"""Who takes part in the point-in-time tasks: how each is called, and what it leaves out."""

import os
import sys
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
import rivals  # noqa: E402

THREADS = 2


@dataclass(frozen=True)
class Contender:
    """`is_rival`: counted among the rivals of the ratio. `order`: ordered, unordered, or "" when nothing is compared."""
    title: str
    leaves_out: str = ""
    is_rival: bool = True
    order: str = "ordered"
    spill: str = ""  # the folder, in the task's, where it spills
    threads: int = THREADS


LARDER = {"is_rival": False, "spill": ".larder/spill"}
DUCKDB = {"spill": "duckdb_spill"}
CONTENDERS = {
    "larder": Contender("Larder", **LARDER),
    "larder_1thread": Contender("Larder, 1 thread", threads=1, **LARDER),
    "larder_materialize": Contender("Larder materialize", order="", **LARDER),
    "duckdb": Contender("DuckDB, ordered", "no match columns, no as-known join; the formulation is the user's", **DUCKDB),
    "duckdb_unordered": Contender("DuckDB, unordered", "the order of the entity rows", order="unordered", **DUCKDB),
    "duckdb_without_ties": Contender("DuckDB, ordered, without ties", "ties by created time: any row of a tie wins", is_rival=False, **DUCKDB),
    "polars": Contender("Polars", "no memory bound, no spill; sorted by time in memory; the formulation is the user's"),
    "pandas": Contender("pandas", "no memory bound, no spill, one thread; the formulation is the user's"),
    "feast": Contender("Feast, DuckDB store", "no memory bound; the order of the entity rows; ties of created time are anybody's", order="unordered"),
    "feast_materialize": Contender("Feast into redis (1 % of the rows)", "no memory bound", order=""),
    "floor": Contender("floor (Arrow alone)", "the join", is_rival=False, order=""),
}


def output_of(name, task, settings):
    return os.path.join(settings["folder"], f"{name}.parquet")


def larder_command(programs, name, task, settings, output):
    views = [view["name"] for view in settings["views"]]
    if name == "larder_materialize":
        return [programs.larder, "-C", settings["folder"], "-q", "--json", "materialize"]
    if task.sink == "arrow":
        return [programs.larder_arrow, settings["folder"], output, settings["left"], *views]
    return [programs.larder, "-C", settings["folder"], "-q", "--json", "historical", "--entities", settings["left"],
            "--features", ",".join(views), "--output", output]


def command(programs, name, task, settings, keep):
    """Returns the command line of a contender. What a sink in memory holds is written down only when `keep` asks."""
    output = output_of(name, task, settings) if keep or task.sink == "parquet" else "-"
    if name.startswith("larder"):
        return larder_command(programs, name, task, settings, output)
    script = [os.path.join(HERE, {"floor": "arrow_floor", "pandas": "pandas_asof", "polars": "polars_asof", "feast": "feast_offline",
                                  "feast_materialize": "feast_materialize"}.get(name, "duckdb_asof") + ".py"), settings["folder"], output]
    if name == "floor":
        script.append(output_of("larder", task, settings))
    if name.startswith("duckdb"):
        script.append(name.removeprefix("duckdb").removeprefix("_") or "ordered")
    return [rivals.feast_python() if name.startswith("feast") else rivals.rivals_python(), *script]
