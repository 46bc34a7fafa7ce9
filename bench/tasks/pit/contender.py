"""What the rivals' processes share: they read FOLDER/task.json, do the work, tell how long it took without start and
import. Usage of each: x.py FOLDER OUTPUT; with the sink "arrow" OUTPUT may be "-", else what lies in memory is written
there after the clock has stopped, to be compared."""

import json
import os
import resource
import sys
import time

DAY = "1d"
THREADS = 2


def settings():
    with open(os.path.join(sys.argv[1], "task.json"), encoding="utf-8") as file:
        return json.load(file)


def perform(work, keep=None, **told):
    """Calls work(task, output); `keep(result, path)` writes what it left in memory."""
    task, output = settings(), sys.argv[2]
    began = time.monotonic()
    result = work(task, output)
    seconds = time.monotonic() - began
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if task["sink"] == "arrow" and output != "-":
        keep(result, output)
    print(json.dumps({"work_s": seconds, "peak_mib": peak_kib / 1024} | told))


def features(task):
    """Returns (view index, feature) of every feature, in the order of the output."""
    return [(i, name) for i, view in enumerate(task["views"]) for name in view["features"]]
