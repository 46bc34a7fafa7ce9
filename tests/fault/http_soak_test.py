#!/usr/bin/env python3
"""A server under a mixed load for minutes: reads of one row and of many, misses, expressions, pushes, deletions, applies
that swap the definitions, in the end no larger and no slower than in the beginning. LARDER_SOAK_SECONDS sets how long."""

import itertools
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import larder_project  # noqa: E402
from larder_project import DEFINITIONS, ProjectTest, Server  # noqa: E402

SECONDS = float(os.environ.get("LARDER_SOAK_SECONDS", "240"))
QUARTERS = 4
KEYS = 20_000
CPU_GROWTH = 0.05  # of the last quarter over the dearest before it
MEMORY_GROWTH = 0.05
MEMORY_SLACK_BYTES = 8 << 20  # what allocators keep of any burst


def status_of(process):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
        lines = dict(line.split(":", 1) for line in file)
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(lines["VmRSS"].split()[0]) * 1024, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Soak(ProjectTest):
    def setUp(self):
        super().setUp()
        self.applied()
        self.project.run("materialize")

    def rows(self, first, count, step):
        return {"k": [f"key{(first + i) % KEYS}" for i in range(count)], "t": [f"2015-02-01T00:00:{step % 60:02}Z"] * count,
                "x": [float(step)] * count, "n": [step] * count}

    def load(self, server, seconds, *arguments):
        """Starts a load of the server; returns the process."""
        return subprocess.Popen([larder_project.PROGRAM, "--json", "bench", "serve", "--url", f"http://127.0.0.1:{server.port}", "--warm-up", "0s",
                                 "--duration", f"{int(seconds * 1000)}ms", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def quarter(self, server, number):
        """Runs all loads beside each other; returns (resident bytes, CPU seconds per answer)."""
        body = self.project.write(f"push{number}.json", json.dumps({"push_source_name": "v", "df": self.rows(0, 100, 1), "to": "online"}))
        _, cpu_before = status_of(server.process)
        seconds = SECONDS / QUARTERS
        keys = ("--key", f"k=key{{0..{KEYS - 1}}}")
        # Rates, so that each quarter is the same work whatever else the machine does.
        loads = [self.load(server, seconds, "--features", "v:x,v:n", *keys, "--misses", "0.1", "--zipf", "1", "--rate", "2000", "--connections", "8"),
                 self.load(server, seconds, "--features", "v:x", *keys, "--rows", "100", "--rate", "40", "--connections", "2"),
                 self.load(server, seconds, "--path", "/push", "--body", body, "--content-type", "application/json", "--rate", "5", "--connections", "2")]
        # Others come and go meanwhile: definitions, deletions, mistakes, clients that leave in the middle.
        for step in itertools.count():
            if all(load.poll() is not None for load in loads):
                break
            tag = f"\n# {number} {step}\n"
            self.project.write("features/definitions.yaml", DEFINITIONS.replace("features: {x: float64", f"description: soak {step % 2}, features: {{x: float64") + tag)
            self.project.run("apply", "--yes", "-q")
            server.post("/delete", {"feature_view_name": "v", "keys": {"k": [f"key{step % KEYS}"]}})
            server.post("/get-online-features", {"entities": {"k": ["a"]}, "features": ["v:nothing"]})
            time.sleep(1)
        answers = 0
        for load in loads:
            out, err = load.communicate()
            report = json.loads(out)
            self.assertEqual(report["unanswered"], 0, f"{out}{err}")
            self.assertEqual(list(report["statuses"]), ["200"], f"{out}{err}")
            answers += report["answers"]
        resident, cpu_after = status_of(server.process)
        print(f"quarter {number + 1}: {resident / 2**20:.1f} MiB, {(cpu_after - cpu_before) / answers * 1e6:.1f} us of CPU per answer, {answers} answers", flush=True)
        return resident, (cpu_after - cpu_before) / answers

    def test_soak(self):
        server = Server(self.project)
        self.addCleanup(server.process.kill)
        for first in range(0, KEYS, 1000):
            self.assertEqual(server.post("/push", {"push_source_name": "v", "df": self.rows(first, 1000, 0), "to": "online"})[0], 200)
        quarters = [self.quarter(server, number) for number in range(QUARTERS)]
        memory_then = quarters[1][0]  # the first quarter fills memory and caches
        cpu_then = max(cpu for _, cpu in quarters[:-1])
        memory_now, cpu_now = quarters[-1]
        self.assertLess(memory_now, memory_then * (1 + MEMORY_GROWTH) + MEMORY_SLACK_BYTES, "the server grows")
        if SECONDS >= 60:  # shorter, the clock of the system counts too coarsely
            self.assertLess(cpu_now, cpu_then * (1 + CPU_GROWTH), "answers cost more than in the beginning")
        server.stop()


if __name__ == "__main__":
    larder_project.main()
