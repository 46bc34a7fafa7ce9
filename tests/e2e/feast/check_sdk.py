#!/usr/bin/env python3
"""Runs the steps of record.py with an unmodified Feast SDK against `larder serve`, whose definitions `larder import-feast`
made of the SDK's own registry, and tells what the SDK's user sees differently. Run with a Python that has feast 0.67.0:

    feast-venv/bin/python tests/e2e/feast/check_sdk.py build/release/larder

feast_exchanges_test.py does the same without Feast, from what was recorded."""

import json
import os
import re
import subprocess
import sys

import record


def main(program):
    with record.repository() as folder, open(f"{record.HERE}/exchanges.json", encoding="utf-8") as file:
        recorded = {step["step"]: step for step in json.load(file)["steps"]}
        with open(f"{folder}/larder.yaml", "w", encoding="utf-8") as out:
            out.write("project: rides\ndefinitions: [features/]\n")
        for command in (["import-feast", "registry.db", "--output", "features/feast.yaml"], ["apply", "--yes"]):
            subprocess.run([program, *command], cwd=folder, check=True)
        server = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0"], cwd=folder, stderr=subprocess.PIPE, text=True)
        try:
            done = record.run_steps(record.client(folder, re.search(r"http://\S+", server.stderr.readline()).group(0)))
        finally:
            server.terminate()
            server.wait(20)
    for step in done:
        feast = recorded[step["step"]]
        ours, theirs = ({key: step.get(key) for key in ("gave", "raised", "message")} for step in (step, feast))
        print(f"{step['step']}: {'the same' if ours == theirs else 'differs'}")
        if ours != theirs:
            print(f"  feast:  {theirs}\n  larder: {ours}")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
