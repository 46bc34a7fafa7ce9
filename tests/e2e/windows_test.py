#!/usr/bin/env python3
"""Random streams of events: what serving answers for windows at a moment is what a training set holds at that moment, bit
for bit, and both are what exact fractions give.

Each project has one window view over random events (ties, nulls, cancellation, late rows, deletions, with and without event
ids), some of them in files and materialized, some pushed, one push after another. Usage: windows_test.py PROGRAM;
LARDER_SEED replays one project, LARDER_CASES sets how many there are."""

import datetime
import fractions
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile

import pyarrow
import pyarrow.parquet

UTC = datetime.timezone.utc
BEGIN = datetime.datetime(2020, 1, 1, tzinfo=UTC)
TIME = pyarrow.timestamp("us", "UTC")
KEYS = ["a", "b", "c"]
WINDOWS = ["10us", "1ms", "lifetime", "{rows: 3}", "{every: 7us, window: 20us, offset: 2us}"]
FUNCTIONS = {"rows": ("count", None), "xs": ("count", "x"), "total": ("sum", "x"), "whole": ("sum", "n"), "average": ("mean", "x"),
             "least": ("min", "x"), "most": ("max", "x"), "spread": ("var_samp", "x"), "newest": ("last", "x"),
             "middle": ("median", "x")}


def bits(value):
    """Returns what two equal values share and two different ones do not."""
    return struct.pack("<d", value) if isinstance(value, float) else value


class Event:
    def __init__(self, key, at, x, n, event_id, gone):
        self.key, self.at, self.x, self.n, self.event_id, self.gone = key, at, x, n, event_id, gone
        self.created = -1  # the number of the push; rows of files have no created time, and null is lowest

    def order(self):
        encoded = b"".join(b"\0" * 8 if value is None else struct.pack("<d" if isinstance(value, float) else "<q", value)
                           for value in (self.x, self.n, self.event_id))
        nulls = sum(1 << i for i, value in enumerate((self.x, self.n, self.event_id)) if value is None)
        event_id = b"" if self.event_id is None else struct.pack(">q", self.event_id)
        return (self.at, self.created, event_id, bytes([nulls]) + encoded)


def events_that_count(events):
    """Identity and deletions, by the contract's words."""
    left = []
    for event in events:
        taken = event.gone
        for other in events:
            if other.gone and other.event_id is None:
                taken = taken or (event.at, event.created) <= (other.at, other.created)
            elif event.event_id is not None and other.event_id == event.event_id and other is not event:
                mine = (event.at, event.created, event.gone, event.order()[3])
                theirs = (other.at, other.created, other.gone, other.order()[3])
                taken = taken or mine < theirs or (mine == theirs and id(event) < id(other))
        if not taken:
            left.append(event)
    return sorted(left, key=Event.order)


def in_window(events, window, now):
    if window == "lifetime":
        return [event for event in events if event.at <= now]
    if window.startswith("{rows"):
        return [event for event in events if event.at <= now][-3:]
    end, length = now, 10 if window == "10us" else 1000
    if window.startswith("{every"):
        since = (BEGIN - datetime.datetime(1970, 1, 1, tzinfo=UTC)) // datetime.timedelta(microseconds=1)
        end, length = (now + since - 2) // 7 * 7 + 2 - since, 20
    return [event for event in events if end - length < event.at <= end]


def evaluate(function, column, events):
    if column is None:
        return len(events)
    values = [getattr(event, column) for event in events if getattr(event, column) is not None]
    if function == "count":
        return len(values)
    if not values or (function == "var_samp" and len(values) < 2):
        return None
    exact = [fractions.Fraction(value) for value in values]
    count = len(exact)
    if function == "sum":
        return sum(values) if column == "n" else float(sum(exact))
    if function == "mean":
        return float(sum(exact) / count)
    if function == "var_samp":
        return float((count * sum(value * value for value in exact) - sum(exact) ** 2) / (count * (count - 1)))
    if function == "last":
        return values[-1]
    in_order = sorted(values, key=lambda value: (value, math.copysign(1, value)))
    if function == "median":
        low, high = in_order[(count - 1) // 2], in_order[count // 2]
        return low if count % 2 == 1 else float((fractions.Fraction(low) + fractions.Fraction(high)) / 2)
    return in_order[0] if function == "min" else in_order[-1]


class Project:
    def __init__(self, program, folder, seed):
        self.program, self.folder, self.random = program, folder, random.Random(seed)
        self.has_ids = self.random.random() < 0.5
        self.span = self.random.choice([5, 40, 2000])
        self.events = []
        self.pushes = 0
        self.used_ids = set()

    def run(self, *arguments):
        done = subprocess.run([self.program, "-C", self.folder, "-q", *arguments], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"larder {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def number(self):
        pick = self.random
        return pick.choice([None, 1e16, -1e16, 1.0, -0.0, 0.0, 0.1, 1e-300, 5e-324, 1e150, pick.gauss(0, 1), float(pick.randrange(5))])

    def new_events(self, count):
        pick = self.random
        events = []
        for _ in range(count):
            event_id = pick.choice([None, pick.randrange(count)]) if self.has_ids else None
            events.append(Event(pick.choice(KEYS), pick.randrange(self.span), self.number(), pick.choice([None, pick.randrange(-9, 9)]),
                                event_id, pick.random() < 0.06))
        return events

    def table(self, events):
        at = [BEGIN + datetime.timedelta(microseconds=event.at) for event in events]
        return pyarrow.table({"k": [event.key for event in events], "t": pyarrow.array(at, TIME),
                              "x": pyarrow.array([event.x for event in events], pyarrow.float64()),
                              "n": pyarrow.array([event.n for event in events], pyarrow.int64()),
                              "id": pyarrow.array([event.event_id for event in events], pyarrow.int64()),
                              "gone": [event.gone for event in events]})

    def write(self, name, table):
        path = os.path.join(self.folder, name)
        pyarrow.parquet.write_table(table, path, row_group_size=self.random.choice([3, 1000]))
        return path

    def make(self):
        for folder in ("features", "data"):
            os.makedirs(os.path.join(self.folder, folder))
        with open(os.path.join(self.folder, "larder.yaml"), "w", encoding="utf-8") as out:
            out.write("project: random\ndefinitions: [features/]\n")
        # Encoded values hold x, then n, as they are named here, then the event id.
        lines = ["      names_x: {function: count, of: x, windows: [10us]}", "      names_n: {function: count, of: n, windows: [10us]}"]
        for name, (function, column) in FUNCTIONS.items():
            of = f", of: {column}" if column else ""
            lines.append(f"      {name}: {{function: {function}{of}, windows: [{', '.join(WINDOWS)}]}}")
        identity = ", event_id: id" if self.has_ids else ""
        with open(os.path.join(self.folder, "features", "v.yaml"), "w", encoding="utf-8") as out:
            out.write(f"entities: [{{name: k, type: string}}]\nsources: [{{name: rows, path: data, timestamp: t, deleted: gone{identity}}}]\n"
                      "feature_views:\n  - name: v\n    entities: [k]\n    source: rows\n    aggregations:\n" + "\n".join(lines) + "\n")
        for i in range(self.random.randrange(1, 4)):
            events = self.new_events(self.random.randrange(1, 40))
            self.events += events
            self.write(os.path.join("data", f"{i}.parquet"), self.table(events))
        self.run("apply", "--yes")
        self.run("materialize")

    def push(self):
        events = self.new_events(self.random.randrange(1, 12))
        for event in events:
            event.created = self.pushes
        self.pushes += 1
        self.events += events
        self.run("push", "rows", self.write("pushed.parquet", self.table(events)))

    def compare(self):
        """Asks both sides for every key at a few moments; returns the number of values compared."""
        moments = [self.random.randrange(-1, self.span + 1100) for _ in range(3)]
        rows = [(key, now) for now in moments for key in [*KEYS, "never_seen"]]
        times = [BEGIN + datetime.timedelta(microseconds=now) for _, now in rows]
        entities = self.write("rows.parquet", pyarrow.table({"k": [key for key, _ in rows], "event_timestamp": pyarrow.array(times, TIME)}))
        output = os.path.join(self.folder, "training.parquet")
        self.run("historical", "--entities", entities, "--features", "v", "--output", output)
        offline = pyarrow.parquet.read_table(output)
        count = 0
        for i, now in enumerate(moments):
            keys = [word for key in [*KEYS, "never_seen"] for word in ("--key", f"k={key}")]
            moment = (BEGIN + datetime.timedelta(microseconds=now)).isoformat()
            answer = json.loads(self.run("--json", "online", "--features", "v", *keys, "--now", moment))
            online = dict(zip(answer["metadata"]["feature_names"], answer["results"]))
            for k, key in enumerate([*KEYS, "never_seen"]):
                events = events_that_count([event for event in self.events if event.key == key])
                for name, (function, column) in FUNCTIONS.items():
                    for window in WINDOWS:
                        count += self.compare_value(name, window, evaluate(function, column, in_window(events, window, now)),
                                                    (offline, i * (len(KEYS) + 1) + k), (online, k))
        return count

    def compare_value(self, name, window, wanted, offline, online):
        suffix = {"{rows: 3}": "3rows"}.get(window, window)
        if window.startswith("{every"):
            suffix = "20us_every_7us_offset_2us"
        feature = f"{name}_{suffix}"
        found = offline[0][feature][offline[1]].as_py()
        served = online[0][feature]["values"][online[1]]
        if bits(found) != bits(wanted) or bits(served) != bits(wanted):
            raise AssertionError(f"{feature}, row {offline[1]}: fractions {wanted!r}, offline {found!r}, online {served!r}")
        return 1


def run_case(program, seed):
    with tempfile.TemporaryDirectory() as folder:
        project = Project(program, folder, seed)
        project.make()
        count = project.compare()
        for _ in range(project.random.randrange(1, 3)):
            project.push()
            count += project.compare()
        if project.random.random() < 0.5:
            project.run("materialize")
            count += project.compare()
        return count


def main():
    program = os.path.abspath(sys.argv[1])
    first = int(os.environ.get("LARDER_SEED", random.SystemRandom().randrange(2**62)))
    cases = 1 if "LARDER_SEED" in os.environ else int(os.environ.get("LARDER_CASES", "4"))
    count = 0
    for seed in range(first, first + cases):
        try:
            count += run_case(program, seed)
        except BaseException:
            print(f"replay with LARDER_SEED={seed}", file=sys.stderr)
            raise
    print(f"{cases} projects from seed {first}: {count} values are equal offline, online and in fractions")


if __name__ == "__main__":
    main()
