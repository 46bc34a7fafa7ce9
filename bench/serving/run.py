#!/usr/bin/env python3
"""Times the server on loopback: 1 row x 10 float64 features, keys at random, by 1 and by 16 connections, with wrk; and
the start of `larder serve` (to its first answer) and of `larder version`. Usage: run.py PROGRAM [SECONDS]. Writes
bench/results/serving.md."""

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy
import pyarrow
import pyarrow.parquet

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, BENCH)
import measure  # noqa: E402

ENTITIES = 100_000
FEATURES = 10
SCRIPT = """
local names = {}
for i = 0, 9 do names[#names + 1] = '"v:f' .. i .. '"' end
local tail = ']},"features":[' .. table.concat(names, ",") .. "]}"
request = function()
  return wrk.format("POST", "/get-online-features", nil, '{"entities":{"id":[' .. math.random(0, %d) .. tail)
end
"""


def make_project(folder):
    random = numpy.random.Generator(numpy.random.Philox(7))
    columns = {"id": numpy.arange(ENTITIES)}
    columns |= {f"f{i}": random.standard_normal(ENTITIES) for i in range(FEATURES)}
    os.makedirs(os.path.join(folder, "features"))
    pyarrow.parquet.write_table(pyarrow.table(columns), os.path.join(folder, "rows.parquet"))
    with open(os.path.join(folder, "larder.yaml"), "w", encoding="utf-8") as out:
        out.write("project: serving\ndefinitions: [features/]\n")
    with open(os.path.join(folder, "features", "v.yaml"), "w", encoding="utf-8") as out:
        features = ", ".join(f"f{i}: float64" for i in range(FEATURES))
        out.write("entities: [{name: id, type: int64}]\nsources: [{name: rows, path: rows.parquet}]\n"
                  f"feature_views: [{{name: v, entities: [id], source: rows, features: {{{features}}}}}]\n")


def start(program, folder):
    """Starts the server; returns it, its address and the seconds to its first answer."""
    began = time.monotonic()
    server = subprocess.Popen([program, "-C", folder, "serve", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    url = re.search(r"http://\S+", server.stderr.readline()).group(0)
    urllib.request.urlopen(url + "/health").read()
    return server, url, time.monotonic() - began


def wrk(url, script, connections, seconds):
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, url],
                          capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in done:
        raise SystemExit(done)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done).group(1))
    return rate, re.search(r"50%\s+(\S+)", done).group(1), re.search(r"99%\s+(\S+)", done).group(1)


def main(program, seconds=5):
    with tempfile.TemporaryDirectory() as folder:
        make_project(folder)
        for command in (["apply", "--yes"], ["materialize"]):
            subprocess.run([program, "-C", folder, "-q", *command], check=True, stdout=subprocess.DEVNULL)
        script = os.path.join(folder, "request.lua")
        with open(script, "w", encoding="utf-8") as out:
            out.write(SCRIPT % (ENTITIES - 1))
        starts, lines = [], []
        for _ in range(5):
            server, url, took = start(program, folder)
            starts.append(took)
            if len(starts) == 5:
                for connections in (1, 16):
                    rates = sorted((wrk(url, script, connections, seconds) for _ in range(5)), key=lambda r: r[0])
                    rate, p50, p99 = rates[2]
                    lines.append(f"| {connections} | {rate:,.0f} ({rates[0][0]:,.0f} to {rates[-1][0]:,.0f}) | {p50} | {p99} |")
            server.send_signal(signal.SIGTERM)
            server.wait(20)
    versions = [measure.run([program, "version"]).wall_s for _ in range(11)]
    text = (f"# Serving, 1 row x {FEATURES} float64, {ENTITIES:,} entities, JSON\n\nMachine: {measure.machine()}; wrk on the same "
            f"cores, medians of five runs of {seconds} s.\n\n| connections | requests/s | p50 | p99 |\n| --- | --- | --- | --- |\n"
            + "\n".join(lines)
            + f"\n\n`larder serve` to its first answer: {statistics.median(starts) * 1000:.0f} ms. "
            f"`larder version`: {statistics.median(versions) * 1000:.1f} ms.\n")
    with open(os.path.join(BENCH, "results", "serving.md"), "w", encoding="utf-8") as out:
        out.write(text)
    print(text)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), *[int(argument) for argument in sys.argv[2:]])
