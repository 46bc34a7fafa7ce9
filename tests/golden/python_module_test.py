#!/usr/bin/env python3
"""Compares what the Python module repeats with what it is made from: reasons.py with the table of src/base/reason.cc, the
version of pyproject.toml with that of CMakeLists.txt.

Usage: python_module_test.py [--write]   (writes reasons.py)"""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLE = os.path.join(ROOT, "src/base/reason.cc")
MODULE = os.path.join(ROOT, "python/larder/reasons.py")
ROW = re.compile(r'ReasonRow\{Reason::\w+,\s*"(\w+)",\s*Code::\w+,\s*\d+,\s*\d+,\s*"(\w*)"\}')


def module_text():
    with open(TABLE, encoding="utf-8") as file:
        table = file.read()
    rows = ROW.findall(table)
    if len(rows) != table.count("ReasonRow{Reason::"):
        sys.exit("a row of the table does not have the form that this script reads")
    lines = ['"""What each reason of the program is raised as. Made from src/base/reason.cc by tests/golden/python_module_test.py."""',
             "", "EXCEPTION_OF_REASON = {"]
    lines += [f'    "{reason}": "{exception}",' for reason, exception in rows if exception]
    return "\n".join(lines + ["}", ""])


def version_in(path, pattern):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return re.search(pattern, file.read(), re.MULTILINE).group(1)


def main():
    expected = module_text()
    if "--write" in sys.argv:
        with open(MODULE, "w", encoding="utf-8") as file:
            file.write(expected)
        return
    with open(MODULE, encoding="utf-8") as file:
        if file.read() != expected:
            sys.exit("python/larder/reasons.py is not what src/base/reason.cc says: run tests/golden/python_module_test.py --write")
    versions = {version_in("pyproject.toml", r'^version = "(.*)"$'), version_in("CMakeLists.txt", r"^project\(larder VERSION (\S+)")}
    if len(versions) != 1:
        sys.exit(f"pyproject.toml and CMakeLists.txt have different versions: {sorted(versions)}")
    print("reasons and version: equal")


main()
