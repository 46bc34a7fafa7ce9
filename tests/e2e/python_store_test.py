#!/usr/bin/env python3
"""The Python module in process: training sets from tables of several producers, the online side with and without a server,
failures, threads, forks. Usage: python_store_test.py PROGRAM; the built package is on PYTHONPATH."""

import datetime
import multiprocessing
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
import unittest

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pyarrow.parquet

import larder
import larder_project
from larder_project import DEFINITIONS, ProjectTest, events_table, instants, rows_table

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOW = "2015-01-03T00:00:00Z"
EXPECTED = [{"x": 2.0, "n": 20, "share": 0.5}, {"x": 3.0, "n": 30, "share": None}, {"x": None, "n": None, "share": None}]


class Producer:
    """A table of somebody who knows nothing but the PyCapsule interface; each stream can be taken once."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


class StoreTest(ProjectTest):
    def setUp(self):
        super().setUp()
        self.applied()
        self.project.write("rows.parquet", rows_table())
        self.store = larder.FeatureStore(self.project.folder)
        self.addCleanup(self.store.close)

    def features_of(self, entities, **options):
        table = self.store.get_historical_features(entities, service="model", **options).to_arrow()
        return [{name: row[name] for name in ("x", "n", "share")} for row in table.to_pylist()]


class TrainingSets(StoreTest):
    def test_tables_of_every_producer_give_the_same(self):
        rows = rows_table()
        views = rows.set_column(0, "k", rows["k"].cast(pyarrow.string_view()))
        wide = rows.set_column(0, "k", rows["k"].cast(pyarrow.large_string()))
        coded = rows.set_column(0, "k", rows["k"].dictionary_encode())
        zoned = rows.set_column(1, "event_timestamp", rows["event_timestamp"].cast(pyarrow.timestamp("ns", "Europe/Paris")))
        seconds = rows.set_column(1, "event_timestamp", rows["event_timestamp"].cast(pyarrow.timestamp("s", "UTC")))
        chunked = pyarrow.concat_tables([rows.slice(0, 1), rows.slice(1, 2)])
        sliced = pyarrow.concat_tables([rows, rows]).combine_chunks().slice(3, 3)
        for form in (rows, views, wide, coded, zoned, seconds, chunked, sliced, rows.to_pylist(), rows.to_pydict(), Producer(rows),
                     pandas.DataFrame(rows.to_pydict()), polars.DataFrame(rows), duckdb.sql("from rows"), os.path.join(self.project.folder, "rows.parquet")):
            self.assertEqual(self.features_of(form), EXPECTED, type(form))
        self.assertEqual(self.features_of(rows.slice(0, 0)), [])
        empty = self.store.get_historical_features(rows.slice(0, 0), features=["v"]).to_arrow()
        self.assertEqual(empty.column_names, ["k", "event_timestamp", "amount", "x", "n"])

    def test_the_same_bytes_as_the_command_line(self):
        self.project.run("historical", "--entities", "rows.parquet", "--service", "model", "--matches", "--output", "one.parquet")
        made = self.store.get_historical_features(rows_table(), service="model", matches=True)
        other = self.project.path("two.parquet")
        summary = made.write(other)
        self.assertEqual((summary["rows"], summary["output"]), (3, other))
        self.assertTrue(pyarrow.parquet.read_table(other).equals(pyarrow.parquet.read_table(self.project.path("one.parquet"))))
        self.assertTrue(made.to_arrow().cast(pyarrow.parquet.read_schema(other)).equals(pyarrow.parquet.read_table(other)))

    def test_consumers(self):
        made = self.store.get_historical_features(rows_table(), features=["v:n"])
        self.assertIn("not made", repr(made))
        self.assertEqual(duckdb.sql("select sum(n) from made").fetchall(), [(50,)])
        self.assertEqual(pyarrow.table(made)["n"].to_pylist(), [20, 30, None])
        self.assertEqual(made.to_polars()["n"].to_list(), [20, 30, None])
        self.assertEqual(made.to_pandas()["n"].fillna(-1).tolist(), [20, 30, -1])
        numpy.testing.assert_array_equal(made.to_numpy()["n"], [20, 30, numpy.nan])
        self.assertEqual([view["view"] for view in made.summary["views"]], ["v@1 by k"])
        self.assertIn("<td>20</td>", made._repr_html_())

    def test_options(self):
        rows = rows_table().rename_columns(["k", "at", "amount"])
        made = self.store.get_historical_features(rows, features="v:x", full_feature_names=True, matches=True, timestamp="at").to_arrow()
        self.assertEqual(made.column_names[3:], ["v__x", "v__event_time", "v__age", "v__status"])
        self.assertEqual(made["v__status"].to_pylist(), ["PRESENT", "PRESENT", "NOT_FOUND"])

    def test_failures(self):
        def fails(kind, reason, *arguments, **options):
            with self.assertRaises(kind) as raised:
                self.store.get_historical_features(*arguments, **options).to_arrow()
            self.assertEqual(raised.exception.reason, reason)
            self.assertTrue(raised.exception.hint)
            self.assertNotIn("bindings", str(raised.exception))

        rows = rows_table()
        fails(larder.NotFound, "unknown_feature", rows, features=["v:xx"])
        fails(larder.NotFound, "file_not_found", "nowhere.parquet", features=["v"])
        fails(larder.InvalidInput, "missing_column", rows.drop_columns(["k"]), features=["v"])
        fails(larder.InvalidInput, "type_mismatch", rows.set_column(0, "k", pyarrow.array([1.5, 2.5, 3.5])), features=["v"])
        fails(larder.InvalidRequest, "usage", rows)
        with self.assertRaises(larder.InvalidInput):
            self.store.get_historical_features(rows, features=["v"]).write(self.project.path("train.txt"))
        with self.assertRaises(larder.NotFound) as raised:
            larder.FeatureStore("/")
        self.assertEqual(raised.exception.reason, "no_project")

    def test_ctrl_c_stops_a_long_one(self):
        count = 3_000_000
        rows = pyarrow.table({"k": pyarrow.array(numpy.arange(count) % 1000).cast(pyarrow.string()),
                              "event_timestamp": instants(NOW).take(pyarrow.array(numpy.zeros(count, dtype=numpy.int64)))})
        self.project.write("events.parquet", pyarrow.table({"k": rows["k"], "t": rows["event_timestamp"], "x": pyarrow.array(numpy.ones(count)),
                                                            "n": pyarrow.array(numpy.arange(count))}))
        timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        self.addCleanup(timer.cancel)
        began = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            while time.monotonic() - began < 30:
                self.store.get_historical_features(rows, features=["v"]).to_arrow()
        timer.join()
        self.assertEqual(self.features_of(rows_table()), [{"x": None, "n": None, "share": None}] * 3)

    def test_memory_does_not_grow(self):
        rows = rows_table()
        for _ in range(50):
            self.features_of(rows)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(1000):
            self.features_of(rows)
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 32 * 1024)


class Definitions(StoreTest):
    def test_plan_apply_list_versions_delete(self):
        self.assertEqual(self.store.plan()["changes"], [])
        self.project.write("features/definitions.yaml", DEFINITIONS.replace("x: float64", "x: float32"))
        self.assertEqual({change["action"] for change in self.store.plan()["changes"]}, {"change", "pin_again"})
        with self.assertRaises(larder.InvalidRequest):
            self.store.apply()
        self.store.apply(allow_deletes=True)
        self.assertEqual([view.version for view in self.store.list_feature_views()], [2])
        self.assertEqual(self.store.list_feature_services()[0].definition["name"], "model")
        self.assertEqual([item.name for item in self.store.list_entities() + self.store.list_sources() + self.store.list_on_demand_views()], ["k", "events", "ratio"])
        self.assertEqual([entry["action"] for entry in self.store.versions("feature_view", "v")], ["create", "change"])
        self.assertIn("model", self.store._repr_html_())
        with self.assertRaises(larder.Conflict):
            self.store.delete("entity", "k")
        self.project.write("features/definitions.yaml", "entities: [{name: k, type: string}]\n")
        with self.assertRaises(larder.InvalidRequest):
            self.store.apply()
        self.assertEqual(len(self.store.list_feature_views()), 1)
        self.store.apply(allow_deletes=True)
        self.assertEqual(self.store.list_feature_views(), [])

    def test_faults_have_places(self):
        self.project.write("features/definitions.yaml", DEFINITIONS.replace("source: events", "source: event").replace("nullif(amount, 0)", "nullif(amount"))
        with self.assertRaises(larder.InvalidDefinition) as raised:
            self.store.plan()
        self.assertEqual(len(raised.exception.faults), 2)
        self.assertTrue(all("definitions.yaml:" in fault["place"] for fault in raised.exception.faults))


class Online(StoreTest):
    def ask(self, store):
        return store.get_online_features([{"k": "a", "amount": 4.0}, {"k": "c", "amount": 1.0}], service="model", now=NOW)

    def test_without_a_server(self):
        done = self.store.materialize(end=NOW)
        self.assertEqual(done["views"][0]["rows_read"], 3)
        answer = self.ask(self.store)
        self.assertEqual(answer.to_rows()[0], {"k": "a", "x": 2.0, "n": 20, "share": 0.5})
        self.assertEqual(answer.statuses["x"], ["PRESENT", "NOT_FOUND"])
        self.store.push("v", [{"k": "c", "t": datetime.datetime(2015, 1, 2), "x": 9.5, "n": 1}])
        self.store.push("v", events_table().slice(0, 1).set_column(0, "k", pyarrow.array(["q"])))
        self.assertEqual(self.ask(self.store).to_dict()["x"], [2.0, 9.5])
        self.assertEqual(self.store.get_online_features_arrow([{"k": "q"}], features=["v"], now=NOW)["n"].to_pylist(), [10])
        self.assertEqual(self.store.explain("v:x", {"k": "c"}, now=NOW)["online_value"], 9.5)
        self.store.delete_rows("v", [{"k": "c"}])
        self.assertEqual(self.ask(self.store).statuses["x"], ["PRESENT", "NOT_FOUND"])
        self.store.close()
        self.assertEqual(self.project.json("online", "--features", "v:x", "--key", "k=a", "--now", NOW)["results"][1]["values"], [2.0])
        self.assertEqual(self.ask(self.store).to_dict()["x"], [2.0, None])

    def test_through_a_server_and_after_it(self):
        with self.project.serving():
            self.store.materialize(end=NOW)
            self.assertEqual(self.ask(self.store).to_dict()["x"], [2.0, None])
            self.assertEqual(self.store.get_online_features_arrow([{"k": "a"}], features=["v"], now=NOW)["n"].to_pylist(), [20])
            self.store.apply()
        for _ in range(2):
            try:
                answer = self.ask(self.store)
            except larder.Unavailable:
                continue
        self.assertEqual(answer.to_dict()["x"], [2.0, None])

    def test_many_threads(self):
        self.store.materialize(end=NOW)
        wrong = []

        def work():
            for _ in range(30):
                if self.ask(self.store).to_dict()["x"] != [2.0, None] or self.features_of(rows_table()) != EXPECTED:
                    wrong.append(1)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_a_fork(self):
        def child(queue):
            try:
                self.store.list_entities()
            except larder.InvalidRequest as failure:
                queue.put(failure.hint)

        context = multiprocessing.get_context("fork")
        queue = context.Queue()
        process = context.Process(target=child, args=(queue,))
        process.start()
        self.assertIn("open it again", queue.get(timeout=60))
        process.join()


class Documented(ProjectTest):
    def test_the_examples_of_the_reference_run(self):
        self.project.run("init", "shop")
        with open(os.path.join(ROOT, "docs/reference/python.md"), encoding="utf-8") as file:
            store_part = file.read().split("\n## Client\n")[0]
        blocks = re.findall(r"```python\n(.*?)```", store_part, re.DOTALL)
        self.assertEqual(len(blocks), 2)
        before = os.getcwd()
        os.chdir(self.project.folder)
        try:
            names = {}
            for block in blocks:
                exec(compile(block, "docs/reference/python.md", "exec"), names)
        finally:
            os.chdir(before)
        self.assertEqual(names["rows"].column("last_order__status").to_pylist(), ["PRESENT", "NOT_FOUND"])


class Loading(unittest.TestCase):
    def test_one_of_each_library_and_only_at_first_use(self):
        script = ("import sys, larder\nassert 'pyarrow' not in sys.modules and 'larder._core' not in sys.modules\n"
                  "from larder.native import core\ncore()\nimport re\n"
                  "names = {re.sub(r'.*/', '', line.split()[-1]) for line in open('/proc/self/maps') if '/lib' in line}\n"
                  "for stem in ('libarrow.', 'libparquet.'):\n    assert len([name for name in names if name.startswith(stem)]) == 1, names\n")
        subprocess.run([sys.executable, "-c", script], check=True)


if __name__ == "__main__":
    larder_project.main()
