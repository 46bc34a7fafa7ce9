"""Runs processes and tells what they took: wall time, CPU time, the operating system's peak of resident memory."""

import os
import statistics
import subprocess
import time


def run(command, cwd=None):
    """Runs a command; returns (wall seconds, CPU seconds, peak MiB). Its output is shown only when it fails."""
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output.decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def interleaved(contenders, rounds):
    """Runs each contender once per round, in turn; returns name -> list of (wall, cpu, peak)."""
    runs = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, start in contenders.items():
            runs[name].append(start())
    return runs


def row(name, runs):
    """Returns a line of the result table: medians, with least and greatest wall time."""
    walls = [wall for wall, _, _ in runs]
    return (f"| {name} | {statistics.median(walls):.2f} ({min(walls):.2f} to {max(walls):.2f}) "
            f"| {statistics.median([cpu for _, cpu, _ in runs]):.2f} | {statistics.median([peak for _, _, peak in runs]):.0f} |")


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{os.cpu_count()} cores of {model}, {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') >> 30} GiB"
