#!/usr/bin/env python3
"""Ctrl-C, SIGTERM and SIGKILL in the middle of every command: it ends soon, leaves no temporary file, and what it was
about is as before or done."""

import os
import signal
import subprocess
import time

import pyarrow
import pyarrow.parquet

import larder_project
from larder_project import ProjectTest, instants

ROW_COUNT = 60_000
MOMENTS = (0.15, 0.35, 0.55, 0.75, 0.95)  # shares of the time that the command takes
SECONDS_TO_STOP = 30


def many_events(value):
    places = pyarrow.array([0] * ROW_COUNT)
    return pyarrow.table({"k": [f"key{i}" for i in range(ROW_COUNT)], "t": instants("2015-01-01T10:00:00Z").take(places),
                          "x": pyarrow.array([value]).take(places), "n": pyarrow.array(range(ROW_COUNT))})


class Interrupted(ProjectTest):
    def setUp(self):
        super().setUp()
        self.applied()
        self.project.write("events.parquet", many_events(1.0))
        rows = many_events(0.0).select(["k", "t"]).rename_columns(["k", "event_timestamp"])
        self.project.write("many.parquet", rows.append_column("amount", pyarrow.array([1.0] * ROW_COUNT)))

    def stop_at(self, moment, sent, *arguments, **options):
        """Starts a command, sends the signal after so many seconds; returns exit code and what it said."""
        process = self.project.start(*arguments, **options)
        time.sleep(moment)
        process.send_signal(sent)
        asked = time.monotonic()
        try:
            out, err = process.communicate(timeout=SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail(f"larder {' '.join(arguments)}: goes on {time.monotonic() - asked:.0f} s after signal {sent}")
        return process.returncode, out.decode() + err.decode()

    def sweep(self, check, *arguments, sent=signal.SIGINT, before=lambda: None):
        """Interrupts the command at several moments; `check` is told whether it was done."""
        before()
        began = time.monotonic()
        self.project.run(*arguments)
        seconds = time.monotonic() - began
        codes = []
        for share in MOMENTS:
            before()
            code, said = self.stop_at(seconds * share, sent, *arguments)
            codes.append(code)
            # A signal before the program could say that it wants to hear of it ends it as the system does.
            self.assertIn(code, (0, 130, -sent), said)
            if sent == signal.SIGINT and code == 130:
                self.assertIn("interrupted", said.lower(), "an interrupted command says so")
            if sent != signal.SIGKILL:
                self.assertEqual(self.project.leftovers(), [], said)
            check(code == 0)
        self.assertTrue(any(codes), f"never interrupted: {codes}")

    def check_training_set(self, done):
        path = self.project.path("train.parquet")
        if os.path.exists(path):
            self.assertEqual(pyarrow.parquet.read_metadata(path).num_rows, ROW_COUNT)
        else:
            self.assertFalse(done, "no training set")

    def forget_training_set(self):
        for name in os.listdir(self.project.folder):
            if name.startswith("train.parquet"):
                os.remove(self.project.path(name))

    def historical(self, sent):
        self.sweep(self.check_training_set, "historical", "--entities", "many.parquet", "--service", "model", "--output", "train.parquet",
                   sent=sent, before=self.forget_training_set)

    def test_historical(self):
        self.historical(signal.SIGINT)

    def test_historical_terminated(self):
        self.historical(signal.SIGTERM)

    def test_historical_killed(self):
        self.historical(signal.SIGKILL)

    def online_values(self):
        """Returns the values of the first, a middle and the last key."""
        keys = [word for i in (0, ROW_COUNT // 2, ROW_COUNT - 1) for word in ("--key", f"k=key{i}")]
        return self.project.json("online", "--features", "v:x", *keys)["results"][1]["values"]

    def materialize(self, sent):
        self.project.run("materialize")
        value = 1.0

        def before():
            nonlocal value
            value += 1
            self.project.write("events.parquet", many_events(value))

        def check(done):
            values = self.online_values()
            self.assertEqual(len(set(values)), 1, f"half a materialization is online: {values}")
            if done:
                self.assertEqual(values[0], value)
            self.project.run("materialize")
            self.assertEqual(self.online_values(), [value] * 3)
            self.assertEqual(self.project.leftovers(), [])

        self.sweep(check, "materialize", sent=sent, before=before)

    def test_materialize(self):
        self.materialize(signal.SIGINT)

    def test_materialize_killed(self):
        self.materialize(signal.SIGKILL)

    def test_apply(self):
        number = 0

        def before():
            nonlocal number
            number += 1
            self.project.write("features/more.yaml", "entities: [" + ", ".join(f"{{name: e{number}_{i}, type: string}}" for i in range(1000)) + "]\n")

        def check(done):
            names = {row["name"] for row in self.project.json("list", "entities")} - {"k"}
            numbers = {name.split("_")[0] for name in names}
            self.assertEqual(len(names), 1000, "half an apply")
            self.assertEqual(len(numbers), 1, "half an apply")
            if done:
                self.assertEqual(numbers, {f"e{number}"})
            self.project.run("apply", "--yes")

        self.sweep(check, "apply", "--yes", before=before)

    def test_push(self):
        number = 0

        def before():
            nonlocal number
            number += 1
            table = many_events(float(number))
            table = table.set_column(0, "k", pyarrow.array([f"pushed{number}_{i}" for i in range(ROW_COUNT)]))
            self.project.write("push.parquet", table)

        def check(done):
            rows = pyarrow.table({"k": [f"pushed{number}_{i}" for i in (0, ROW_COUNT - 1)], "event_timestamp": instants(*["2015-01-02T00:00:00Z"] * 2)})
            self.project.write("few.parquet", rows)
            values = [row["x"] for row in self.project.json("historical", "--entities", "few.parquet", "--features", "v:x")]
            self.assertIn(values, ([None, None], [float(number)] * 2), "half a push is kept offline")
            if done:
                self.assertEqual(values, [float(number)] * 2)

        self.sweep(check, "push", "v", "push.parquet", before=before)

    def test_commands_that_only_read(self):
        for arguments in (["list"], ["plan"], ["config"], ["doctor"], ["describe", "feature_view", "v"], ["explain", "v:x", "--key", "k=key1"],
                          ["online", "--service", "model", "--entities", "rows.parquet"],
                          ["historical", "--entities", "many.parquet", "--service", "model"]):
            before = self.project.state()
            began = time.monotonic()
            code = self.project.finished(*arguments)[0]
            seconds = time.monotonic() - began
            self.assertEqual(code, 0, arguments)
            for share in (0.3, 0.8):
                code, said = self.stop_at(seconds * share, signal.SIGINT, *arguments)
                self.assertIn(code, (0, 130, -signal.SIGINT), f"{arguments}: {said}")
            self.assertEqual(self.project.state(), before)
            self.assertEqual(self.project.leftovers(), [])

    def test_init(self):
        """What began to be made is no project until its last file, larder.yaml, is there."""
        for i in range(6):
            self.stop_at(0.02 * i, signal.SIGINT, "init", f"new{i}")
            if os.path.exists(self.project.path(f"new{i}/larder.yaml")):
                self.project.run("apply", "--yes", cwd=self.project.path(f"new{i}"))
        self.assertEqual(self.project.leftovers(), [])

    def test_serve(self):
        for sent in (signal.SIGINT, signal.SIGTERM):
            server = larder_project.Server(self.project)
            server.process.send_signal(sent)
            _, err = server.process.communicate(timeout=SECONDS_TO_STOP)
            self.assertEqual(server.process.returncode, 0, err.decode())
            self.assertFalse(os.path.exists(self.project.path(".larder/serve.sock")))
        for moment in (0.05, 0.1, 0.2):
            code, said = self.stop_at(moment, signal.SIGINT, "serve", "--listen", "127.0.0.1:0")
            self.assertIn(code, (0, 130, -signal.SIGINT), said)
            self.assertFalse(os.path.exists(self.project.path(".larder/serve.sock")))

    def test_a_server_lets_requests_in_progress_finish(self):
        server = larder_project.Server(self.project)
        process = self.project.start("materialize")
        while process.poll() is None and server.request("GET", "/jobs/job-1")[0] != 200:
            time.sleep(0.001)
        server.stop()
        out, err = process.communicate(timeout=SECONDS_TO_STOP)
        self.assertEqual(process.returncode, 0, out.decode() + err.decode())
        self.assertEqual(set(self.online_values()), {1.0})
        self.assertEqual(self.project.leftovers(), [])

    def test_through_a_running_server(self):
        """The command is interrupted, not the server."""
        self.project.write("push.parquet", many_events(7.0))
        with self.project.serving() as server:
            for arguments in (["materialize"], ["push", "v", "push.parquet"], ["explain", "v:x", "--key", "k=key1"], ["apply", "--yes"]):
                for moment in (0.1, 0.3):
                    code, said = self.stop_at(moment, signal.SIGINT, *arguments)
                    self.assertIn(code, (0, 130, -signal.SIGINT), f"{arguments}: {said}")
                self.assertEqual(server.request("GET", "/health")[0], 200)
            self.project.run("materialize")
            self.assertEqual(len(set(self.online_values())), 1)
        self.assertEqual(self.project.leftovers(), [])


if __name__ == "__main__":
    larder_project.main()
