#!/usr/bin/env python3
"""What `larder historical` says beside its rows: the plan beforehand, how it was done, what came of it; and what it does
about files that killed runs left beside its output."""

import os
import signal
import subprocess
import sys
import time

import pyarrow
import pyarrow.parquet

import larder_project
from larder_project import ProjectTest, instants

DEFINITIONS = """\
entities: [{name: k, type: string}]
sources:
  - {name: events, path: events.parquet, timestamp: t}
feature_views:
  - {name: v, entities: [k], source: events, ttl: 12h, features: {x: float64, n: int64}}
"""
REQUEST = ("historical", "--entities", "rows.parquet", "--features", "v")


class HistoricalOutput(ProjectTest):
    def setUp(self):
        super().setUp()
        self.applied(DEFINITIONS)
        # One row a row group, one day a row.
        days = instants(*[f"2015-01-0{day}T00:00:00Z" for day in (1, 2, 3, 4)])
        table = pyarrow.table({"k": ["a", "a", "a", "b"], "t": days, "x": [1.0, None, 3.0, 4.0], "n": [1, 2, 3, 4]})
        pyarrow.parquet.write_table(table, self.project.path("events.parquet"), row_group_size=1)
        rows = pyarrow.table({"k": ["a", "b", "c", "a"], "event_timestamp": instants(*["2015-01-02T10:00:00Z"] * 3, "2015-01-02T11:00:00Z")})
        self.project.write("rows.parquet", rows)

    def said(self, *arguments):
        code, out, err = self.project.finished(*arguments)
        self.assertEqual(code, 0, err)
        return out, err

    def test_rows_go_to_stdout_and_all_else_to_stderr(self):
        out, err = self.said(*REQUEST)
        self.assertIn("event_timestamp", out)
        self.assertIn("v@1 by k: matched 50.0 % of the rows\n", err)
        self.assertIn("4 rows in ", err)
        out, err = self.said(*REQUEST, "--output", "train.parquet")
        self.assertEqual(out, "")
        # Two of four rows have a winner, with x null and n not: 4 + 2 of 8 values are null.
        self.assertIn("v@1 by k: matched 50.0 % of the rows; 75.0 % of the values are null\n", err)
        self.assertRegex(err, r"v@1 by k: \w+, because .+; \d+ rows? read \(.+B\), .+B skipped\n")
        self.assertRegex(err, r"4 rows in [\d.]+ s, [\d,]+ rows/s; peak memory [\d.]+ [KMG]iB \(engine's buffers: .+B\)\n")
        self.assertRegex(err, r"written to train.parquet \(.+B\)\n")

    def test_too_old_is_told_with_matches(self):
        rows = pyarrow.table({"k": ["a", "a"], "event_timestamp": instants("2015-01-02T10:00:00Z", "2015-01-03T20:00:00Z")})
        self.project.write("rows.parquet", rows)
        self.assertIn("v@1 by k: matched 50.0 % of the rows, 1 too old\n", self.said(*REQUEST, "--matches")[1])

    def test_quiet_is_silent(self):
        self.assertEqual(self.said("-q", *REQUEST, "--output", "train.parquet"), ("", ""))
        self.assertEqual(self.said("-q", *REQUEST)[1], "")

    def test_plan_reads_and_writes_nothing(self):
        before = self.project.state()
        out, err = self.said(*REQUEST, "--plan", "--output", "train.parquet")
        self.assertEqual(err, "")
        lines = out.splitlines()
        self.assertEqual(lines[0], "4 rows of 4 columns, about 96 B without texts")  # a timestamp, a float64, an int64
        self.assertRegex(lines[1], r"^v@1 by k: 1 row in 1 file, up to .+B to read; 3 of 4 row groups skipped by time \(.+B\)$")
        self.assertEqual(self.project.state(), before)

    def test_plan_as_json(self):
        plan = self.project.json(*REQUEST, "--plan")
        self.assertEqual([plan["rows"], plan["least_row_bytes"], plan["columns"]], [4, 24, ["k", "event_timestamp", "x", "n"]])
        view = plan["views"][0]
        self.assertEqual({name: view[name] for name in ("view", "files", "rows", "row_groups", "row_groups_pruned")},
                         {"view": "v@1 by k", "files": 1, "rows": 1, "row_groups": 1, "row_groups_pruned": 3})
        self.assertGreater(view["bytes"], 0)
        # With matches a row that is too old makes a difference: only what is later than every entity row is left out.
        self.assertEqual(self.project.json(*REQUEST, "--plan", "--matches")["views"][0]["row_groups_pruned"], 2)

    def test_plan_of_what_does_not_tell(self):
        self.project.write("rows.csv", "k,event_timestamp\na,2015-01-02T10:00:00Z\n")
        plan = self.project.json("historical", "--entities", "rows.csv", "--features", "v", "--plan")
        self.assertIsNone(plan["rows"])
        self.assertEqual(plan["views"][0]["row_groups"], 4)
        self.project.fails("unknown_feature", "historical", "--entities", "rows.csv", "--features", "v:y", "--plan")

    def test_outcome_as_json(self):
        outcome = self.project.json(*REQUEST, "--output", "train.parquet")
        view = outcome["views"][0]
        for name in ("rows", "seconds", "peak_bytes", "output", "columns", "views", "rows_per_second", "peak_resident_bytes", "output_bytes", "spilled_bytes"):
            self.assertIn(name, outcome)
        for name in ("view", "rows_read", "rows_without_key", "rows_without_time", "matched", "not_found", "outside_max_age", "row_groups_read",
                     "row_groups_pruned", "strategy", "strategy_reason", "passes", "bytes_read", "bytes_pruned", "spilled_bytes"):
            self.assertIn(name, view)
        self.assertEqual([view["values"], view["null_values"], view["matched"], view["passes"]], [8, 6, 2, 1])
        self.assertEqual(outcome["output_bytes"], os.path.getsize(self.project.path("train.parquet")))
        self.assertGreater(outcome["peak_resident_bytes"], outcome["peak_bytes"])

    def test_what_killed_runs_left_is_removed(self):
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        alive = f"train.parquet.{os.getpid()}-0.new"
        for name in (f"train.parquet.{ended.pid}-0.new", f"train.parquet.{ended.pid}-3.new", f"other.parquet.{ended.pid}-0.new", alive):
            self.project.write(name, b"half a file")
        err = self.said(*REQUEST, "--output", "train.parquet")[1]
        self.assertIn("removed what 2 earlier runs left unfinished of ", err)
        left = sorted(name for name in os.listdir(self.project.folder) if name.endswith(".new"))
        self.assertEqual(left, sorted([f"other.parquet.{ended.pid}-0.new", alive]))

    def test_a_killed_run_is_cleaned_up_by_the_next(self):
        count = 400_000
        table = pyarrow.table({"k": ["a"] * count, "event_timestamp": instants("2015-01-02T10:00:00Z").take(pyarrow.array([0] * count))})
        self.project.write("many.parquet", table)
        request = ("historical", "--entities", "many.parquet", "--features", "v", "--output", "train.csv")
        process = self.project.start(*request)
        while process.poll() is None and not self.project.leftovers():
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == 0:
            self.skipTest("done before it could be killed")
        self.assertEqual(len(self.project.leftovers()), 1)
        self.project.run(*request)
        self.assertEqual(self.project.leftovers(), [])
        with open(self.project.path("train.csv"), encoding="utf-8") as file:
            self.assertEqual(sum(1 for _ in file), count + 1)

if __name__ == "__main__":
    larder_project.main()
