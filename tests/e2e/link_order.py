#!/usr/bin/env python3
"""Checks that every program of a build folder names OpenSSL and simdjson before Arrow among the libraries it needs.

libparquet exports an OpenSSL and a simdjson of its own; the loader takes the first in this order.
Usage: link_order.py BUILD_FOLDER...
"""

import os
import re
import subprocess
import sys

FIRST = ("libssl.so", "libcrypto.so", "libsimdjson.so")
AFTER = ("libarrow", "libparquet")
# Linked the wrong way on purpose (tests/e2e/wrong_link_order.cc).
WRONG_ON_PURPOSE = "wrong_link_order"


def programs(folder):
    """Returns the ELF programs below a build folder, without CMake's own."""
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("CMakeFiles", "Testing")]
        for name in files:
            path = os.path.join(parent, name)
            if "." not in name and os.access(path, os.X_OK) and not os.path.islink(path):
                with open(path, "rb") as file:
                    if file.read(4) == b"\x7fELF":
                        found.append(path)
    return found


def needed(path):
    """Returns the names of the libraries that a program needs, in the loader's order."""
    listed = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", listed)


def fault_of(libraries):
    """Returns what is wrong with an order, or None."""
    arrow = [index for index, name in enumerate(libraries) if name.startswith(AFTER)]
    if not arrow:
        return None
    for first in FIRST:
        places = [index for index, name in enumerate(libraries) if name.startswith(first)]
        if not places:
            return f"needs Arrow but not {first}"
        if places[0] > arrow[0]:
            return f"{libraries[places[0]]} stands after {libraries[arrow[0]]}"
    return None


def main():
    looked_at, faults = 0, 0
    for folder in sys.argv[1:]:
        for path in programs(folder):
            looked_at += 1
            fault = fault_of(needed(path))
            wrong = os.path.basename(path) == WRONG_ON_PURPOSE
            if wrong and not fault:
                fault = "is meant to be linked in the wrong order and is not: this check would see nothing"
            elif wrong:
                fault = None
            if fault:
                faults += 1
                print(f"{path}: {fault}")
    print(f"link order: {looked_at} programs, {faults} faults")
    return 1 if faults or not looked_at else 0


if __name__ == "__main__":
    sys.exit(main())
