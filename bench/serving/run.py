#!/usr/bin/env python3
"""The serving benchmarks: each shape for Larder and, when asked for, Feast and Redis, in turn, every answer compared.

    run.py PROGRAM [--shapes one,many] [--rounds 5] [--seconds 3] [--entities 1000000] [--with feast,redis]
           [--feast-entities 10000] [--feast-python PYTHON] [--compare always|first]

Prints a table and writes bench/results/serving.md. Feast is installed under build/bench when it is asked for and no
--feast-python that has it is given. One shape without rivals takes a minute: --shapes one --rounds 1 --entities 10000."""

import argparse
import os
import subprocess
import sys
import tempfile

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, BENCH)
sys.path.insert(0, os.path.join(BENCH, "serving"))
import measure  # noqa: E402
import rows  # noqa: E402
import shapes  # noqa: E402
from feast_server import VERSION as FEAST_VERSION, FeastServer, make_environment  # noqa: E402
from larder_server import FEATURES, LarderServer  # noqa: E402
from load import Load  # noqa: E402
from redis_server import RedisServer  # noqa: E402

LEFT_OUT = """\
What the rivals leave out: Feast's server does not apply the ttl, answers columns in an order of its own, and forgets what it
acknowledged when its redis is killed (no append-only file here); redis-benchmark does not look at what HMGET answers, and a
hash of 50 fields carries no event time and no types. Larder's writes are on the disk when they are answered.
"""


def parsed():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--shapes", default=",".join(shapes.ALL), help=", ".join(shapes.ALL))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--entities", type=int, default=1_000_000)
    parser.add_argument("--with", dest="rivals", default="", help="feast,redis")
    parser.add_argument("--feast-entities", type=int, default=10_000)
    parser.add_argument("--feast-python")
    parser.add_argument("--compare", choices=["always", "first"], default="always")
    return parser.parse_args()


class Contenders:
    """What is measured. A rival that was not asked for is None."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.rivals = set(filter(None, options.rivals.split(",")))
        self.program = os.path.abspath(options.program)
        self.larder = LarderServer(self.program, folder, options.entities)
        self.redis = RedisServer(folder) if self.rivals & {"feast", "redis"} else None
        self.feast = None
        if "feast" in self.rivals:
            python = options.feast_python or make_environment(os.path.join(os.path.dirname(BENCH), "build", "bench", "feast-venv"))
            self.feast = FeastServer(python, folder, options.feast_entities, self.redis.port)
        self.measures_redis = "redis" in self.rivals

    def prepare(self, chosen):
        self.larder.prepare(spread="spread" in chosen)
        self.expect("larder", self.options.entities)
        if self.feast:
            self.feast.prepare()
            self.expect("feast", self.options.feast_entities)
        if self.measures_redis:
            self.redis.load(self.options.feast_entities, FEATURES)

    def expected(self, name):
        return os.path.join(self.folder, f"{name}_expected.parquet")

    def expect(self, name, entities):
        rows.write(self.expected(name), entities, FEATURES, keyed=False)

    def load(self, name, server=None):
        """Returns what loads a started contender, or another server of its kind."""
        server = server or (self.larder if name == "larder" else self.feast)
        return Load(self.program, server.url, server.entities, self.expected(name), self.options)

    def stop(self):
        for server in (self.larder, self.feast, self.redis):
            if server:
                server.stop()


def versions(contenders):
    told = [contenders.larder.version()]
    if contenders.feast:
        told.append(f"Feast {FEAST_VERSION}")
    if contenders.redis:
        told.append(f"Redis {contenders.redis.version()}")
    return ", ".join(told)


def report(contenders, lines, options):
    return (f"# Serving\n\n{FEATURES} float64 features of one view, {options.entities:,} entities in Larder, {options.feast_entities:,} in the rivals; "
            f"uniform keys, JSON, client on the same cores; medians of {options.rounds} runs of {options.seconds:g} s in turn, least and "
            f"greatest in brackets; {'every answer of every run' if options.compare == 'always' else 'every answer of a first run'} compared.\n\n"
            f"Machine: {measure.machine()}. {versions(contenders)}.\nCommand: `bench/serving/run.py {' '.join(sys.argv[1:])}`\n\n"
            "| shape | Larder | rival | ratio | target |\n| --- | --- | --- | --- | --- |\n" + "\n".join(lines) + f"\n\n{LEFT_OUT}")


def main():
    options = parsed()
    chosen = [name for name in options.shapes.split(",") if name]
    unknown = set(chosen) - set(shapes.ALL)
    if unknown:
        sys.exit(f"unknown shapes: {', '.join(unknown)}; there are {', '.join(shapes.ALL)}")
    with tempfile.TemporaryDirectory(prefix="larder-bench-") as folder:
        contenders = Contenders(options, folder)
        lines = []
        try:
            contenders.prepare(chosen)
            for name in chosen:
                for line in shapes.ALL[name](contenders):
                    lines.append(line)
                    print(line, flush=True)
            text = report(contenders, lines, options)
        except subprocess.CalledProcessError as failed:
            sys.exit(f"{failed}\n{failed.stdout or ''}{failed.stderr or ''}")
        finally:
            contenders.stop()
    os.makedirs(os.path.join(BENCH, "results"), exist_ok=True)
    with open(os.path.join(BENCH, "results", "serving.md"), "w", encoding="utf-8") as out:
        out.write(text)
    print("\n" + text)


if __name__ == "__main__":
    main()
