#!/usr/bin/env python3
"""Random projects: what serving answers at a moment is what a training set holds at that moment, value for value.

Each project has one view over random rows (all feature types, nulls, ties with and without created time, deletions, one or
two keys of random types, several files), is materialized up to a random moment, some rows pushed late, and is asked for
every key at that moment or later. Usage: offline_online_test.py PROGRAM; LARDER_SEED replays one project, LARDER_CASES sets
how many there are."""

import base64
import datetime
import json
import math
import os
import random
import subprocess
import sys
import tempfile

import pyarrow
import pyarrow.parquet

UTC = datetime.timezone.utc
BEGIN = datetime.datetime(2020, 1, 1, tzinfo=UTC)
TIME = pyarrow.timestamp("us", "UTC")
KEY_VALUES = {
    "int64": (pyarrow.int64(), [0, 1, -5, 2**62]),
    "int32": (pyarrow.int32(), [0, 7, -7]),
    "string": (pyarrow.string(), ["", "a", "é\u4e2d", "a b"]),
    "bool": (pyarrow.bool_(), [True, False]),
    "bytes": (pyarrow.binary(), [b"", b"\x00\xff", b"k"]),
    "date": (pyarrow.date32(), [datetime.date(1969, 12, 31), datetime.date(2020, 2, 29)]),
    "timestamp": (TIME, [BEGIN, BEGIN - datetime.timedelta(microseconds=1)]),
}
FEATURES = {
    "b": ("bool", pyarrow.bool_(), lambda r: r.random() < 0.5),
    "i": ("int64", pyarrow.int64(), lambda r: r.choice([0, -1, 2**63 - 1, -2**63, r.randrange(1000)])),
    "j": ("int32", pyarrow.int32(), lambda r: r.randrange(-2**31, 2**31)),
    "f": ("float32", pyarrow.float32(), lambda r: r.choice([0.1, -0.0, 3e38, r.random()])),
    "d": ("float64", pyarrow.float64(), lambda r: r.choice([0.1, -0.0, 1e308, 5e-324, r.gauss(0, 1)])),
    "s": ("string", pyarrow.string(), lambda r: r.choice(["", "x", "\u00fc\n\"", "longer text"])),
    "y": ("bytes", pyarrow.binary(), lambda r: r.randbytes(r.randrange(4))),
    "t": ("timestamp", TIME, lambda r: BEGIN + datetime.timedelta(microseconds=r.randrange(10**12))),
    "c": ("date", pyarrow.date32(), lambda r: datetime.date(2020, 1, 1 + r.randrange(28))),
    "l": ("list<float32>", pyarrow.list_(pyarrow.float32()), lambda r: [r.random() for _ in range(r.randrange(3))]),
}


def shown(value):
    """Returns a value as /get-online-features shows it (with ISO timestamps)."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


class Project:
    def __init__(self, program, folder, seed):
        self.program, self.folder, self.random = program, folder, random.Random(seed)
        self.keys = [self.random.choice(sorted(KEY_VALUES)) for _ in range(self.random.choice([1, 1, 2]))]
        self.ttl = self.random.choice([0, 0, 5, 20])
        self.has_created = self.random.random() < 0.5

    def run(self, *arguments):
        done = subprocess.run([self.program, "-C", self.folder, "-q", *arguments], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"larder {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def moment(self):
        return BEGIN + datetime.timedelta(minutes=self.random.randrange(60))

    def rows(self, count):
        pick = self.random
        columns = {}
        for i, kind in enumerate(self.keys):
            type_, values = KEY_VALUES[kind]
            columns[f"k{i}"] = pyarrow.array([pick.choice(values + [None] * (pick.random() < 0.1)) for _ in range(count)], type_)
        columns["at"] = pyarrow.array([None if pick.random() < 0.03 else self.moment() for _ in range(count)], TIME)
        if self.has_created:
            columns["known"] = pyarrow.array([pick.choice([None, self.moment()]) for _ in range(count)], TIME)
        columns["gone"] = pyarrow.array([pick.random() < 0.1 for _ in range(count)])
        for name, (_, type_, make) in FEATURES.items():
            columns[name] = pyarrow.array([None if pick.random() < 0.2 else make(pick) for _ in range(count)], type_)
        return pyarrow.table(columns)

    def make(self):
        for folder in ("features", "data"):
            os.makedirs(os.path.join(self.folder, folder))
        with open(os.path.join(self.folder, "larder.yaml"), "w", encoding="utf-8") as out:
            out.write("project: random\ndefinitions: [features/]\n")
        names = [f"k{i}" for i in range(len(self.keys))]
        entities = "".join(f"  - {{name: {name}, type: {kind}}}\n" for name, kind in zip(names, self.keys))
        features = ", ".join(f"{name}: {kind}" for name, (kind, _, _) in FEATURES.items())
        created = ", created: known" if self.has_created else ""
        ttl = f"    ttl: {self.ttl}m\n" if self.ttl else ""
        with open(os.path.join(self.folder, "features", "v.yaml"), "w", encoding="utf-8") as out:
            out.write(f"entities:\n{entities}sources:\n  - {{name: rows, path: data, timestamp: at{created}, deleted: gone}}\n"
                      f"feature_views:\n  - name: v\n    entities: [{', '.join(names)}]\n    source: rows\n{ttl}    features: {{{features}}}\n")
        for i in range(self.random.randrange(1, 4)):
            pyarrow.parquet.write_table(self.rows(self.random.randrange(1, 60)), os.path.join(self.folder, "data", f"{i}.parquet"),
                                        row_group_size=self.random.choice([5, 1000]))
        self.run("apply", "--yes")

    def compare(self):
        """Asks both sides for every key at one moment; returns the number of values compared."""
        to = self.moment()
        self.run("materialize", "--to", to.isoformat())
        now = to
        if self.random.random() < 0.5:
            pushed = os.path.join(self.folder, "pushed.parquet")
            rows = self.rows(5)
            late = [to - datetime.timedelta(minutes=self.random.randrange(30)) for _ in range(5)]
            rows = rows.set_column(rows.schema.get_field_index("at"), "at", pyarrow.array(late, TIME))
            pyarrow.parquet.write_table(rows, pushed)
            self.run("push", "rows", pushed)
        grid = [[]]
        for kind in self.keys:
            grid = [row + [value] for row in grid for value in KEY_VALUES[kind][1]]
        columns = {f"k{i}": pyarrow.array([row[i] for row in grid], KEY_VALUES[kind][0]) for i, kind in enumerate(self.keys)}
        columns["event_timestamp"] = pyarrow.array([now] * len(grid), TIME)
        asked, answered = (os.path.join(self.folder, name) for name in ("asked.parquet", "answered.parquet"))
        pyarrow.parquet.write_table(pyarrow.table(columns), asked)
        self.run("historical", "--entities", asked, "--features", "v", "--matches", "--output", answered)
        offline = pyarrow.parquet.read_table(answered).to_pydict()
        online = json.loads(self.run("online", "--features", "v", "--entities", asked, "--now", now.isoformat(), "--json"))
        compared = 0
        for name, result in zip(online["metadata"]["feature_names"], online["results"]):
            if name.startswith("k"):
                continue
            for row, value in enumerate(result["values"]):
                expected, status = shown(offline[name][row]), offline["v__status"][row]
                if status == "PRESENT" and offline[name][row] is None:
                    status = "NULL_VALUE"
                got = (value, result["statuses"][row])
                if json.dumps(got) != json.dumps((expected_float(name, expected), status)):
                    raise AssertionError(f"{name} of {grid[row]} at {now}: offline {expected} {status}, online {got}")
                compared += 1
        return compared


def expected_float(name, value):
    """Returns float32 values as the shortest text of a float32 reads back; others as they are."""
    if value is None or name not in ("f", "l"):
        return value
    return [float(shortest(number)) for number in value] if name == "l" else float(shortest(value))


def shortest(number):
    """Returns the shortest decimal text that reads back to the same float32."""
    single = lambda text: pyarrow.scalar(float(text), pyarrow.float32()).as_py()
    return next(text for text in (f"{number:.{digits}g}" for digits in range(1, 18)) if single(text) == number)


def main(program):
    first = int(os.environ.get("LARDER_SEED", "20261121"))
    count = int(os.environ.get("LARDER_CASES", "1" if "LARDER_SEED" in os.environ else "20"))
    compared = 0
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as folder:
            project = Project(program, folder, seed)
            try:
                project.make()
                compared += project.compare()
            except AssertionError as failure:
                print(f"LARDER_SEED={seed}: {failure}")
                return 1
    print(f"{count} projects, {compared} values compared")
    return 0 if compared else 1


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
