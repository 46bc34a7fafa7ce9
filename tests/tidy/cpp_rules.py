"""Rules for C++ files: functions, names of types, headers as contracts."""

import re

import cpp_source
from faults import Fault
from text_rules import FORBIDDEN_NAMES, MAX_FUNCTION_LINES

MAX_PARAMETERS = 4
# Words that end in s and are no verbs: what a contract would begin with if it named the thing instead of its work.
_NOT_VERBS = {"This", "These", "Its", "As", "Bytes", "Rows", "Values", "Columns", "Keys", "Times", "Instants", "Nulls", "Always",
              "Thus", "Unless", "Class", "Status", "Names" + "pace", "Options", "Types", "Files", "Tables", "Features", "Whereas"}
_VERB = re.compile(r"([A-Z][a-z]+s|Does)\b")


def check_functions(path, source):
    """Length and parameters of every function that has a body."""
    for function in source.functions:
        if function.line_count > MAX_FUNCTION_LINES:
            yield Fault("function-length", path, function.first_line,
                        f"{function.name} has {function.line_count} lines, at most {MAX_FUNCTION_LINES}", function.name)
        if function.parameter_count > MAX_PARAMETERS:
            yield Fault("parameters", path, function.first_line,
                        f"{function.name} takes {function.parameter_count}, at most {MAX_PARAMETERS}: make a struct", function.name)


def check_type_names(path, source):
    """PascalCase, and none of the words that say nothing."""
    for declared in source.types:
        name = declared.name.split("::")[-1]
        if not name:
            continue
        words = re.findall(r"[A-Z][a-z0-9]*", name)
        if any(word.lower() in FORBIDDEN_NAMES for word in words):
            yield Fault("type-name", path, declared.line, f"{name}: name what it holds or does", name)
        if not re.match(r"[A-Z][A-Za-z0-9]*$", name) and name not in ("hash", "formatter", "less", "equal_to", "default_delete"):
            yield Fault("type-name", path, declared.line, f"{name}: types are PascalCase", name)


def _contract_above(lines, line):
    """Returns the `///` text right above a line (counted from 1), "" for none; None where a declaration without a
    blank line between stands above: a group shares the comment of its first."""
    index = line - 2
    while index >= 0 and re.match(r"\s*(template\s*<|\[\[|requires\b)", lines[index]):
        index -= 1
    comment = []
    while index >= 0 and lines[index].lstrip().startswith("///"):
        comment.insert(0, lines[index].strip()[3:].strip())
        index -= 1
    if comment:
        return " ".join(comment)
    above = lines[index].strip() if index >= 0 else ""
    return None if above.endswith((";", "}")) and not above.startswith("//") and "namespace" not in above else ""


def check_header(path, text, source):
    """A header says at its top what it is; each public declaration has a contract that begins with a verb."""
    lines = text.split("\n")
    if not lines[0].startswith("// "):
        yield Fault("header", path, 1, "the first line says what the header is for: // ...")
    if "#pragma once" not in text:
        yield Fault("header", path, 1, "#pragma once is missing")
    if not path.startswith(("src/", "include/")):
        return
    documented = set()
    for declared in source.declarations:
        contract = _contract_above(lines, declared.line)
        if contract is None or declared.name in documented or declared.name.startswith("operator"):
            continue
        if not contract:
            yield Fault("contract", path, declared.line, f"{declared.name} has no /// above it", declared.name)
        elif not _VERB.match(contract) or contract.split()[0].rstrip(",.;:") in _NOT_VERBS:
            word = contract.split()[0]
            yield Fault("contract", path, declared.line, f"the contract of {declared.name} begins with '{word}', not with a verb",
                        declared.name)
        documented.add(declared.name)


def check_cpp(path, text):
    """All rules for one C++ file."""
    source = cpp_source.read(text)
    yield from check_functions(path, source)
    yield from check_type_names(path, source)
    if path.endswith(".h"):
        yield from check_header(path, text, source)
