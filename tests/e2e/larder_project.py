"""A project in a temporary folder, the program that works on it, and a server that serves it: what the tests of the
program from outside share. A test file is a script: `x_test.py PROGRAM [NAME ...]`."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

import pyarrow
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet

COMMAND_SECONDS = 120
EXIT_CODES = {"interrupted": 130, "now_not_allowed": 5, "permission_denied": 5}
EXIT_CODES |= dict.fromkeys(["conflict", "object_in_use", "already_exists", "already_running"], 4)
EXIT_CODES |= dict.fromkeys(["unknown_object", "unknown_feature", "unknown_version", "unknown_route", "file_not_found", "no_project"], 3)
EXIT_CODES |= dict.fromkeys(["locked", "port_in_use", "no_space", "memory_limit", "read_only", "io_error", "damaged",
                             "newer_format", "file_changed", "unavailable", "overloaded", "internal"], 1)

PROGRAM = None  # the program under test; main() sets it

DEFINITIONS = """\
entities: [{name: k, type: string}]
sources:
  - {name: events, path: events.parquet, timestamp: t}
feature_views:
  - {name: v, entities: [k], source: events, features: {x: float64, n: int64}}
on_demand_views:
  - name: ratio
    inputs: [v]
    request: {amount: float64}
    features:
      share: {type: float64, expression: "x / nullif(amount, 0)"}
feature_services:
  - {name: model, features: [v, ratio]}
"""


def instants(*texts):
    """Returns ISO texts as a column of microseconds in UTC."""
    column = pyarrow.array([None if text is None else text.replace("T", " ").replace("Z", "") for text in texts])
    return column.cast(pyarrow.timestamp("us")).cast(pyarrow.timestamp("us", "UTC"))


def events_table():
    return pyarrow.table({"k": ["a", "a", "b"], "t": instants("2015-01-01T10:00:00Z", "2015-01-01T12:00:00Z", "2015-01-02T00:00:00Z"),
                          "x": [1.0, 2.0, 3.0], "n": [10, 20, 30]})


def rows_table():
    return pyarrow.table({"k": ["a", "b", "c"], "event_timestamp": instants(*["2015-01-03T00:00:00Z"] * 3), "amount": [4.0, 0.0, 1.0]})


class Failure:
    """What a failed command or request told."""

    def __init__(self, code, body):
        self.code = code
        error = body["error"]
        self.reason = error["reason"]
        faults = error.get("faults", [])
        self.places = [fault["place"] for fault in faults]
        self.hints = [fault.get("hint", "") for fault in faults or [error]]
        told = [fault["message"] for fault in faults or [error]]
        # "expected X, found Y" and "cannot hold '#'" say what to do by themselves.
        self.has_remedies = all(hint or "expected " in message or "cannot hold" in message for hint, message in zip(self.hints, told))
        self.text = "\n".join([error["message"], error.get("hint", "")] +
                              [part for fault in faults for part in (fault["place"], fault["message"], fault.get("hint", ""))])


class Project:
    """A project folder and what is done in it."""

    def __init__(self, case, folder):
        self.case = case
        self.folder = folder

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, path, content):
        """Writes text, bytes or a table, by the suffix of the path."""
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(content, bytes):
            with open(path, "wb") as file:
                file.write(content)
        elif isinstance(content, str):
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(content)
        elif path.endswith(".parquet"):
            pyarrow.parquet.write_table(content, path)
        elif path.endswith(".csv"):
            pyarrow.csv.write_csv(content, path)
        else:
            pyarrow.feather.write_feather(content, path, compression="uncompressed")
        return path

    def start(self, *arguments, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("cwd", self.folder)
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen([PROGRAM, *arguments], **options)

    def finished(self, *arguments, **options):
        """Runs a command to its end; returns (exit code, stdout, stderr)."""
        process = self.start(*arguments, **options)
        try:
            out, err = process.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.case.fail(f"larder {' '.join(arguments)}: not done within {COMMAND_SECONDS} s")
        return process.returncode, out.decode(), err.decode()

    def run(self, *arguments, **options):
        """Runs a command that must succeed; returns what it wrote to its standard output."""
        code, out, err = self.finished(*arguments, **options)
        self.case.assertEqual(code, 0, f"larder {' '.join(arguments)}:\n{out}{err}")
        return out

    def json(self, *arguments, **options):
        return json.loads(self.run("--json", *arguments, **options))

    def fails(self, reason, *arguments, shows=(), changes_nothing=True, **options):
        """Runs a command that must fail with this reason, name what `shows` says, and change nothing."""
        before = self.state() if changes_nothing else None
        code, out, err = self.finished("--json", *arguments, **options)
        title = f"larder {' '.join(arguments)}:\n{out}{err}"
        try:
            failure = Failure(code, json.loads(err.strip().splitlines()[-1]))
        except (ValueError, IndexError, KeyError, TypeError):
            self.case.fail("no error body: " + title)
        self.case.assertEqual(failure.reason, reason, title)
        self.case.assertEqual(code, EXIT_CODES.get(reason, 2), title)
        for text in shows:
            self.case.assertIn(text, failure.text, title)
        self.case.assertTrue(failure.has_remedies, "a failure without remedy: " + title)
        if changes_nothing:
            self.case.assertEqual(self.state(), before, "something changed: " + title)
        return failure

    def registry(self):
        """Returns the registry's content as text; None without one. A file that is no registry gives its bytes."""
        path = self.path(".larder/registry.db")
        if not os.path.exists(path):
            return None
        with tempfile.TemporaryDirectory() as copies:
            for suffix in ("", "-wal"):
                if os.path.exists(path + suffix):
                    shutil.copy(path + suffix, os.path.join(copies, "registry.db" + suffix))
            connection = sqlite3.connect(os.path.join(copies, "registry.db"))
            try:
                return list(connection.iterdump())
            except (sqlite3.DatabaseError, UnicodeError):
                with open(path, "rb") as file:
                    return file.read()
            finally:
                connection.close()

    def files(self):
        """Returns every file outside the program's own folder, and every pushed one, with its content."""
        found = {}
        for folder, _, names in os.walk(self.folder):
            inside = os.path.relpath(folder, self.folder)
            if inside.startswith(".larder") and not inside.startswith(".larder/offline"):
                continue
            for name in names:
                path = os.path.join(folder, name)
                if os.access(path, os.R_OK) and os.path.isfile(path):
                    with open(path, "rb") as file:
                        found[os.path.join(inside, name)] = hash(file.read())
        return found

    def state(self):
        return self.files(), self.registry()

    def revision(self):
        return self.json("plan")["revision"]

    def leftovers(self):
        """Returns the files that a stopped command should have taken away."""
        found = []
        for folder, _, names in os.walk(self.folder):
            passing = os.path.basename(folder) in ("loads", "spill") or "/loads/" in folder or "/spill/" in folder
            found += [os.path.join(folder, name) for name in names if passing or name.endswith((".new", ".tmp"))]
        return found

    @contextlib.contextmanager
    def serving(self, *arguments, **options):
        """Runs the server on a free port; yields it, and stops it."""
        server = Server(self, *arguments, **options)
        try:
            yield server
        finally:
            server.stop()


class Server:
    """A running `larder serve`."""

    def __init__(self, project, *arguments, **options):
        self.project = project
        self.process = project.start("serve", "--listen", "127.0.0.1:0", *arguments, **options)
        line = self.process.stderr.readline().decode()
        if "http://" not in line:
            self.process.kill()
            project.case.fail("the server did not start: " + line + self.process.communicate()[1].decode())
        self.port = int(line.split("http://127.0.0.1:")[1].split()[0])

    def request(self, method, path, body=None, headers=None):
        """Returns (status, headers, body) of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=COMMAND_SECONDS)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def post(self, path, body):
        """Posts a JSON value, or bytes as they are; returns (status, body as JSON)."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, _, text = self.request("POST", path, data, {"Content-Type": "application/json"})
        return status, json.loads(text)

    def refuses(self, status, reason, path, body, shows=()):
        """Posts what must be refused like this, without anything changed."""
        case = self.project.case
        before = self.project.state()
        got, answer = self.post(path, body)
        title = f"POST {path} {str(body)[:200]}: {got} {answer}"
        case.assertEqual(got, status, title)
        failure = Failure(got, answer)
        case.assertEqual(failure.reason, reason, title)
        for text in shows:
            case.assertIn(text, failure.text, title)
        case.assertTrue(failure.has_remedies, "a failure without remedy: " + title)
        case.assertEqual(self.project.state(), before, "something changed: " + title)
        return failure

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            _, err = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            self.project.case.fail("the server did not stop within 60 s")
        self.project.case.assertEqual(self.process.returncode, 0, err.decode())


class ProjectTest(unittest.TestCase):
    """Each test has a project of its own, with a source, a view, an on-demand view and a service."""

    maxDiff = 4000

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="larder-e2e-")
        self.addCleanup(folder.cleanup)
        self.project = Project(self, folder.name)
        self.project.write("larder.yaml", "project: shop\nengine: {memory: 256MiB}\nonline_store: {memory: 64MiB}\n")

    def applied(self, definitions=DEFINITIONS):
        """Writes the definitions and the tables that they need, and applies them."""
        self.project.write("features/definitions.yaml", definitions)
        self.project.write("events.parquet", events_table())
        self.project.write("rows.parquet", rows_table())
        self.project.run("apply", "--yes")
        return self.project


def main():
    """Runs the tests of the calling script against the program that its first argument names."""
    global PROGRAM
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} PROGRAM [TEST ...]")
    PROGRAM = os.path.abspath(sys.argv[1])
    # The scripts say `import larder_project`: the module whose PROGRAM the tests read.
    sys.modules["larder_project"].PROGRAM = PROGRAM
    began = time.monotonic()
    program = unittest.main(module="__main__", argv=[sys.argv[0], *sys.argv[2:]], exit=False)
    print(f"{program.result.testsRun} tests in {time.monotonic() - began:.0f} s")
    sys.exit(0 if program.result.wasSuccessful() else 1)
