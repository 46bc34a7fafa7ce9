#!/usr/bin/env python3
"""Runs point-in-time tasks: every contender a process of its own, in turn (A B A B), outputs compared with Larder's.

Usage: run.py BUILD_FOLDER [TASK,...] [ROUNDS] [CONTENDER,...]; see tasks.py and contenders.py for the names; the default
is every task, 5 rounds, the contenders of the task but Feast, which is run when named ("+feast" adds it to those of the
task). Prints the tables and writes bench/results/pit/TASK.md. Data: $LARDER_BENCH_DATA, default bench/data; KEEP_TABLES=0
deletes the tables that no later task of the run needs; LARDER_BENCH_SCALE=100 makes everything so many times smaller, to
try the bench itself, and writes no results. The machine must be quiet."""

import json
import os
import shutil
import statistics
import subprocess
import sys
from types import SimpleNamespace

import contenders
import tasks
from contenders import CONTENDERS, rivals
from tasks import TASKS

import measure  # the folder of rivals.py

RESULTS = os.path.join(rivals.BENCH, "results", "pit")
TABLES = os.path.join(rivals.DATA, "tables")


def programs_of(build):
    folder = os.path.join(build, "bench", "tasks", "pit")
    return SimpleNamespace(larder=os.path.join(build, "larder"), larder_arrow=os.path.join(folder, "pit_larder_arrow"),
                           generate=os.path.join(folder, "pit_generate"))


def chosen(task, names):
    """Returns the contenders of a task: those named, else its own without Feast; "+name" adds one."""
    own = [name for name in task.contenders if not name.startswith("feast")]
    added = [name[1:] for name in names if name.startswith("+")]
    named = [name for name in names if not name.startswith("+")]
    return (named or own) + [name for name in added if name in task.contenders]


def warm(settings):
    """Reads the inputs once, so that every contender finds them in memory."""
    for path in [settings["left"]] + [view["path"] for view in settings["views"]]:
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 24):
                pass


def start(programs, name, task, settings, keep=False):
    """Runs a contender once."""
    contender = CONTENDERS[name]
    tasks.make_project(task, settings, contender.threads)
    if name.startswith("larder"):
        if name == "larder_materialize":
            shutil.rmtree(os.path.join(settings["folder"], ".larder"), ignore_errors=True)
        subprocess.run([programs.larder, "-C", settings["folder"], "-q", "apply", "--yes"], check=True, stdout=subprocess.DEVNULL)
    spill = os.path.join(settings["folder"], contender.spill) if contender.spill else None
    ran = measure.run(contenders.command(programs, name, task, settings, keep), spill=spill)
    if spill and not name.startswith("larder"):
        shutil.rmtree(spill, ignore_errors=True)
    return ran


def compared(name, task, settings):
    """Compares an output with Larder's, in a process of its own; returns a sentence."""
    order = CONTENDERS[name].order
    paths = [contenders.output_of(other, task, settings) for other in ("larder", name)]
    if name.startswith("larder") or not order or not all(os.path.exists(path) for path in paths):
        return ""
    script = os.path.join(contenders.HERE, "compare.py")
    found = json.loads(subprocess.run([rivals.rivals_python(), script, *paths, order], check=True, capture_output=True, text=True).stdout)
    if found["differ"] == 0:
        return "equal" if order == "ordered" else "equal but for the order"
    if order == "unordered":
        return f"sums of {', '.join(found['columns'])} differ"
    why = [f"{found[kind]} {words}" for kind, words in (("lost", "null there"), ("found", "null with Larder"), ("other", "another value")) if found[kind]]
    print(f"bench: {name} differs, for example {found['example']}", file=sys.stderr)
    return f"{found['differ']} of {found['rows']} rows differ: {', '.join(why)}"


def counted(name, ran):
    """Returns the seconds that count: of Larder the whole process, of the others without start and import."""
    whole = name.startswith("larder") and "work_s" not in ran.told
    return ran.wall_s if whole else ran.told.get("work_s", ran.wall_s)


def measured(programs, task_name, rounds, names):
    """Runs one task; returns its runs by contender, and what the comparisons say."""
    task = TASKS[task_name]
    tasks.make_tables(task, TABLES, programs.generate)
    settings = task.settings(os.path.join(rivals.DATA, "tasks", task_name), TABLES)
    os.makedirs(settings["folder"], exist_ok=True)
    names = chosen(task, names)
    warm(settings)
    verdicts = {}
    if "floor" in names or task.sink == "arrow":  # the first run of each, kept to be compared and for the floor
        for name in sorted(set(names) - {"floor"} | {"larder"}, key=lambda name: name != "larder"):
            start(programs, name, task, settings, keep=True)
            verdicts[name] = compared(name, task, settings)
    runs = measure.interleaved({name: lambda name=name: start(programs, name, task, settings) for name in names}, rounds)
    for name in names:
        verdicts[name] = verdicts.get(name) or compared(name, task, settings)
    for name in os.listdir(settings["folder"]):
        if name.endswith(".parquet"):
            os.remove(os.path.join(settings["folder"], name))
    return runs, verdicts


def median_s(name, runs):
    return statistics.median([counted(name, ran) for ran in runs[name]])


def line(name, runs, verdict):
    ran = runs[name]
    spilled = statistics.median([max(each.spilled_mib, each.told.get("spilled_bytes", 0) / 2**20) for each in ran])
    peak = statistics.median([each.told.get("peak_mib", each.peak_mib) for each in ran])
    return (f"| {CONTENDERS[name].title} | {measure.spread([counted(name, each) for each in ran])} | {statistics.median([each.wall_s for each in ran]):.2f} "
            f"| {statistics.median([each.cpu_s for each in ran]):.2f} | {peak:.0f} | {spilled:.0f} | {verdict} |")


def ratios(task, runs, medians):
    """Returns the ratios that the target of a task is about, as lines."""
    ours = next((name for name in runs if name.startswith("larder")), None)
    if ours is None:
        return []
    rivals_here = [name for name in runs if CONTENDERS[name].is_rival and not name.endswith("materialize")]
    told = []
    if rivals_here:
        best = min(rivals_here, key=lambda name: median_s(name, runs))
        told.append(f"{median_s(best, runs) / median_s(ours, runs):.2f} x as fast as the best rival ({CONTENDERS[best].title})")
    if "floor" in runs:
        told.append(f"{median_s(ours, runs) / median_s('floor', runs):.2f} x the time of the floor")
    if task.beside in medians:
        told.append(f"{median_s(ours, runs) / medians[task.beside]:.2f} x its own time in the task {task.beside}")
    rates = {name: statistics.median([each.told["rows"] / counted(name, each) for each in runs[name] if "rows" in each.told] or [0])
             for name in runs if name.endswith("materialize")}
    if rates:
        rates["larder_materialize"] = task.rights[0].rows / median_s(ours, runs)
        told += [f"{CONTENDERS[name].title}: {rate:,.0f} rows/s" for name, rate in rates.items()]
    if rates.get("feast_materialize"):
        told.append(f"{rates['larder_materialize'] / rates['feast_materialize']:.1f} x Feast, in rows/s")
    return told


def section(task_name, runs, verdicts, medians):
    task = TASKS[task_name]
    lines = [f"# {task_name}: {task.title}", "", "| contender | s | whole process s | CPU s | peak MiB | spilled MiB | output beside Larder's |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    lines += [line(name, runs, verdicts.get(name, "")) for name in runs]
    lines += ["", f"Target: {task.target}." if task.target else "", "Reached: " + ("; ".join(ratios(task, runs, medians)) or "no ratio") + "."]
    return "\n".join(lines) + "\n"


def conditions(rounds, used):
    """Returns what one must know to read the table."""
    found = rivals.versions(rivals.rivals_python(), ["duckdb", "polars", "pandas", "pyarrow", "numpy"])
    if any(name.startswith("feast") for name in used):
        found |= rivals.versions(rivals.feast_python(), ["feast"])
    left_out = [f"- {CONTENDERS[name].title} leaves out: {CONTENDERS[name].leaves_out}." for name in used if CONTENDERS[name].leaves_out]
    versions = ", ".join(f"{name} {version}" for name, version in found.items())
    return (f"Machine: {measure.machine()}, 2 threads each. {versions}. {rounds} rounds in turn; medians, least and greatest in brackets. Seconds "
            "that count: of Larder the whole process (in memory: of its library), of the others the work without start and import. Peak: the "
            "operating system's. Spilled: most bytes on disk at once. Data (bench/tasks/pit/generate.cc): 30 days, 5 % late rows, 1 % ties, 1 % "
            "nulls, 0.1 % of the rows without key or time; ttl 1 day, ties by created time. Command: `make bench-pit`.\n\n" + "\n".join(left_out) + "\n")


def drop_tables(done, left):
    needed = {table.name() for name in left for table in (TASKS[name].left, *TASKS[name].rights)}
    for table in (TASKS[done].left, *TASKS[done].rights):
        path = os.path.join(TABLES, table.name())
        if table.name() not in needed and os.path.exists(path):
            os.remove(path)


def main(build, names="", rounds="5", wanted=""):
    names = [name for name in names.split(",") if name] or list(TASKS)
    unknown = [name for name in names if name not in TASKS]
    if unknown:
        raise SystemExit(f"unknown tasks: {', '.join(unknown)}; there are {', '.join(TASKS)}")
    wanted = [name for name in wanted.split(",") if name]
    unknown = [name for name in wanted if name.removeprefix("+") not in CONTENDERS]
    if unknown:
        raise SystemExit(f"unknown contenders: {', '.join(unknown)}; there are {', '.join(CONTENDERS)}; +NAME adds one to those of the task")
    programs, medians = programs_of(os.path.abspath(build)), {}
    os.makedirs(RESULTS, exist_ok=True)
    for place, name in enumerate(names):
        runs, verdicts = measured(programs, name, int(rounds), wanted)
        medians |= {name: median_s(each, runs) for each in runs if each == "larder"}
        text = section(name, runs, verdicts, medians)
        print(text, flush=True)
        if os.environ.get("KEEP_TABLES") == "0":
            drop_tables(name, names[place + 1:])
        if tasks.SCALE == 1:
            with open(os.path.join(RESULTS, name + ".md"), "w", encoding="utf-8") as out:
                out.write(text + "\n" + conditions(rounds, runs))


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:contenders.THREADS])
    main(*sys.argv[1:5])
