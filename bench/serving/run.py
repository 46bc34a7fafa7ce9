#!/usr/bin/env python3
"""The serving benchmarks: each shape for Larder and, when asked for, Feast and Redis, in turn, every answer compared.

    run.py PROGRAM [--shapes one,many] [--rounds 5] [--seconds 3] [--entities 1000000] [--with feast,redis]
           [--feast-entities 10000] [--feast-python PYTHON] [--compare always|first] [--results FOLDER]

Prints a table and writes bench/results/serving/SHAPE.md for each shape. What it is at, it says on the standard error. Feast
is installed under the bench data folder (see rivals.py) when it is asked for and no --feast-python that has it is given.
All shapes with both rivals: --rounds 3 --seconds 1 takes about five minutes; one shape alone: --shapes one --rounds 1
--entities 10000, some seconds."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, BENCH)
sys.path.insert(0, os.path.join(BENCH, "serving"))
import measure  # noqa: E402
import rivals  # noqa: E402
import rows  # noqa: E402
import shapes  # noqa: E402
from feast_server import VERSION as FEAST_VERSION, FeastServer  # noqa: E402
from larder_server import FEATURES, LarderServer  # noqa: E402
from load import Load  # noqa: E402
from progress import say  # noqa: E402
from redis_server import RedisServer  # noqa: E402

RIVALS = ("feast", "redis")
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
    parser.add_argument("--feast-entities", type=int, default=2_000)
    parser.add_argument("--feast-python")
    parser.add_argument("--results", default=os.path.join(BENCH, "results", "serving"))
    parser.add_argument("--compare", choices=["always", "first"], default="always")
    return parser.parse_args()


def check(kind, names, known):
    """Ends the run when a name is not known, before anything was started."""
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"unknown {kind}: {', '.join(unknown)}; there are {', '.join(known)}")


def check_programs(options, wanted):
    """Ends the run when something that it needs is not there."""
    needed = {"redis-server": "redis-server", "redis-cli": "redis-tools", "redis-benchmark": "redis-tools"} if wanted else {}
    for program, package in needed.items():
        if shutil.which(program) is None:
            sys.exit(f"no {program} here, which {' and '.join(wanted)} need: install {package}, or leave them out")
    if not os.access(options.program, os.X_OK):
        sys.exit(f"no program: {options.program}; `make build` makes build/release/larder")
    if options.feast_python and not os.access(options.feast_python, os.X_OK):
        sys.exit(f"no Python: {options.feast_python}; without --feast-python an environment is made")


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
            python = options.feast_python or rivals.feast_python()
            self.feast = FeastServer(python, folder, options.feast_entities, self.redis.port)
        self.measures_redis = "redis" in self.rivals

    def prepare(self):
        say(f"Larder: {self.options.entities:,} rows to Parquet, then online")
        self.larder.prepare()
        say(f"Larder: materialized in {self.larder.materialize_s:.1f} s")
        self.expect("larder", self.options.entities)
        if self.feast:
            say(f"Feast: {self.options.feast_entities:,} rows to Parquet, apply, then online")
            self.feast.prepare()
            say(f"Feast: materialized in {self.feast.materialize_s:.1f} s")
            self.expect("feast", self.options.feast_entities)
        if self.measures_redis:
            say(f"Redis: {self.options.feast_entities:,} hashes")
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


def report(contenders, name, lines):
    options = contenders.options
    return (f"# Serving\n\n{FEATURES} float64 features of one view, {options.entities:,} entities in Larder, {options.feast_entities:,} in the rivals; "
            f"uniform keys, JSON, client on the same cores; medians of {options.rounds} runs of {options.seconds:g} s in turn, least and "
            f"greatest in brackets; {'every answer of every run' if options.compare == 'always' else 'every answer of a first run'} compared.\n\n"
            f"{shapes.NOTES.get(name, '')}Machine: {measure.machine()}. {versions(contenders)}.\nCommand: `bench/serving/run.py {' '.join(sys.argv[1:])}`\n\n"
            "| shape | Larder | rival | ratio | target |\n| --- | --- | --- | --- | --- |\n" + "\n".join(lines) + "\n" + (f"\n{LEFT_OUT}" if options.rivals else ""))


def write(folder, name, text):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name + ".md"), "w", encoding="utf-8") as out:
        out.write(text)


def main():
    options = parsed()
    chosen = [name for name in options.shapes.split(",") if name]
    wanted = [name for name in options.rivals.split(",") if name]
    check("shapes", chosen, shapes.ALL)
    check("rivals", wanted, RIVALS)
    check_programs(options, wanted)
    with tempfile.TemporaryDirectory(prefix="larder-bench-") as folder:
        contenders = Contenders(options, folder)
        try:
            contenders.prepare()
            for name in chosen:
                say(f"shape {name}")
                lines = []
                for line in shapes.ALL[name](contenders):
                    lines.append(line)
                    print(line, flush=True)
                write(options.results, name, report(contenders, name, lines))
        except subprocess.CalledProcessError as failed:
            sys.exit(f"{failed}\n{failed.stdout or ''}{failed.stderr or ''}")
        finally:
            contenders.stop()
    say(f"done; results in {options.results}")


if __name__ == "__main__":
    main()
