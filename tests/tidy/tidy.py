#!/usr/bin/env python3
"""The style page as a test: prints every fault of the repository's files and ends with 1 when there is one.

Looks at what git tracks or would track, in the working tree; needs nothing but Python.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cpp_rules
import faults
import module_rules
import text_rules

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def list_paths(root):
    """Returns the paths of the repository's files, relative to its root."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, check=True)
    return sorted({path for path in listed.stdout.decode().split("\0") if path and os.path.isfile(os.path.join(root, path))})


def read_texts(root, paths):
    """Returns {path: text} of the files that are text."""
    texts = {}
    for path in paths:
        with open(os.path.join(root, path), "rb") as file:
            content = file.read()
        if b"\0" not in content:
            texts[path] = content.decode("utf-8", errors="replace")
    return texts


def check(paths, texts):
    """Returns every fault of these files."""
    found = list(module_rules.check_modules(texts))
    folders = {os.path.dirname(path) for path in paths}
    folders |= {"/".join(folder.split("/")[:depth]) for folder in folders for depth in range(folder.count("/") + 2)}
    for path in paths:
        found.extend(text_rules.check_name(path))
        text = texts.get(path)
        if text is None:
            continue
        found.extend(text_rules.check_lines(path, text))
        found.extend(text_rules.check_words(path, text))
        found.extend(text_rules.check_python(path, text))
        found.extend(text_rules.check_links(path, text, lambda file: file in texts or file in paths or file in folders, texts.get))
        if path.endswith((".h", ".cc")):
            found.extend(cpp_rules.check_cpp(path, text))
    return found


def main():
    paths = list_paths(ROOT)
    texts = read_texts(ROOT, paths)
    keys, left = faults.read_exceptions(texts.get("tests/tidy/exceptions.txt", ""))
    left += faults.apply_exceptions(check(paths, texts), keys)
    for fault in sorted(left, key=lambda fault: (fault.path, fault.line, fault.rule)):
        print(fault)
    print(f"tidy: {len(paths)} files, {len(left)} faults")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
