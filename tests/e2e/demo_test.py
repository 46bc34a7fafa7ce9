#!/usr/bin/env python3
"""The demo from end to end with the release program, once with the generated flights. Exits with 77 without a program."""

import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("LARDER_PROGRAM", os.path.join(ROOT, "build", "release", "larder"))


def main():
    if not os.access(PROGRAM, os.X_OK):
        print(f"SKIPPED: {PROGRAM} is missing: make build")
        return 77
    with tempfile.TemporaryDirectory(prefix="larder_demo_") as empty:
        environment = {**os.environ, "LARDER_PROGRAM": PROGRAM, "LARDER_SHARED": empty, "LARDER_DEMO": os.path.join(empty, "demo")}
        done = subprocess.run([sys.executable, os.path.join(ROOT, "demo", "run.py")], env=environment, capture_output=True,
                              text=True, check=False, timeout=600)
    print(done.stdout, done.stderr, sep="\n")
    if done.returncode != 0 or "SKIPPED: the real flights" not in done.stdout or ": 0 differ" not in done.stdout:
        print("FAILED: the demo must go through with the generated set")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
