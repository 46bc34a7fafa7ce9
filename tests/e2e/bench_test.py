#!/usr/bin/env python3
"""`larder bench serve` against a running server: both loops, comparison of values, its report, and mistakes. Usage:
bench_test.py PROGRAM [TEST ...]"""

import xml.dom.minidom

import pyarrow

import larder_project
from larder_project import ProjectTest, instants

KEYS = 20
DEFINITIONS = """\
entities: [{name: id, type: int64}]
sources: [{name: rows, path: rows.parquet, timestamp: t}]
feature_views:
  - {name: v, entities: [id], source: rows, features: {x: float64, y: float32, n: int64, s: string, b: bool}}
feature_services: [{name: model, features: [v]}]
"""


class BenchTest(ProjectTest):
    def setUp(self):
        super().setUp()
        features = {"x": [i / 7 for i in range(KEYS)],
                    "y": pyarrow.array([None if i == 3 else i / 10 for i in range(KEYS)], pyarrow.float32()),
                    "n": [i * 2**53 + i for i in range(KEYS)], "s": [f"é{i}" for i in range(KEYS)], "b": [i % 2 == 0 for i in range(KEYS)]}
        self.project.write("rows.parquet", pyarrow.table({"id": list(range(KEYS)), "t": instants(*["2015-01-01T00:00:00Z"] * KEYS)} | features))
        self.project.write("expected.parquet", pyarrow.table(features))
        self.project.write("keys.csv", "id\n" + "".join(f"{i}\n" for i in range(KEYS)))
        self.project.write("features/definitions.yaml", DEFINITIONS)
        self.project.run("apply", "--yes")
        self.project.run("materialize")

    def bench(self, server, *arguments):
        return self.project.json("bench", "serve", "--url", f"http://127.0.0.1:{server.port}", "--warm-up", "0s", "--duration",
                                 "60s", *arguments)

    def test_every_answer_is_compared(self):
        with self.project.serving() as server:
            for subject in (["--features", "v:x,v:y", "--features", "v:n,v:s,v:b"], ["--service", "model"]):
                report = self.bench(server, *subject, "--key", f"id=0..{KEYS - 1}", "--misses", "0.3", "--zipf", "0.99", "--rows", "7",
                                    "--expected", "expected.parquet", "--requests", "200", "--connections", "3", "--pipelined", "2")
                self.assertEqual(report["answers"], 200)
                self.assertEqual(report["statuses"], {"200": 200})
                self.assertEqual([report[name] for name in ("different", "unanswered", "unsent")], [0, 0, 0])
                self.assertEqual(report["mode"], "closed")
                self.assertGreater(report["requests_per_second"], 0)

    def test_keys_of_a_table_and_other_values(self):
        with self.project.serving() as server:
            arguments = ["--service", "model", "--entities", "keys.csv", "--expected", "expected.parquet", "--requests", "300"]
            self.assertEqual(self.bench(server, *arguments)["answers"], 300)
            rows = {"id": [19], "event_timestamp": ["2016-01-01T00:00:00Z"], "x": [-1.0], "y": [0.0], "n": [0], "s": [""], "b": [True]}
            self.assertEqual(server.post("/push", {"push_source_name": "v", "df": rows})[0], 200)
            code, out, err = self.project.finished("bench", "serve", "--url", f"127.0.0.1:{server.port}", "--warm-up", "0s", *arguments)
            self.assertEqual(code, 1, out + err)
            self.assertIn("300 answers", out)
            self.assertRegex(err, r"\d+ by other values than expected")
            self.assertIn("(key number 19)", err)

    def test_open_loop_and_plot(self):
        with self.project.serving() as server:
            report = self.bench(server, "--features", "v", "--key", "id=0..19", "--rate", "500", "--requests", "100", "--connections", "8",
                                "--pipelined", "100", "--plot", "latency.svg")
            self.assertEqual(report["mode"], "open")
            self.assertEqual(report["answers"], 100)
            for name in ("latency_us", "sent_late_us"):
                percentiles = [report[name][key] for key in ("min", "p50", "p90", "p99", "max")]
                self.assertEqual(percentiles, sorted(percentiles))
            self.assertEqual(xml.dom.minidom.parse(self.project.path("latency.svg")).documentElement.tagName, "svg")

    def test_bodies(self):
        self.project.write("first.json", '{"entities": {"id": [1]}, "features": ["v:x"]}')
        self.project.write("second.json", '{"entities": {"id": [2, 3]}, "features": ["v:x"]}')
        with self.project.serving() as server:
            report = self.bench(server, "--body", "first.json", "--body", "second.json", "--requests", "10")
            self.assertEqual(report["answers"], 10)

    def test_the_socket_file(self):
        with self.project.serving():
            report = self.project.json("bench", "serve", "--url", "unix:" + self.project.path(".larder/serve.sock"), "--features", "v",
                                       "--key", "id=0..19", "--requests", "5", "--warm-up", "0s")
            self.assertEqual(report["answers"], 5)

    def test_mistakes(self):
        fails = self.project.fails
        fails("usage", "bench", "store")
        fails("usage", "bench", "serve", shows=["--features"])
        fails("usage", "bench", "serve", "--features", "v", "--service", "model", "--key", "id=0..1")
        fails("usage", "bench", "serve", "--features", "v", shows=["--key"])
        fails("usage", "bench", "serve", "--features", "v", "--key", "id=5", shows=["id=0..999999"])
        fails("usage", "bench", "serve", "--features", "v", "--entities", "keys.csv", "--misses", "0.5")
        fails("usage", "bench", "serve", "--features", "v", "--key", "id=0..1", "--connections", "0")
        fails("usage", "bench", "serve", "--features", "v", "--key", "id=0..1", "--rows", "many")
        fails("invalid_duration", "bench", "serve", "--features", "v", "--key", "id=0..1", "--duration", "soon")
        fails("unequal_lists", "bench", "serve", "--features", "v", "--key", "id=0..4", "--expected", "expected.parquet")
        fails("file_not_found", "bench", "serve", "--features", "v", "--entities", "no.csv")
        fails("unavailable", "bench", "serve", "--url", "127.0.0.1:1", "--features", "v", "--key", "id=0..1")
        with self.project.serving() as server:
            url = f"127.0.0.1:{server.port}"
            fails("unknown_feature", "bench", "serve", "--url", url, "--features", "v:z", "--key", "id=0..1", shows=["v"])
            fails("missing_column", "bench", "serve", "--url", url, "--features", "v", "--key", "ident=0..1")
            fails("unknown_route", "bench", "serve", "--url", url, "--path", "/nowhere", "--body", "keys.csv")


if __name__ == "__main__":
    larder_project.main()
