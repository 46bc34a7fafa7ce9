#!/usr/bin/env python3
"""Compares what `larder --help` and each command's --help print with help.txt beside this file: names and flags change
only by addition, and a change is seen in review. Usage: help_test.py PROGRAM [--write]."""

import difflib
import os
import re
import subprocess
import sys

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "help.txt")


def printed(program):
    def run(*arguments):
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=True)
        return f"$ larder {' '.join(arguments)}\n{done.stdout}\n"

    overview = run("--help")
    commands = re.findall(r"^  ([\w-]+) ", overview.split("Commands:")[1], re.M)
    return overview + "".join(run(command, "--help") for command in commands)


def main(program, write):
    now = printed(program)
    if write:
        open(GOLDEN, "w", encoding="utf-8").write(now)
        return 0
    golden = open(GOLDEN, encoding="utf-8").read()
    sys.stdout.writelines(difflib.unified_diff(golden.splitlines(True), now.splitlines(True), "help.txt", "printed"))
    return 0 if now == golden else 1


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), "--write" in sys.argv))
