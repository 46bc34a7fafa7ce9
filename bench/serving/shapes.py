"""The shapes of the serving benchmarks. Each is a function that gives lines of the result table."""

import copy
import glob
import os
import re
import statistics
import subprocess
import time

import measure
import pushes
from larder_server import FEATURES, PARTS, LarderServer
from load import Load
from progress import say

MANY = 64


def line(what, ours, theirs=None, target="", higher_is_better=False):
    """A line of the table: medians with least and greatest, and how many times better ours is."""
    def told(values):
        digits = 1 if statistics.median(values) < 1000 else 0
        return measure.spread(values, digits)

    ratio = ""
    if theirs:
        ratio = statistics.median(ours) / statistics.median(theirs)
        ratio = f"{ratio if higher_is_better else 1 / ratio:.1f} x"
    return f"| {what} | {told(ours)} | {told(theirs) if theirs else ''} | {ratio} | {target} |"


def of(reports, *path):
    values = []
    for report in reports:
        for key in path:
            report = report[key]
        values.append(report)
    return values


def in_turn(contenders, **arguments):
    """Reads from Larder and Feast (one worker) in turn; returns both lists of reports."""
    contenders.larder.start()
    ours = contenders.load("larder")
    both = {"larder": lambda: ours.read(**arguments)}
    if contenders.feast:
        contenders.feast.start(1)
        theirs = contenders.load("feast")
        both["feast"] = lambda: theirs.read(**{key: value for key, value in arguments.items() if key != "service"})
    try:
        runs = measure.interleaved(both, contenders.options.rounds)
    finally:
        contenders.larder.stop()
        if contenders.feast:
            contenders.feast.stop()
    return runs["larder"], runs.get("feast")


def latencies(contenders, row_count, targets, service=None):
    ours, theirs = in_turn(contenders, row_count=row_count, service=service)
    title = f"{row_count} row{'s' if row_count > 1 else ''}, 1 connection" + (", service of whole rows" if service else "")
    for percentile, target in targets.items():
        yield line(f"{title}: {percentile}, us", of(ours, "latency_us", percentile), theirs and of(theirs, "latency_us", percentile), target)


def one(contenders):
    """One row over one connection, and the CPU of it beside that of a server that knows its answer."""
    yield from latencies(contenders, 1, {"p50": ">= 40 x", "p99": ">= 25 x"})
    floor = os.path.join(os.path.dirname(contenders.program), "bench", "serving", "constant_server")
    if not os.path.exists(floor):
        return
    larder = contenders.larder.start()
    load = contenders.load("larder")
    size = load.run("--features", "v", "--key", "id=0..0", "--requests", "1")["body_bytes"]
    constant = subprocess.Popen([floor, str(size)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    url = constant.stdout.readline().strip()
    own = type(load)(load.program, url, load.entities, load.expected, load.options)
    keys = ("--features", "v", "--key", f"id=0..{load.entities - 1}")

    def cpu_us(load_of, process):
        before = cpu_of(process.pid)
        answers = load_of.run(*keys, "--warm-up", "0s")["answers"]
        return (cpu_of(process.pid) - before) / answers * 1e6

    runs = measure.interleaved({"larder": lambda: cpu_us(load, larder.process), "constant": lambda: cpu_us(own, constant)},
                               contenders.options.rounds)
    constant.communicate("")
    larder.stop()
    share = statistics.median(runs["larder"]) / statistics.median(runs["constant"])
    yield line(f"the same, CPU of the server per request, us; rival: a constant answer of {size} bytes", runs["larder"], runs["constant"],
               f"<= 1.6 x the floor (is {share:.2f} x)")


def cpu_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def many(contenders):
    """The most requests a second at 64 connections: Larder, Feast with one and with two workers, HMGET of 50 fields."""
    options = contenders.options
    loads = {"larder": contenders.load("larder", contenders.larder.start())}
    feasts = {workers: copy.copy(contenders.feast).start(workers) for workers in (1, 2)} if contenders.feast else {}
    loads |= {workers: contenders.load("feast", feast) for workers, feast in feasts.items()}
    both = {name: lambda load=load: load.read(connections=MANY)["requests_per_second"] for name, load in loads.items()}
    if contenders.measures_redis:
        both["redis"] = lambda: contenders.redis.hash_reads_per_second(options.feast_entities, FEATURES, MANY, int(30_000 * options.seconds))
    try:
        rates = measure.interleaved(both, options.rounds)
    finally:
        for server in (contenders.larder, *feasts.values()):
            server.stop()
    yield line(f"1 row, {MANY} connections: requests/s", rates["larder"])
    for workers, target in ((1, ">= 100 x"), (2, ">= 60 x")):
        if workers in rates:
            yield line(f"the same; rival: Feast, {workers} worker{'s' if workers > 1 else ''}", rates["larder"], rates[workers], target, True)
    if "redis" in rates:
        yield line(f"the same; rival: Redis HMGET of {FEATURES} fields", rates["larder"], rates["redis"], ">= 2.5 x", True)


def hundred(contenders):
    yield from latencies(contenders, 100, {"p50": ">= 80 x", "p99": "p99 <= 2 x p50"})
    yield from latencies(contenders, 100, {"p50": ">= 200 x"}, service="whole")


def thousand(contenders):
    yield from latencies(contenders, 1000, {"p50": ">= 150 x"})


def open_loop(contenders):
    """Half of the top rate, sent when it is due."""
    contenders.larder.start()
    load = contenders.load("larder")
    top = load.read(connections=MANY)["requests_per_second"]
    reports = [load.read(connections=MANY, more=("--rate", f"{top / 2:.0f}")) for _ in range(contenders.options.rounds)]
    contenders.larder.stop()
    tails = [report["latency_us"]["p99.9"] / report["latency_us"]["p50"] for report in reports]
    yield line(f"open loop at {top / 2:.0f} requests/s: p50, us", of(reports, "latency_us", "p50"))
    yield line("the same: p99.9 in multiples of p50", tails, None, "<= 10")


def spread(contenders):
    """What the same 50 features cost by a service, over five views, with an expression: instructions by callgrind. They do
    not depend on how many rows are stored, so few are."""
    larder = LarderServer(contenders.program, os.path.join(contenders.folder, "spread"), 20_000)
    os.makedirs(larder.folder)
    larder.prepare(("v", *[f"part{i}" for i in range(PARTS)]))
    kinds = {"one view's list": {}, "by a service": {"service": "whole"}, "over 5 views": {"service": "spread"},
             "with one on-demand expression": {"service": "with_sum"}}
    targets = {"by a service": "<= 1.01 x", "over 5 views": "<= 1.25 x", "with one on-demand expression": "<= 1.05 x"}
    out = os.path.join(larder.folder, "callgrind.out")
    larder.start(("valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"))
    load = Load(larder.program, larder.url, larder.entities, None, contenders.options)
    try:
        wait_until_idle(larder.process)  # the rows are being read into memory
        idle_per_s = idle_instructions(larder, out)
        say(f"callgrind: idle, {idle_per_s:,.0f} instructions a second")
        counted = {name: instructions(larder, load, out, idle_per_s, **kind) for name, kind in kinds.items()}
    finally:
        larder.stop()
    base = counted["one view's list"]
    for name, count in counted.items():
        yield f"| 1 row, {name}: instructions per request | {count:,.0f} | | {count / base:.3f} x the list | {targets.get(name, '')} |"


def instructions(larder, load, out, idle_per_s, **kind):
    """Returns what one more request costs: the difference of two loads, divided by the requests between; without what the
    server does by itself meanwhile. Each load has keys of its own: the text of a row that was asked for before is kept."""
    def counted(requests, seed):
        dump(larder, out)
        began = time.monotonic()
        load.read(more=("--warm-up", "0s", "--requests", str(requests), "--seed", str(seed)), seconds=120, **kind)
        return dump(larder, out) - idle_per_s * (time.monotonic() - began)

    counted(100, 1)  # the plan is made
    say(f"callgrind: {kind.get('service', 'list')}")
    return (counted(1500, 2) - counted(500, 3)) / 1000


def idle_instructions(larder, out):
    """Returns what the server does in a second without requests."""
    dump(larder, out)
    began = time.monotonic()
    time.sleep(3)
    return dump(larder, out) / (time.monotonic() - began)


def wait_until_idle(process):
    before = -1.0
    while cpu_of(process.pid) - before > 0.02:
        before = cpu_of(process.pid)
        time.sleep(0.5)


def dump(larder, out):
    """Returns the instructions since the last dump."""
    before = set(glob.glob(out + ".*"))
    subprocess.run(["callgrind_control", "--dump=now", str(larder.process.pid)], check=True, capture_output=True)
    for _ in range(100):
        written = [path for path in set(glob.glob(out + ".*")) - before]
        totals = [int(found.group(1)) for path in written for found in [re.search(r"^totals: (\d+)", open(path, encoding="utf-8").read(), re.M)] if found]
        if totals:
            return totals[0]
        time.sleep(0.1)
    raise SystemExit("callgrind wrote no dump")


def memory(contenders):
    """Start with all rows stored, and what they take once they are in RAM."""
    starts, loaded = [], []
    for _ in range(contenders.options.rounds):
        larder = contenders.larder.start()
        starts.append(larder.start_s * 1000)
        contenders.load("larder").read(row_count=1000, connections=4)
        loaded.append(larder.resident_bytes() / 2**20)
        cells = larder.gauge("larder_cache_bytes") / 2**20
        larder.stop()
    version = [measure.run([contenders.program, "version"]).wall_s * 1000 for _ in range(11)]
    encoded = contenders.options.entities * (FEATURES * 8 + 8) / 2**20
    yield line(f"start to first answer, {contenders.options.entities:,} rows stored, ms", starts, None, "<= 1000")
    yield line("`larder version`, ms", version, None, "<= 15")
    yield line(f"resident memory, MiB (the values and keys alone: {encoded:.0f}; larder_cache_bytes: {cells:.0f})", loaded, None,
               "<= 1.4 x the encoded rows")


NOTES = {"spread": "Counted by callgrind on a server of its own with 20,000 entities, so other work on the machine does not matter; random keys, whose "
                   "rows were not asked for before; answers not compared here. The kernel's part of a request is not in it.\n\n"}
ALL = {"one": one, "many": many, "hundred": hundred, "thousand": thousand, "open": open_loop, "spread": spread, "push": pushes.push,
       "bulk": pushes.bulk, "memory": memory}
