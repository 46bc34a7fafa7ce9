#!/usr/bin/env python3
"""The Python client against a running server: what it answers, how it fails, and what it sends again."""

import asyncio
import datetime
import os
import pickle
import re
import socket
import sys
import threading
import unittest

import numpy
import pyarrow

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "python"))

import larder
import larder.request_values
import larder_project
from larder_project import ProjectTest, events_table

NOW = "2015-01-03T00:00:00Z"
REFUSAL = b'{"error":{"code":"RESOURCE_EXHAUSTED","reason":"overloaded","message":"busy","hint":"wait"}}'


def reply(status, body, headers=()):
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Answering(ProjectTest):
    def setUp(self):
        super().setUp()
        self.applied()
        self.project.run("materialize", "--to", "2015-01-02T00:00:00Z")
        self.server = larder_project.Server(self.project, "--allow-now")
        self.addCleanup(self.server.stop)
        self.client = larder.Client(f"http://127.0.0.1:{self.server.port}")
        self.addCleanup(self.client.close)

    def test_rows_in_every_form_give_the_same(self):
        rows = [{"k": "a", "amount": 4.0}, {"k": "none", "amount": 1.0}]
        forms = (rows, {"k": ["a", "none"], "amount": [4.0, 1.0]}, pyarrow.Table.from_pylist(rows))
        for form in forms:
            answer = self.client.get_online_features(form, service="model", now=NOW)
            self.assertEqual(answer.names, ["k", "x", "n", "share"])
            self.assertEqual(answer.to_rows(), [{"k": "a", "x": 2.0, "n": 20, "share": 0.5}, {"k": "none", "x": None, "n": None, "share": None}])
            self.assertEqual(answer.statuses["x"], ["PRESENT", "NOT_FOUND"])
            self.assertEqual(answer.event_times["n"], [datetime.datetime(2015, 1, 1, 12, tzinfo=datetime.timezone.utc), None])
            self.assertEqual(len(answer), 2)
        self.assertEqual(answer.to_arrow()["n"].to_pylist(), [20, None])
        self.assertIn("<td>None (NOT_FOUND)</td>", answer._repr_html_())
        self.assertEqual(len(self.client.get_online_features({"k": []}, features=["v"])), 0)

    def test_an_arrow_answer_has_types(self):
        table = self.client.get_online_features_arrow([{"k": "a"}], features=["v"], now=datetime.datetime(2015, 1, 3))
        self.assertEqual(table.schema.field("n").type, pyarrow.int64())
        self.assertEqual(table.to_pylist()[0] | {"v__event_time": None}, {"k": "a", "x": 2.0, "n": 20, "v__event_time": None, "v__status": "PRESENT"})
        with self.assertRaises(larder.NotFound):
            self.client.get_online_features_arrow([{"k": "a"}], features=["w"])

    def test_pushed_and_deleted_rows(self):
        at = datetime.datetime(2015, 1, 5, tzinfo=datetime.timezone.utc)
        self.client.push("v", [{"k": "p", "t": at, "x": 7.5, "n": 1}])
        self.client.push("v", events_table().slice(0, 1).set_column(0, "k", pyarrow.array(["q"])))
        answer = self.client.get_online_features({"k": ["p", "q"]}, features="v:x")
        self.assertEqual(answer.to_dict()["x"], [7.5, 1.0])
        self.client.delete_rows("v", [{"k": "p"}])
        self.client.push("v", [{"k": "q", "t": at}], delete=True)
        self.assertEqual(self.client.get_online_features({"k": ["p", "q"]}, features="v:x").statuses["x"], ["NOT_FOUND", "NOT_FOUND"])

    def test_materialize_explain_and_the_rest(self):
        done = self.client.materialize(end="2015-01-03T00:00:00Z", views=["v"])
        self.assertEqual([(view["view"], view["rows_read"]) for view in done["views"]], [("v", 3)])
        self.client.materialize_incremental(end=datetime.datetime(2015, 1, 3))
        told = self.client.explain("v:x", {"k": "a"}, now=NOW)
        self.assertEqual((told["offline_value"], told["online_value"]), (2.0, 2.0))
        self.assertEqual(self.client.feature_view_status("v")["generations"][0]["rows_online"], 2)
        self.assertEqual(self.client.health()["status"], "ok")
        self.assertIn("larder_requests_total", self.client.metrics())

    def test_failures_are_exceptions_of_their_reason(self):
        def fails(kind, reason, call):
            with self.assertRaises(kind) as raised:
                call()
            self.assertEqual(raised.exception.reason, reason)
            self.assertTrue(raised.exception.hint)
            copy = pickle.loads(pickle.dumps(raised.exception))
            self.assertEqual((type(copy), str(copy), copy.reason), (kind, str(raised.exception), reason))
            return raised.exception

        ask = self.client.get_online_features
        failure = fails(larder.NotFound, "unknown_feature", lambda: ask([{"k": "a"}], features=["v:xx"]))
        self.assertIn("'xx'", str(failure))
        fails(larder.InvalidInput, "missing_request_value", lambda: ask([{"k": "a"}], service="model"))
        fails(larder.InvalidInput, "type_mismatch", lambda: ask([{"k": float("nan")}], features=["v"]))
        fails(larder.InvalidInput, "type_mismatch", lambda: ask([{"k": object()}], features=["v"]))
        fails(larder.InvalidInput, "unequal_lists", lambda: ask({"k": ["a"], "amount": []}, features=["v"]))
        fails(larder.InvalidInput, "malformed_request", lambda: ask([{"k": "a"}, {"j": "a"}], features=["v"]))
        fails(larder.InvalidInput, "malformed_request", lambda: ask("a", features=["v"]))
        fails(larder.InvalidInput, "malformed_request", lambda: ask({"k": "a"}, features=["v"]))
        fails(larder.InvalidRequest, "usage", lambda: ask([{"k": "a"}]))
        fails(larder.InvalidRequest, "usage", lambda: self.client.push("v", [], to="nowhere"))
        fails(larder.NotFound, "unknown_object", lambda: self.client.materialize(views=["w"]))

    def test_many_threads_share_one_client(self):
        wrong = []

        def ask(key, value):
            for _ in range(100):
                got = self.client.get_online_features([{"k": key}], features=["v:x"], now=NOW).to_dict()["x"]
                if got != [value]:
                    wrong.append(got)

        threads = [threading.Thread(target=ask, args=pair) for pair in (("a", 2.0), ("b", 3.0), ("c", None), ("a", 2.0))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_after_a_fork_the_child_has_connections_of_its_own(self):
        self.client.health()
        child = os.fork()
        if child == 0:
            try:
                ok = all(self.client.get_online_features([{"k": "b"}], features=["v:x"], now=NOW).to_dict()["x"] == [3.0] for _ in range(50))
            finally:
                os._exit(0 if ok else 1)
        for _ in range(50):
            self.assertEqual(self.client.get_online_features([{"k": "a"}], features=["v:x"], now=NOW).to_dict()["x"], [2.0])
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_the_twin_of_asyncio(self):
        async def ask():
            async with larder.AsyncClient(f"http://127.0.0.1:{self.server.port}", max_connections=4) as client:
                answers = await asyncio.gather(*[client.get_online_features([{"k": key}], features=["v:x"], now=NOW) for key in "ab" * 20])
                with self.assertRaises(larder.NotFound):
                    await client.get_online_features([{"k": "a"}], features=["w"])
                return [answer.to_dict()["x"][0] for answer in answers]

        self.assertEqual(asyncio.run(ask()), [2.0, 3.0] * 20)
        public = {name for name in vars(larder.Client) if not name.startswith("_")}
        self.assertEqual(public - set(vars(larder.AsyncClient)), set())

    def test_a_server_that_came_again(self):
        """Connections of the server before are not used, neither for reads nor for writes."""
        path = self.project.path(".larder/serve.sock")
        with larder.Client("unix:" + path) as client:
            client.health()
            self.server.stop()
            with self.assertRaises(larder.Unavailable):
                larder.Client("unix:" + path, retries=0).health()
            again = larder_project.Server(self.project)
            self.addCleanup(again.stop)
            client.push("v", [{"k": "p", "t": "2015-01-05T00:00:00Z", "x": 1.5, "n": 1}])
            self.assertEqual(client.get_online_features([{"k": "p"}], features=["v:x"], now="2015-01-06").to_dict()["x"], [1.5])


class Scripted(unittest.TestCase):
    """A listener that answers each request as its list says; b"" closes the connection, None says nothing."""

    def client(self, replies, **options):
        client = larder.Client(self.listen(replies), **options)
        self.addCleanup(client.close)
        return client

    def listen(self, replies):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        self.taken = 0

        def serve():
            waiting = list(replies)
            while waiting:
                connection, _ = listener.accept()
                self.addCleanup(connection.close)
                while waiting:
                    if not self.read_request(connection):
                        break
                    self.taken += 1
                    answer = waiting.pop(0)
                    if answer == b"":
                        connection.close()
                        break
                    if answer is not None:
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    @staticmethod
    def read_request(connection):
        text = b""
        while b"\r\n\r\n" not in text:
            piece = connection.recv(65536)
            if not piece:
                return False
            text += piece
        head, body = text.split(b"\r\n\r\n", 1)
        length = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        while length and len(body) < length[0]:
            body += connection.recv(65536)
        return True

    def test_what_was_refused_is_sent_again(self):
        client = self.client([reply(429, REFUSAL, ["Retry-After: 0"]), reply(200, b'{"views":[]}')])
        self.assertEqual(client.push("v", {"k": ["a"]}), {"views": []})
        self.assertEqual(self.taken, 2)

    def test_at_last_the_refusal_is_told(self):
        client = self.client([reply(429, REFUSAL, ["Retry-After: 0"])] * 3, retries=2)
        with self.assertRaises(larder.Unavailable) as raised:
            client.health()
        self.assertEqual((raised.exception.reason, self.taken), ("overloaded", 3))

    def test_a_read_whose_connection_was_lost_is_sent_again(self):
        client = self.client([b"", reply(200, b'{"status":"ok"}')])
        self.assertEqual(client.health(), {"status": "ok"})

    def test_a_write_that_may_be_done_is_not_sent_again(self):
        client = self.client([b"", reply(200, b"{}")])
        with self.assertRaises(larder.Unavailable) as raised:
            client.push("v", {"k": ["a"]})
        self.assertIn("may have been done", str(raised.exception))
        self.assertEqual(self.taken, 1)

    def test_silence_ends(self):
        client = self.client([None], timeout=0.2)
        with self.assertRaises(larder.Unavailable) as raised:
            client.health()
        self.assertEqual(raised.exception.reason, "request_timeout")

    def test_answers_of_others(self):
        for answer in (reply(200, b"<html>"), reply(500, b"oops"), reply(404, b"[1]"), reply(200, b'{"results":1}')):
            client = self.client([answer])
            with self.assertRaises(larder.InternalError):
                client.get_online_features({"k": []}, features=["v"])
        client = self.client([b"SSH-2.0-x\r\n"])
        with self.assertRaises(larder.Unavailable):
            client.health()

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with self.assertRaises(larder.Unavailable) as raised:
            larder.Client(f"http://127.0.0.1:{port}", retries=1).health()
        self.assertIn("larder serve", raised.exception.hint)
        for url in ("", "127.0.0.1:80", "ftp://x"):
            with self.assertRaises(larder.InvalidRequest):
                larder.Client(url)

    def test_values(self):
        zone = datetime.timezone(datetime.timedelta(hours=2))
        value = larder.request_values.json_value
        self.assertEqual(value(datetime.datetime(2015, 1, 1, 12, 0, 0, 5, zone)), "2015-01-01T10:00:00.000005Z")
        self.assertEqual(value(datetime.datetime(2015, 1, 1)), "2015-01-01T00:00:00Z")
        self.assertEqual(value(datetime.date(2015, 1, 1)), "2015-01-01")
        self.assertEqual(value([b"\x00\xff", 2**63, True, None]), ["AP8=", 2**63, True, None])
        self.assertEqual([value(numpy.int32(4)), value(numpy.float32(0.5)), value(numpy.array([1, 2]))], [4, 0.5, [1, 2]])


class Documented(ProjectTest):
    def test_the_examples_of_the_reference_run(self):
        shop = self.project.path("shop")
        self.project.run("init", "shop")
        self.project.run("apply", "--yes", cwd=shop)
        self.project.run("materialize", cwd=shop)
        with open(os.path.join(ROOT, "docs/reference/python.md"), encoding="utf-8") as file:
            client_part = file.read().split("\n## Client\n")[1]
        blocks = re.findall(r"```python\n(.*?)```", client_part, re.DOTALL)
        self.assertGreater(len(blocks), 3)
        with self.project.serving("--allow-now", cwd=shop) as server:
            names = {}
            for block in blocks:
                exec(compile(block.replace(":6566", f":{server.port}"), "docs/reference/python.md", "exec"), names)
            names["client"].close()
        self.assertEqual(names["answer"].to_dict(), {"customer": ["ada"], "amount": [15.0], "items": [1], "per_item": [15.0], "amount_ratio": [2.0]})


if __name__ == "__main__":
    larder_project.main()
