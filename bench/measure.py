"""Runs processes and tells what they took: wall time, CPU time, the operating system's peak of resident memory, the most
bytes that a folder held meanwhile. The program that measures must stay small: a process starts with its parent's peak."""

import json
import os
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Run:
    """What one run of a process took, and what it told about itself (a line of JSON at the end of its output)."""
    wall_s: float
    cpu_s: float
    peak_mib: float
    spilled_mib: float = 0.0
    told: dict = field(default_factory=dict)


class FolderWatch:
    """Looks ten times a second how many bytes a folder holds."""

    def __init__(self, folder):
        self.folder, self.peak_bytes = folder, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.ended.wait(0.1):
            self.peak_bytes = max(self.peak_bytes, folder_bytes(self.folder))

    def end(self):
        self.ended.set()
        self.thread.join()
        return self.peak_bytes


def folder_bytes(folder):
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return total


def told_by(output):
    """Returns the object that stands in the last line of what a process wrote, if there is one."""
    lines = output.decode().strip().splitlines()
    try:
        told = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def run(command, cwd=None, spill=None, env=None):
    """Runs a command; `spill` is a folder to watch. What it said is shown only when it fails."""
    watch = FolderWatch(spill) if spill else None
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        raise
    finally:
        wall_s = time.monotonic() - began
        spilled = watch.end() if watch else 0
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output.decode()}")
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, spilled / 2**20, told_by(output))


def interleaved(contenders, rounds):
    """Runs each contender once per round, in turn; returns name -> list of Run."""
    runs = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, start in contenders.items():
            runs[name].append(start())
    return runs


def spread(values, digits=2):
    """Returns the median, with least and greatest in brackets."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{os.cpu_count()} cores of {model}, {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') >> 30} GiB"
