#!/usr/bin/env python3
"""Runs the guides: every ```console block of docs/guides and of the README's example, in a folder of its own.

A block's lines that begin with `$ ` are commands; what follows is what they print (standard output and error together).
A line `...` stands for any number of lines; in a line, `<...>` stands for any text. Blocks whose first line is
`# FILE: path` are files that the reader makes. Usage: guides_test.py PROGRAM [--write GUIDE], which puts what was printed
in place of what stands there (to be read before it is kept)."""

import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUIDES = os.path.join(ROOT, "docs", "guides")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
COMMAND_SECONDS = 120


# What differs from run to run, in the order in which it is replaced when a guide is written.
VARYING = [(re.compile(r"/\S*/tmp\w+"), "<...>"), (re.compile(r"( read in )[\d.]+ s"), r"\1<...>"), (re.compile(r"(rows in ).*"), r"\1<...>"),
           (re.compile(r"(to |create +|change +)20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z( +\w+)?"), r"\1<...>")]


def fits(expected, printed):
    """Tells whether the printed lines are what the guide shows."""
    pattern = ""
    for line in expected.splitlines():
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.rstrip().split("<...>")) + r"[ ]*\n"
    return re.fullmatch(pattern, printed) is not None


class Reader:
    """Does what a reader of a guide does, in a temporary folder."""

    def __init__(self, program, folder):
        self.folder = folder
        self.environment = dict(os.environ, PATH=os.path.dirname(program) + os.pathsep + os.environ["PATH"],
                                LARDER_EXAMPLES=os.path.join(ROOT, "examples"),
                                LARDER_SHARED=os.environ.get("LARDER_SHARED", os.path.join(ROOT, "..", "shared")))
        self.servers = []

    def run(self, command):
        if command.startswith("cd "):
            self.folder = os.path.join(self.folder, command[3:])
            return ""
        if command.endswith(" &"):
            log = open(os.path.join(self.folder, ".server.log"), "w+b")
            self.servers.append(subprocess.Popen(command[:-2].split(), cwd=self.folder, env=self.environment,
                                                 stdout=log, stderr=subprocess.STDOUT))
            for _ in range(600):
                log.seek(0)
                text = log.read().decode()
                if text.endswith("\n"):
                    return text
                time.sleep(0.1)
            return text
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.environment, timeout=COMMAND_SECONDS,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout.decode()

    def stop(self):
        for server in self.servers:
            server.terminate()
            server.wait(20)


def read_block(reader, body, faults):
    """Runs a console block; returns it with what was printed."""
    steps = re.findall(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", body, re.M)
    written = ""
    for command, expected in steps:
        printed = reader.run(command.replace("\\\n", ""))
        if printed and not printed.endswith("\n"):
            printed += "\n"
        if not fits(expected, printed):
            faults.append(f"$ {command}\n--- expected\n{expected}--- printed\n{printed}")
        for pattern, shown in VARYING:
            printed = "\n".join(pattern.sub(shown, line) for line in printed.split("\n"))
        written += f"$ {command}\n{printed}"
    return written


def read_guide(path, program):
    text = open(path, encoding="utf-8").read()
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(program, folder)

        def visit(match):
            kind, body = match.groups()
            if kind == "console":
                return f"```console\n{read_block(reader, body, faults)}```"
            made = re.match(r"# FILE: (\S+)\n", body)
            if made:
                target = os.path.join(reader.folder, made.group(1))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                open(target, "w", encoding="utf-8").write(body)
            return match.group(0)

        try:
            written = BLOCK.sub(visit, text)
        finally:
            reader.stop()
    return written, faults


def main(arguments):
    program = os.path.abspath(arguments[0])
    if len(arguments) == 3 and arguments[1] == "--write":
        written, _ = read_guide(arguments[2], program)
        open(arguments[2], "w", encoding="utf-8").write(written)
        return 0
    failed = 0
    guides = sorted(name for name in os.listdir(GUIDES) if name.endswith(".md"))
    for name in guides:
        text = open(os.path.join(GUIDES, name), encoding="utf-8").read()
        if "```console" not in text:
            continue
        _, faults = read_guide(os.path.join(GUIDES, name), program)
        failed += len(faults)
        print(f"{name}: {'ok' if not faults else 'FAILED'}")
        for fault in faults:
            print(fault)
    return 1 if failed or not guides else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
