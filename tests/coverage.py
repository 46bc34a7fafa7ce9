#!/usr/bin/env python3
"""Line coverage of src/ from a build folder of the preset `coverage` whose tests have run: per module, and the files with
the most lines that nothing ran. Usage: coverage.py BUILD_FOLDER"""

import collections
import concurrent.futures
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHOWN_FILES = 15


def counts_of(data_file, build_folder):
    """Returns {(file of src/, line): times run} that one .gcda file tells; its paths may be relative to the build folder."""
    found = {}
    listed = subprocess.run(["gcov", "--json-format", "--stdout", data_file], capture_output=True, check=False, cwd=ROOT)
    for text in listed.stdout.decode().splitlines():
        for file in json.loads(text)["files"]:
            path = os.path.relpath(os.path.join(build_folder, file["file"]), ROOT)
            if path.startswith("src/") and not path.endswith("_test.cc"):
                for line in file["lines"]:
                    key = (path, line["line_number"])
                    found[key] = max(found.get(key, 0), line["count"])
    return found


def collect(folder):
    """Returns the counts of every data file below the folder together."""
    files = [os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names if name.endswith(".gcda")]
    total = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for counts in pool.map(lambda file: counts_of(file, folder), files):
            for key, count in counts.items():
                total[key] = max(total.get(key, 0), count)
    return total


def main():
    counts = collect(os.path.abspath(sys.argv[1]))
    if not counts:
        print("coverage: nothing was counted; run the tests of the coverage build first")
        return 1
    modules, files = collections.Counter(), collections.Counter()
    run_in_modules = collections.Counter()
    for (path, _), count in counts.items():
        module = path.split("/")[1]
        modules[module] += 1
        run_in_modules[module] += count > 0
        files[path] += count == 0
    for module in sorted(modules):
        print(f"{module:12} {100 * run_in_modules[module] / modules[module]:5.1f} %  {modules[module]:6} lines")
    print("most lines that nothing ran:")
    for path, missed in files.most_common(SHOWN_FILES):
        print(f"  {missed:5}  {path}")
    whole = 100 * sum(run_in_modules.values()) / sum(modules.values())
    print(f"coverage of src/: {whole:.1f} % of {sum(modules.values())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
