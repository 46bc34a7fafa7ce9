"""Larder as a contender: a project with the views and services of all shapes, materialized once, served on loopback."""

import os
import re
import signal
import subprocess
import time
import urllib.request

import rows

FEATURES = 50
PARTS = 5  # views of the shape that spreads a request


def features_of(first, count, kind="float64"):
    return ", ".join(f"f{i}: {kind}" for i in range(first, first + count))


def definitions():
    """One view of all features, the same in five views, services of both, one with an expression, a view to push to."""
    part = FEATURES // PARTS
    parts = "".join(f"  - {{name: part{i}, entities: [id], source: rows, features: {{{features_of(i * part, part)}}}}}\n"
                    for i in range(PARTS))
    return (f"entities: [{{name: id, type: int64}}]\n"
            f"sources:\n  - {{name: rows, path: rows.parquet, timestamp: event_timestamp}}\n"
            f"  - {{name: pushes, path: pushes.parquet, timestamp: event_timestamp}}\n"
            f"feature_views:\n  - {{name: v, entities: [id], source: rows, features: {{{features_of(0, FEATURES)}}}}}\n{parts}"
            f"  - {{name: pushed, entities: [id], source: pushes, features: {{{features_of(0, 10)}}}}}\n"
            f"on_demand_views:\n  - {{name: sum, inputs: [v], features: {{total: {{type: float64, expression: v.f0 + v.f1}}}}}}\n"
            f"feature_services:\n  - {{name: whole, features: [v]}}\n  - {{name: with_sum, features: [v, sum]}}\n"
            f"  - {{name: spread, features: [{', '.join(f'part{i}' for i in range(PARTS))}]}}\n")


class LarderServer:
    name = "larder"

    def __init__(self, program, folder, entities):
        self.program, self.folder, self.entities = program, os.path.join(folder, "larder"), entities
        self.process = None
        self.materialize_s = 0.0
        self.start_s = 0.0

    def version(self):
        return subprocess.run([self.program, "version"], capture_output=True, text=True, check=True).stdout.strip().splitlines()[0]

    def run(self, *arguments):
        return subprocess.run([self.program, "-C", self.folder, "-q", *arguments], check=True, capture_output=True, text=True).stdout

    def prepare(self, views=("v",)):
        """Loads the rows into these views."""
        os.makedirs(os.path.join(self.folder, "features"))
        rows.write(os.path.join(self.folder, "rows.parquet"), self.entities, FEATURES, keyed=True)
        rows.write(os.path.join(self.folder, "pushes.parquet"), 1, 10, keyed=True)
        with open(os.path.join(self.folder, "larder.yaml"), "w", encoding="utf-8") as out:
            out.write("project: serving\ndefinitions: [features/]\nonline_store: {memory: 8GiB}\n")
        with open(os.path.join(self.folder, "features", "all.yaml"), "w", encoding="utf-8") as out:
            out.write(definitions())
        self.run("apply", "--yes")
        began = time.monotonic()
        self.run("materialize", *[word for view in views for word in ("--view", view)])
        self.materialize_s = time.monotonic() - began

    def start(self, wrapper=()):
        began = time.monotonic()
        self.process = subprocess.Popen([*wrapper, self.program, "-C", self.folder, "serve", "--listen", "127.0.0.1:0"],
                                        stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"http://\S+", line)
            if found:
                break
        else:
            raise SystemExit("larder serve did not start")
        self.url = found.group(0)
        urllib.request.urlopen(self.url + "/health").read()
        self.start_s = time.monotonic() - began
        return self

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.communicate(timeout=60)
        self.process = None

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))

    def gauge(self, name):
        text = urllib.request.urlopen(self.url + "/metrics").read().decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))
