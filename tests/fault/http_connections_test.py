#!/usr/bin/env python3
"""Ten thousand connections that say nothing: each costs a bounded number of bytes, those who do ask are answered meanwhile,
one too many is told so, and a server that is stopped closes them all. LARDER_CONNECTIONS sets how many."""

import os
import resource
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import larder_project  # noqa: E402
from larder_project import ProjectTest, Server  # noqa: E402

WANTED = int(os.environ.get("LARDER_CONNECTIONS", "10000"))
SPARE_FILES = 200  # of the server and of this process, beside connections
BYTES_PER_CONNECTION = 4096  # the most of the server's own memory; the sanitizers' allocators take some more
SANITIZED_BYTES_PER_CONNECTION = 16 << 10


def resident_bytes(process):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


def is_sanitized(process):
    with open(f"/proc/{process.pid}/maps", encoding="utf-8") as file:
        return "libasan" in file.read()


class IdleConnections(ProjectTest):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < WANTED + SPARE_FILES:
            self.skipTest(f"SKIPPED: {hard} open files are allowed, {WANTED + SPARE_FILES} are needed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, WANTED + SPARE_FILES), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.project.write("larder.yaml", f"project: shop\nonline_store: {{memory: 64MiB}}\nserver: {{max_connections: {WANTED}, idle_timeout: 1h}}\n")
        self.applied()
        self.project.run("materialize")

    def connect(self, server):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self.addCleanup(connection.close)
        return connection

    def answered(self, connection):
        body = b'{"entities": {"k": ["a"]}, "features": ["v:x"]}'
        connection.sendall(b"POST /get-online-features HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        return connection.recv(1 << 16)

    def test_idle_connections(self):
        server = Server(self.project)
        self.addCleanup(server.process.kill)
        first = self.connect(server)
        self.assertIn(b"[2.0]", self.answered(first))
        before = resident_bytes(server.process)
        connections = [first] + [self.connect(server) for _ in range(WANTED - 1)]
        # Each has been taken: answers come on the first, the last, and some between.
        for connection in connections[:: max(1, WANTED // 50)] + connections[-1:]:
            self.assertIn(b"[2.0]", self.answered(connection))
        per_connection = (resident_bytes(server.process) - before) / (WANTED - 1)
        print(f"{WANTED} connections: {per_connection:.0f} bytes of the server's memory each")
        bound = SANITIZED_BYTES_PER_CONNECTION if is_sanitized(server.process) else BYTES_PER_CONNECTION
        self.assertLess(per_connection, bound)
        one_more = self.connect(server)
        one_more.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertNotIn(b" 200 ", one_more.recv(4096), "a connection beyond server.max_connections was served")
        server.stop()
        for connection in connections:
            self.assertEqual(connection.recv(1), b"", "a connection outlived the server")


if __name__ == "__main__":
    larder_project.main()
