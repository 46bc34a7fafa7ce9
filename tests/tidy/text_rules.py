"""Rules for every file: names, lengths, words that must not stand in it, links that must lead somewhere."""

import ast
import os
import re

from faults import Fault

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70
CODE_SUFFIXES = (".h", ".cc", ".py", ".sh", ".cmake")
FORBIDDEN_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "utility", "utilities"}
# Files whose names are given by the tools that read them, or by custom.
GIVEN_NAMES = {"CMakeLists.txt", "CMakePresets.json", "Makefile", "README.md", "CHANGELOG.md", "LICENSE", "run"}
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*(\.[a-z0-9_]+)*$")
_UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]) + r")\b")
_MACHINE_PATHS = re.compile(r"(?<![\w.$}{/-])/(" + "|".join(["wo" + "rk", "ho" + "me", "ro" + "ot", "Us" + "ers"]) + r")/\w")
# A program may use the folder for temporary files; a page that names one tells of somebody's machine.
_TEMPORARY_PATHS = re.compile(r"(?<![\w.$}{/-])/tm" + r"p/\w")
# Written in two parts, so that this file does not name them either.
_REGISTRY_HOSTS = re.compile("|".join(["py" + r"pi\.org", "python" + r"hosted\.org", "crates" + r"\.io", "npmjs" + r"\.(org|com)",
                                       "deb" + r"\.debian\.org", "proxy" + r"\.golang\.org", "anaconda" + r"\.org"]))
_ISSUE_NUMBER = re.compile(r"\bissues? #?\d+\b", re.I)
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")


def check_name(path):
    """snake_case, and no name that says nothing."""
    folder, name = os.path.split(path)
    stem = name.split(".")[0]
    if any(word in FORBIDDEN_NAMES for word in stem.lower().split("_")):
        yield Fault("file-name", path, 0, f"{stem}: name the concept that the file holds")
    if path.startswith(("src/", "tests/", "bench/", "examples/", "demo/", "cmake/")) and name not in GIVEN_NAMES:
        if not _NAME.match(name) or not all(_NAME.match(part) for part in folder.split("/")):
            yield Fault("file-name", path, 0, "files and folders are snake_case")


def check_lines(path, text):
    """The length of a file; what must stand at the end of a line and of the file."""
    if not path.endswith(CODE_SUFFIXES):
        return
    lines = text.count("\n")
    if lines > MAX_FILE_LINES:
        yield Fault("file-length", path, 0, f"{lines} lines; a file has at most {MAX_FILE_LINES}")
    if text and not text.endswith("\n"):
        yield Fault("line-end", path, lines + 1, "the last line has no line end")
    for number, line in enumerate(text.split("\n"), start=1):
        if line != line.rstrip():
            yield Fault("line-end", path, number, "space at the end of the line")
        if "\t" in line:
            yield Fault("line-end", path, number, "a tab")


def check_words(path, text):
    """Nothing unfinished, nothing about one machine."""
    if path.startswith(("tests/tidy/", "tests/cases/", "tests/fuzz/seeds/")):
        return
    rules = [("unfinished", _UNFINISHED, "finish it or leave it out"), ("machine-path", _MACHINE_PATHS, "a path of one machine"),
             ("registry-host", _REGISTRY_HOSTS, "a registry's host"), ("issue-number", _ISSUE_NUMBER, "say what it is about")]
    if not path.endswith((".h", ".cc")):
        rules.append(("machine-path", _TEMPORARY_PATHS, "a path of one machine"))
    for number, line in enumerate(text.split("\n"), start=1):
        for rule, pattern, message in rules:
            found = pattern.search(line)
            if found:
                yield Fault(rule, path, number, f"'{found.group().strip()}': {message}")


def check_python(path, text):
    """The length of Python functions."""
    if not path.endswith(".py"):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield Fault("function-length", path, node.lineno, f"{node.name} has {lines} lines, at most {MAX_FUNCTION_LINES}", node.name)


def _anchors(text):
    """Returns the anchors that a page's headings give, as code hosts write them."""
    anchors = set()
    for heading in re.findall(r"^#+ +(.*)$", text, flags=re.M):
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
        anchors.add(plain.strip().replace(" ", "-"))
    return anchors


def check_links(path, text, exists, read):
    """Every relative link of a page leads to a file, and its anchor to a heading."""
    if not path.endswith(".md"):
        return
    for number, line in enumerate(text.split("\n"), start=1):
        for target in _LINK.findall(line):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not exists(file):
                yield Fault("link", path, number, f"{target}: no such file")
            elif anchor and file.endswith(".md") and anchor not in _anchors(read(file)):
                yield Fault("link", path, number, f"{target}: no such heading")
