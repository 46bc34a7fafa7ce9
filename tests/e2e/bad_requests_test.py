#!/usr/bin/env python3
"""Requests that a server must refuse: each gets its status, its reason and what to do; nothing is half applied, and the
server answers on."""

import http.client
import json
import socket

import larder_project
from larder_project import ProjectTest

GET = "/get-online-features"


def asking(**more):
    return {"entities": {"k": ["a"], "amount": [2.0]}, "features": ["v:x"], **more}


class BadRequests(ProjectTest):
    def setUp(self):
        super().setUp()
        self.applied()
        self.project.run("materialize")

    def run_serving(self, check):
        with self.project.serving() as server:
            check(server)
            status, answer = server.post(GET, asking())
            self.assertEqual((status, answer["results"][1]["values"]), (200, [2.0]), answer)

    def test_text_that_is_no_json(self):
        def check(server):
            for body in (b"", b" ", b"{", b"{]", b'{"a":1,}', b"nul", b"{'k': 1}", b'{"a": 01}', b'{"a": 1e}', b'{"a": NaN}', b'{} {}',
                         b'{"a": "\xff"}', b'{"a": "\\ud800"}', b'{"a": "b\nc"}', '{"a": 1}'.encode("utf-16"), b'{"a": "unfinished', b"\x00"):
                server.refuses(400, "malformed_json", GET, body)
            for body in (b"[]", b"1", b'"text"', b"null", b"true"):
                server.refuses(400, "malformed_request", GET, body, shows=["body", "object"])
        self.run_serving(check)

    def test_deep_json(self):
        def check(server):
            for body in (b"[" * 100_000, b'{"a":' * 100_000, b'{"entities": ' + b"[" * 5000 + b"]" * 5000 + b"}"):
                server.refuses(400, "malformed_json", GET, body, shows=["deep"])
            deep = b'{"entities": {"k": ' + b"[" * 40 + b"1" + b"]" * 40 + b'}, "features": ["v:x"]}'
            status, answer = server.post(GET, deep)
            self.assertIn(status, (400, 422), answer)
        self.run_serving(check)

    def test_huge_json(self):
        self.project.write("larder.yaml", "project: shop\nonline_store: {memory: 64MiB}\nserver: {max_body: 1MiB, max_rows: 100}\n")

        def check(server):
            rows = asking()
            rows["entities"] = {"k": ["a"] * 101}
            server.refuses(413, "limit_exceeded", GET, rows, shows=["101", "100", "max_rows"])
            table = {"k": ["a"] * 101, "t": ["2015-01-01T00:00:00Z"] * 101, "x": [1.0] * 101, "n": [1] * 101}
            server.refuses(413, "limit_exceeded", "/push", {"push_source_name": "v", "df": table}, shows=["101", "max_rows"])
            try:
                server.refuses(413, "limit_exceeded", GET, b'{"a": "' + b"x" * (2 << 20) + b'"}', shows=["max_body"])
            except (ConnectionError, http.client.HTTPException):
                self.fail("the connection closed without an answer")
        self.run_serving(check)

    def test_duplicate_keys(self):
        def check(server):
            server.refuses(400, "malformed_json", GET, b'{"entities": {"k": ["a"]}, "features": ["v:x"], "features": ["v:n"]}', shows=["'features'", "twice"])
            server.refuses(400, "malformed_json", GET, b'{"entities": {"k": ["a"], "k": ["b"]}, "features": ["v:x"]}', shows=["'k'", "twice"])
            server.refuses(400, "malformed_json", GET, b'{"entities": {"k": ["a"], "\\u006b": ["b"]}, "features": ["v:x"]}', shows=["'k'", "twice"])
            server.refuses(400, "malformed_json", "/push", b'{"push_source_name": "v", "df": {"k": ["a"], "k": ["b"]}}', shows=["'k'", "twice"])
        self.run_serving(check)

    def test_unequal_lists(self):
        def check(server):
            server.refuses(422, "unequal_lists", GET, asking(entities={"k": ["a", "b"], "amount": [1.0]}), shows=["k", "amount", "2", "1"])
            table = {"k": ["a", "b"], "t": ["2015-01-01T00:00:00Z"], "x": [1.0, 2.0], "n": [1, 2]}
            server.refuses(422, "unequal_lists", "/push", {"push_source_name": "v", "df": table}, shows=["df.k", "df.t"])
        self.run_serving(check)

    def test_wrong_types(self):
        def check(server):
            for key in (1, 1.5, True, [], {}):
                server.refuses(422, "type_mismatch", GET, asking(entities={"k": [key]}), shows=["k[0]", "string"])
            for amount in ("much", [], {}, True):
                server.refuses(422, "type_mismatch", GET, asking(features=["ratio"], entities={"k": ["a"], "amount": [amount]}), shows=["amount[0]", "float64"])
            server.refuses(400, "malformed_request", GET, asking(entities={"k": "a"}), shows=["k", "list"])
            server.refuses(400, "malformed_request", GET, asking(entities=["a"]), shows=["entities"])
            server.refuses(400, "malformed_request", GET, asking(features="v:x", feature_service=5), shows=["feature_service", "string"])
            server.refuses(400, "malformed_request", GET, asking(features=[1]), shows=["features"])
            server.refuses(400, "malformed_request", GET, asking(full_feature_names="yes"), shows=["full_feature_names"])
            server.refuses(400, "malformed_request", GET, asking(timestamps="unix"), shows=["timestamps", "iso"])
            server.refuses(400, "malformed_request", GET, asking(feature=["v:x"]), shows=["'feature'", "did you mean 'features'?"])
        self.run_serving(check)

    def test_what_is_missing(self):
        def check(server):
            server.refuses(400, "malformed_request", GET, {"features": ["v:x"]}, shows=["entities"])
            server.refuses(400, "usage", GET, {"entities": {"k": ["a"]}}, shows=["features"])
            server.refuses(400, "usage", GET, asking(feature_service="model"), shows=["features", "feature_service"])
            server.refuses(422, "missing_column", GET, asking(entities={}), shows=["'k'"])
            server.refuses(422, "missing_column", GET, asking(entities={"kk": ["a"]}), shows=["'k'", "'kk'"])
            server.refuses(422, "missing_request_value", GET, asking(features=["ratio"], entities={"k": ["a"]}), shows=["'amount'"])
            server.refuses(422, "missing_request_value", GET, {"feature_service": "model", "entities": {"k": ["a"]}}, shows=["'amount'"])
        self.run_serving(check)

    def test_unknown_names(self):
        def check(server):
            server.refuses(404, "unknown_object", GET, asking(features=["vv:x"]), shows=["'vv'", "did you mean 'v'?"])
            server.refuses(404, "unknown_feature", GET, asking(features=["v:xx"]), shows=["'xx'", "did you mean 'x'?"])
            server.refuses(404, "unknown_version", GET, asking(features=["v@9:x"]), shows=["9"])
            server.refuses(404, "unknown_object", GET, {"feature_service": "modle", "entities": {"k": ["a"]}}, shows=["did you mean 'model'?"])
            server.refuses(400, "invalid_reference", GET, asking(features=["v:"]), shows=["v:"])
            server.refuses(422, "equal_names", GET, asking(features=["v:x", "v:x"]), shows=["v:x", "ask for it once"])
            server.refuses(404, "unknown_object", "/push", {"push_source_name": "vv", "df": {"k": ["a"]}}, shows=["'vv'", "did you mean 'v'?"])
            server.refuses(404, "unknown_object", "/write-to-online-store", {"feature_view_name": "vv", "df": {"k": ["a"]}}, shows=["did you mean 'v'?"])
            server.refuses(404, "unknown_object", "/delete", {"feature_view_name": "vv", "keys": {"k": ["a"]}}, shows=["did you mean 'v'?"])
            server.refuses(404, "unknown_object", "/materialize", {"feature_views": ["vv"]}, shows=["did you mean 'v'?"])
            server.refuses(404, "unknown_route", "/get-online-feature", asking(), shows=["/get-online-feature", "/docs"])
            self.assertEqual(server.request("GET", GET)[0], 405)
            self.assertEqual(server.request("GET", GET)[1]["Allow"], "POST")
            self.assertEqual(server.request("GET", "/jobs/none")[0], 404)
            self.assertEqual(server.request("GET", "/feature-views/vv")[0], 404)
        self.run_serving(check)

    def test_now(self):
        def check(server):
            server.refuses(403, "now_not_allowed", GET, asking(now="2015-01-01T11:00:00Z"), shows=["--allow-now"])
            server.refuses(403, "now_not_allowed", "/explain", {"feature": "v:x", "entities": {"k": ["a"]}, "now": "2015-01-01"})
        self.run_serving(check)
        with self.project.serving("--allow-now") as server:
            server.refuses(400, "invalid_timestamp", GET, asking(now="yesterday"), shows=["yesterday"])
            server.refuses(400, "malformed_request", GET, asking(now=5), shows=["now"])

    def test_rows_that_cannot_be_pushed(self):
        good = {"k": ["z"], "t": ["2015-01-01T00:00:00Z"], "x": [1.0], "n": [1]}

        def check(server):
            def refuse(status, reason, shows, to="online_and_offline", **columns):
                table = {name: values for name, values in {**good, **columns}.items() if values is not None}
                server.refuses(status, reason, "/push", {"push_source_name": "v", "df": table, "to": to}, shows=shows)
                view = {"feature_view_name": "v", "df": table}
                if to == "online_and_offline":
                    server.refuses(status, reason, "/write-to-online-store", view, shows=shows)
            refuse(422, "missing_column", ["'k'"], k=None)
            refuse(422, "missing_column", ["'x'"], x=None)
            refuse(422, "missing_column", ["'t'"], t=None)
            refuse(422, "type_mismatch", ["n[0]", "int64"], n=[1.5])
            refuse(422, "type_mismatch", ["n[0]", "int64"], n=[2**63])
            refuse(422, "type_mismatch", ["n[0]", "int64"], n=["many"])
            refuse(422, "type_mismatch", ["x[0]", "float64"], x=["much"])
            refuse(422, "type_mismatch", ["k[0]", "string"], k=[5])
            refuse(400, "malformed_request", ["df.x", "list"], x=1.0)
            refuse(400, "invalid_timestamp", ["t[0]", "soon"], t=["soon"])
            refuse(422, "future_time", ["9999"], t=["9999-01-01T00:00:00Z"])
            refuse(400, "malformed_request", ["nowhere"], to="nowhere")
            server.refuses(400, "malformed_request", "/push", {"push_source_name": "v"}, shows=["df"])
            server.refuses(400, "malformed_request", "/push", {"df": good}, shows=["push_source_name"])
            server.refuses(400, "malformed_request", "/delete", {"feature_view_name": "v"}, shows=["keys"])
            server.refuses(422, "missing_column", "/delete", {"feature_view_name": "v", "keys": {"kk": ["a"]}}, shows=["'k'"])
            server.refuses(422, "type_mismatch", "/delete", {"feature_view_name": "v", "keys": {"k": ["a"]}, "event_ids": ["1"]}, shows=["event_ids"])
            several = {"k": ["z", "y"], "t": ["2015-01-01T00:00:00Z", "soon"], "x": [1.0, 2.0], "n": [1, 2]}
            server.refuses(400, "invalid_timestamp", "/push", {"push_source_name": "v", "df": several}, shows=["t[1]"])
            answer = server.post(GET, asking(entities={"k": ["z", "y"]}))[1]
            self.assertEqual(answer["results"][1]["statuses"], ["NOT_FOUND", "NOT_FOUND"], "a refused push wrote something")
        self.run_serving(check)

    def test_bodies_that_are_no_arrow(self):
        def check(server):
            for body in (b"", b"nonsense", b"\xff\xff\xff\xff\x00\x00\x00\x7f"):
                status, _, answer = server.request("POST", "/push?name=v&to=both", body, {"Content-Type": "application/vnd.apache.arrow.stream"})
                self.assertIn(status, (400, 422), answer)
                self.assertIn(b"body", answer)
        self.run_serving(check)

    def test_materializations_that_make_no_sense(self):
        def check(server):
            server.refuses(400, "invalid_timestamp", "/materialize", {"start_ts": "soon"}, shows=["soon"])
            server.refuses(422, "future_time", "/materialize", {"end_ts": "9999-01-01T00:00:00Z"}, shows=["9999"])
            status, answer = server.post("/materialize", {"start_ts": "2015-01-02T00:00:00Z", "end_ts": "2015-01-01T00:00:00Z"})
            self.assertIn(status, (400, 422), answer)
            server.refuses(400, "malformed_request", "/materialize", {"feature_views": "v", "views": ["v"]}, shows=["'views'"])
            server.refuses(400, "malformed_json", "/materialize", b"{")
        self.run_serving(check)


class BadFraming(ProjectTest):
    """Bytes that are no HTTP, or ambiguous: refused and closed."""

    def answer(self, server, data):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(data)
            received = b""
            while True:
                try:
                    part = connection.recv(65536)
                except ConnectionError:
                    break
                if not part:
                    break
                received += part
        return received

    def test_refused_and_closed(self):
        self.applied()
        body = json.dumps(asking()).encode()
        head = b"POST /get-online-features HTTP/1.1\r\nHost: x\r\n"
        with self.project.serving() as server:
            for data in (b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", head.replace(b"Host: x\r\n", b"") + b"\r\n",
                         head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                         head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                         head + b"Content-Length: -1\r\n\r\n", head + b"Content-Length: 99999999999999999999\r\n\r\n",
                         head + b"Transfer-Encoding: gzip, chunked\r\n\r\n", head + b"Bad Header: x\r\n\r\n", head + b" folded: x\r\n\r\n",
                         head + b"Content-Length: 3 \x00\r\n\r\nabc", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200):
                answer = self.answer(server, data)
                self.assertRegex(answer.split(b"\r\n")[0], rb"^HTTP/1\.1 (400|413|501|505) ", data)
                error = json.loads(answer.split(b"\r\n\r\n", 1)[1])["error"]
                self.assertTrue(error["message"], answer)
            large = self.answer(server, head + b"X-Large: " + b"x" * 100_000 + b"\r\n\r\n")
            self.assertRegex(large.split(b"\r\n")[0], rb"^HTTP/1\.1 (413|431) ")
            self.assertEqual(server.post(GET, body)[0], 200)


if __name__ == "__main__":
    larder_project.main()
