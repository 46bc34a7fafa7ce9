#!/usr/bin/env python3
"""Every command: beside a running server it says and does the same as without one; with --json what it prints is one JSON
value; two at once are ordered, or one of them is a conflict."""

import json
import os
import re
import time

import pyarrow

import larder_project
from larder_project import DEFINITIONS, Project, ProjectTest, events_table, instants, rows_table

COMMANDS = {"init", "plan", "apply", "list", "describe", "delete", "versions", "historical", "materialize", "online", "push", "serve",
            "explain", "backup", "restore", "doctor", "config", "version", "completion"}
KEY = ("--key", "k=a", "--key", "k=b", "--key", "k=z")
NOW = ("--now", "2015-02-01T00:00:00Z")
# What is said after a definition file changed: a new feature of the view, a new source and view, one object gone.
CHANGED = (DEFINITIONS.replace("n: int64}", "n: int64, m: {type: int64, from: n}}")
           .replace("on_demand_views:", "  - {name: w, entities: [k], source: events, features: {n: int64}}\non_demand_views:"))
PUSHED = "k,t,x,n\nz,2015-01-05T00:00:00Z,9.0,90\na,2014-01-01T00:00:00Z,0.5,5\n"

# In the order in which they are run. A function writes a file in between; a command may fail.
STORY = [
    ("plan",), ("apply", "--yes"), ("plan",), ("apply",), ("list",), ("list", "feature_views"), ("list", "nonsense"),
    *[("describe", kind, name) for kind, name in (("entity", "k"), ("source", "events"), ("feature_view", "v"), ("on_demand_view", "ratio"),
                                                  ("feature_service", "model"), ("feature_view", "none"))],
    ("online", "--features", "v", *KEY, *NOW),
    ("materialize", "--to", "2015-01-01T11:00:00Z"), ("online", "--features", "v", *KEY, *NOW),
    ("materialize", "--view", "v", "--from", "2015-01-01", "--to", "2015-01-20"), ("materialize", "--incremental", "--to", "2015-01-21"),
    ("materialize", "--to", "9999-01-01"), ("materialize", "--view", "none"), ("materialize", "--view", "ratio"),
    ("describe", "feature_view", "v"), ("versions", "feature_view", "v"), ("versions", "feature_view", "none"),
    ("online", "--service", "model", *KEY, "--request", "amount=4", *NOW), ("online", "--service", "model", "--entities", "rows.parquet", *NOW),
    ("online", "--features", "v:x,ratio", "--full-names", "--key", "k=a", "--request", "amount=2", *NOW),
    ("online", "--features", "v:y", "--key", "k=a"), ("online", "--features", "ratio", "--key", "k=a"), ("online", "--features", "v", "--key", "j=a"),
    ("push", "v", "push.csv"), ("online", "--features", "v", *KEY, *NOW), ("push", "v", "push.csv", "--to", "offline"),
    ("push", "events", "push.csv", "--to", "online"), ("push", "events", "push.csv"), ("push", "none", "push.csv"), ("push", "v", "none.csv"),
    ("push", "v", "rows.parquet"), ("push", "v", "future.csv"),
    ("historical", "--entities", "rows.parquet", "--service", "model"),
    ("historical", "--entities", "rows.parquet", "--features", "v", "--matches", "--full-names", "--output", "train.csv"),
    ("historical", "--entities", "none.parquet", "--features", "v"),
    ("explain", "v:x", "--key", "k=a", *NOW), ("explain", "ratio:share", "--key", "k=z", "--request", "amount=3", *NOW), ("explain", "v:y", "--key", "k=a"),
    ("push", "v", "gone.csv", "--delete"), ("online", "--features", "v", *KEY, *NOW), ("explain", "v:x", "--key", "k=z", *NOW),
    ("historical", "--entities", "rows.parquet", "--service", "model"),
    ("delete", "feature_service", "model"),
    lambda project: project.write("features/definitions.yaml", CHANGED),
    ("plan",), ("apply", "--yes"), ("versions", "feature_view", "v"), ("versions", "feature_service", "model"),
    ("online", "--features", "v", *KEY, *NOW), ("online", "--features", "w", *KEY, *NOW), ("materialize", "--to", "2015-01-22"),
    ("online", "--features", "v,w:n", "--full-names", *KEY, *NOW),
    lambda project: project.write("features/definitions.yaml", CHANGED.split("feature_services:")[0]),
    ("apply", "--yes"), ("list",), ("delete", "on_demand_view", "ratio"), ("delete", "on_demand_view", "none"), ("online", "--service", "model", "--key", "k=a"),
    ("backup", "saved"), ("backup", "saved"),
    ("doctor",), ("config",), ("version",), ("completion", "bash"), ("completion", "zsh"), ("completion", "fish"),
    ("init", "other"), ("init", "other"), ("list", "-C", "other"),
]


def without_what_varies(text, folder):
    """Takes out the folder, moments of the clock, durations, and who owns the store."""
    text = text.replace(folder, "FOLDER").replace(os.path.basename(folder), "NAME").replace(", owned by a running server", "")
    text = re.sub(r"20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "MOMENT", text)
    text = re.sub(r'"(seconds|age_seconds|rows_per_second|peak_bytes|peak_resident_bytes|files|bytes)":[\d.e+-]+', r'"\1":0', text)
    text = re.sub(r"(age: +)\S+", r"\1N", text)
    text = re.sub(r"free space \w+", "free space N", text)
    text = re.sub(r"read in [\d.]+ s", "read in N s", text)
    return re.sub(r"rows in [\d.]+ s, [\d,]+ rows/s; peak memory [\d.]+ \w+", "rows in N s; peak memory N", text)


class BesideAServer(ProjectTest):
    def fill(self, project):
        project.write("larder.yaml", "project: shop\nengine: {memory: 256MiB}\nonline_store: {memory: 64MiB}\n")
        project.write("features/definitions.yaml", DEFINITIONS)
        project.write("events.parquet", events_table())
        project.write("rows.parquet", rows_table())
        project.write("push.csv", PUSHED)
        project.write("gone.csv", "k,t\nz,2015-01-06T00:00:00Z\n")
        project.write("future.csv", "k,t,x,n\nf,9999-01-01T00:00:00Z,1.0,1\n")
        return project

    def tell(self, project, flags):
        """Runs the story; returns what each command said and how it ended."""
        told = []
        for step in STORY:
            if callable(step):
                step(project)
                continue
            code, out, err = project.finished(*flags, *step)
            told.append((step, code, without_what_varies(out, project.folder), without_what_varies(err, project.folder)))
        with open(project.path("train.csv"), encoding="utf-8") as file:
            told.append(("train.csv", file.read()))
        return told

    def compare(self, flags):
        alone = self.fill(Project(self, self.project.path("project_alone")))
        beside = self.fill(Project(self, self.project.path("project_beside")))
        expected = self.tell(alone, flags)
        with beside.serving() as server:
            told = self.tell(beside, flags)
            self.assertEqual(server.request("GET", "/health")[0], 200)
            # The second server of a project.
            beside.fails("locked", "serve", "--listen", "127.0.0.1:0", shows=["larder serve"])
        for one, other in zip(expected, told):
            self.assertEqual(one, other)
        self.assertEqual([step[0] for step in STORY if not callable(step) and step[0] not in COMMANDS], [])
        self.assertEqual({step[0] for step in STORY if not callable(step)} | {"serve", "restore"}, COMMANDS)
        return expected

    def test_text(self):
        told = self.compare([])
        for row in told[:-1]:
            self.assertIn(row[1], (0, 2, 3, 4), row)
            self.assertNotIn("Sanitizer", row[3], row)

    def test_json(self):
        """And whatever succeeds prints one JSON value, whatever fails an error body."""
        for step, code, out, err in self.compare(["--json"])[:-1]:
            if code != 0:
                self.assertIn("reason", json.loads(err.splitlines()[-1])["error"], step)
            elif step[0] not in ("completion", "init", "delete"):
                try:
                    json.loads(out)
                except ValueError as error:
                    self.fail(f"{step} prints no JSON: {error}: {out}")


class Json(ProjectTest):
    def test_help_names_every_command(self):
        shown = self.project.run("--help")
        for command in COMMANDS:
            self.assertRegex(shown, rf"(?m)^  {command} ")
            self.assertTrue(self.project.run(command, "--help").startswith("Example:\n"), command)
            self.assertIn("--json", self.project.run(command, "--help"))

    def test_flags_stand_before_or_after(self):
        self.applied()
        for words in (["--json", "list"], ["list", "--json"], ["-q", "--json", "list", "--no-color"], ["list", "-C", self.project.folder, "--json"],
                      ["-C", self.project.folder, "--json", "list"]):
            self.assertEqual(len(json.loads(self.project.run(*words))), 5, words)

    def test_texts_that_need_escapes(self):
        """Quotes, newlines and letters beyond ASCII come through every JSON."""
        text = 'a "quote", a \\ and\na line, \u00e9\u4e16\U0001f600'
        self.applied(DEFINITIONS.replace("{name: k, type: string}", "{name: k, type: string, description: " + json.dumps(text, ensure_ascii=False) + "}"))
        self.assertEqual(self.project.json("list", "entity")[0]["description"], text)
        self.assertEqual(self.project.json("describe", "entity", "k")["definition"]["description"], text)
        self.project.write("rows.parquet", pyarrow.table({"k": [text, "a"], "event_timestamp": instants(*["2015-01-03T00:00:00Z"] * 2)}))
        self.assertEqual(self.project.json("historical", "--entities", "rows.parquet", "--features", "v")[0]["k"], text)
        self.project.run("push", "v", self.project.write("odd.parquet", events_table().set_column(0, "k", pyarrow.array([text, text, "b"]))))
        answer = self.project.json("online", "--features", "v", "--key", "k=" + text, *NOW)
        self.assertEqual([column["values"] for column in answer["results"]], [[text], [2.0], [20]])
        self.assertEqual(self.project.json("explain", "v:x", "--key", "k=" + text, *NOW)["online_value"], 2.0)

    def test_explain_shows_the_expression_of_its_version(self):
        pinned = DEFINITIONS.replace("[v, ratio]", "[v, 'ratio@1']")
        self.applied(pinned)
        self.applied(pinned.replace("x / nullif(amount, 0)", "x + amount"))
        for reference, expression, value in (("ratio@1:share", "x / nullif(amount, 0)", 0.5), ("ratio:share", "x + amount", 6.0)):
            told = self.project.json("explain", reference, "--key", "k=a", "--request", "amount=4", *NOW)
            self.assertEqual((told["expression"], told["offline_value"]), (expression, value))

    def test_json_carries_values_not_texts(self):
        self.applied()
        self.project.run("materialize", "--to", "2015-01-02T00:00:00Z")
        told = self.project.json("explain", "v:n", "--key", "k=a", *NOW)
        self.assertEqual((told["offline_value"], told["online_value"]), (20, 20))
        self.assertEqual([view["online"]["values"] for view in told["views"]], [{"n": 20}])
        missing = self.project.json("explain", "v:n", "--key", "k=none", *NOW)
        self.assertEqual((missing["offline_value"], missing["online_value"]), (None, None))
        config = self.project.json("config")["config"]
        self.assertEqual((config["online_store"]["type"], config["definitions"], config["server"]["allow_now"]), ("rocksdb", ["features/"], False))
        self.assertIsInstance(config["engine"]["threads"], int)
        view = self.project.json("describe", "feature_view", "v")
        self.assertEqual(view["needs"], [{"kind": "entity", "name": "k"}, {"kind": "source", "name": "events"}])
        self.assertEqual(view["needed_by"], [{"kind": "on_demand_view", "name": "ratio"}, {"kind": "feature_service", "name": "model"}])

    def test_the_first_rows_are_rows(self):
        self.applied()
        many = pyarrow.table({"k": ["a"] * 1000, "event_timestamp": instants("2015-01-03T00:00:00Z").take(pyarrow.array([0] * 1000))})
        self.project.write("rows.parquet", many)
        rows = self.project.json("historical", "--entities", "rows.parquet", "--features", "v")
        self.assertTrue(0 < len(rows) <= 1000)
        self.assertEqual(rows[0], {"k": "a", "event_timestamp": "2015-01-03T00:00:00Z", "x": 2.0, "n": 20})


class AtTheSameTime(ProjectTest):
    def finish(self, processes):
        return [(process.communicate(timeout=larder_project.COMMAND_SECONDS)[1].decode(), process.returncode) for process in processes]

    def test_two_applies(self):
        """Every apply is whole: each succeeds in turn, or fails with a conflict and changes nothing."""
        self.applied()
        folders = []
        for i in range(4):
            folder = self.project.path(f"copy{i}")
            os.mkdir(folder)
            other = Project(self, folder)
            # One registry, different definitions.
            other.write("larder.yaml", "project: shop\nregistry: {path: ../.larder/registry.db}\n")
            other.write("features/definitions.yaml", DEFINITIONS)
            other.write("events.parquet", events_table())
            other.write("features/more.yaml", "entities: [" + ", ".join(f"{{name: e{i}_{j}, type: string}}" for j in range(200)) + "]\n")
            folders.append(other)
        before = self.project.revision()
        outcomes = self.finish([project.start("--json", "apply", "--yes") for project in folders])
        won = [code for _, code in outcomes if code == 0]
        self.assertTrue(won, outcomes)
        for err, code in outcomes:
            self.assertIn(code, (0, 4), err)
            if code == 4:
                self.assertIn('"reason":"conflict"', err)
                self.assertIn("apply", json.loads(err.splitlines()[-1])["error"]["hint"])
        self.assertEqual(self.project.revision(), before + len(won), outcomes)
        names = {row["name"].split("_")[0] for row in self.project.json("list", "entity")} - {"k"}
        self.assertEqual(len(names), 1, "a mixture of two applies")
        self.assertEqual(len(self.project.json("list", "entity")), 201)

    def test_two_materializations_on_a_server(self):
        self.applied()
        count = 300_000
        self.project.write("events.parquet", pyarrow.table({
            "k": [f"key{i}" for i in range(count)], "t": instants("2015-01-01T10:00:00Z").take(pyarrow.array([0] * count)),
            "x": [1.0] * count, "n": [1] * count}))
        with self.project.serving() as server:
            status, job = server.post("/materialize?async=true", {})
            self.assertEqual(status, 202, job)
            for path in ("/materialize", "/materialize?async=true", "/materialize-incremental"):
                status, answer = server.post(path, {})
                self.assertEqual(status, 409, f"{path} {answer}")
            self.assertEqual(answer["error"]["reason"], "already_running", answer)
            self.assertTrue(answer["error"]["hint"], answer)
            code, _, err = self.project.finished("--json", "materialize")
            self.assertEqual(code, 4, err)
            self.assertIn("already_running", err)
            for _ in range(600):
                state = json.loads(server.request("GET", f"/jobs/{job['id']}")[2])
                if state["state"] != "running":
                    break
                time.sleep(0.1)
            self.assertEqual(state["state"], "done", state)
            self.assertEqual(state["result"]["views"][0]["rows_written"], count)
            self.assertEqual(server.post("/materialize", {})[0], 200)

    def test_a_job_that_cannot_be_done_is_refused_at_once(self):
        self.applied()
        with self.project.serving() as server:
            server.refuses(404, "unknown_object", "/materialize?async=true", {"feature_views": ["vv"]}, shows=["did you mean 'v'?"])
            server.refuses(422, "future_time", "/materialize?async=true", {"end_ts": "9999-01-01T00:00:00Z"}, shows=["9999"])
            server.refuses(400, "malformed_json", "/materialize?async=true", b"{")
            self.assertEqual(server.post("/materialize", {})[0], 200)

    def test_two_materializations_without_a_server(self):
        """One process owns the store; the other is told so."""
        self.applied()
        count = 300_000
        self.project.write("events.parquet", pyarrow.table({
            "k": [f"key{i}" for i in range(count)], "t": instants("2015-01-01T10:00:00Z").take(pyarrow.array([0] * count)),
            "x": [1.0] * count, "n": [1] * count}))
        outcomes = self.finish([self.project.start("--json", "materialize") for _ in range(3)])
        self.assertIn(0, [code for _, code in outcomes])
        for err, code in outcomes:
            if code != 0:
                self.assertRegex(err, '"reason":"(locked|already_running)"')
                self.assertIn(code, (1, 4))
        self.assertIn("1.0", self.project.run("online", "--features", "v:x", "--key", "k=key7"))

    def test_pushes_at_once(self):
        self.applied()
        self.project.run("materialize")
        with self.project.serving():
            for i in range(6):
                self.project.write(f"push{i}.csv", f"k,t,x,n\nsame,2015-01-0{i + 1}T00:00:00Z,{i}.0,{i}\nown{i},2015-01-01T00:00:00Z,{i}.0,{i}\n")
            outcomes = self.finish([self.project.start("--json", "push", "v", f"push{i}.csv") for i in range(6)])
            self.assertEqual([code for _, code in outcomes], [0] * 6, outcomes)
            keys = [word for i in range(6) for word in ("--key", f"k=own{i}")]
            self.assertEqual(self.project.json("online", "--features", "v:x", *keys)["results"][1]["values"], [float(i) for i in range(6)])
            self.assertEqual(self.project.json("online", "--features", "v:x", "--key", "k=same")["results"][1]["values"], [5.0])
        rows = pyarrow.table({"k": ["same"] + [f"own{i}" for i in range(6)], "event_timestamp": instants(*["2015-02-01T00:00:00Z"] * 7)})
        self.project.write("few.parquet", rows)
        self.assertEqual([row["x"] for row in self.project.json("historical", "--entities", "few.parquet", "--features", "v:x")],
                         [5.0] + [float(i) for i in range(6)])

    def test_a_server_hears_of_an_apply(self):
        self.applied()
        with self.project.serving() as server:
            body = {"entities": {"k": ["a"]}, "features": ["w:n"]}
            self.assertEqual(server.post("/get-online-features", body)[0], 404)
            self.project.write("features/definitions.yaml", CHANGED)
            self.project.run("apply", "--yes")
            status, answer = server.post("/get-online-features", body)
            self.assertEqual((status, answer["results"][1]["statuses"]), (200, ["NOT_FOUND"]), answer)
            self.project.run("materialize")
            status, answer = server.post("/get-online-features", body)
            self.assertEqual((status, answer["results"][1]["values"]), (200, [20]), answer)


if __name__ == "__main__":
    larder_project.main()
