"""Each rule catches the fault it is for, planted in a repository of a few lines, and lets a clean one pass."""

import pytest

import faults
import tidy

CLEAN = {
    "CMakeLists.txt": "foreach(module base http columnar\n        cli)\nendforeach()\n",
    "src/base/CMakeLists.txt": "larder_module(base\n  SOURCES clock.cc\n  TESTS clock_test.cc)\n",
    "src/base/clock.h": "// Where the time comes from.\n#pragma once\n\nnamespace larder {\n\n/// Returns the time.\nint Now();\nint Later();\n\n}  // namespace larder\n",
    "src/base/clock.cc": '#include "base/clock.h"\n\nnamespace larder {\n\nint Now() { return 1; }\n\n}  // namespace larder\n',
    "src/base/clock_test.cc": '#include "base/clock.h"\n',
    "src/http/CMakeLists.txt": "larder_module(http\n  SOURCES server.cc\n  DEPENDS base)\n",
    "src/http/server.cc": '#include "base/clock.h"\n#include "http/server.h"\n#include <vector>\n',
    "src/columnar/CMakeLists.txt": "larder_module(columnar SOURCES DEPENDS base)\n",
    "docs/guide.md": "# Guide\n\n## First steps\n\nSee [the source](../src/base/clock.h) and [steps](#first-steps).\n",
}


def found(changes):
    files = {**CLEAN, **changes}
    return tidy.check(sorted(files), files)


def rules(changes):
    return sorted({fault.rule for fault in found(changes)})


def test_a_clean_tree_has_no_faults():
    assert found({}) == []


LONG_FUNCTION = "void F() {\n" + "  Do();\n" * 69 + "}\n"
CASES = [
    ("function-length", {"src/base/clock.cc": LONG_FUNCTION}),
    ("function-length", {"tests/oracle/slow.py": "def slow():\n" + "    pass\n" * 70}),
    ("file-length", {"src/base/clock.cc": "\n" * 601}),
    ("parameters", {"src/base/clock.cc": "void F(int a, int b, int c, int d, int e) {}\n"}),
    ("parameters", {"src/base/clock.cc": "struct A {\n  A(int a, int b, int c, int d, int e) : a_(a) {}\n};\n"}),
    ("file-name", {"tests/oracle/path_util.py": ""}),
    ("file-name", {"tests/oracle/helpers.py": ""}),
    ("file-name", {"tests/oracle/PascalCase.py": ""}),
    ("type-name", {"src/base/clock.cc": "class ClockManager {};\n"}),
    ("type-name", {"src/base/clock.cc": "class clock_source {};\n"}),
    ("depth", {"src/base/deep/clock.h": "// A clock.\n#pragma once\n"}),
    ("concepts", {f"src/base/part_{i}.h": "// A part.\n#pragma once\n" for i in range(16)}),
    ("include", {"src/base/clock.cc": '#include "http/server.h"\n'}),
    ("include", {"src/columnar/table.h": '// A table.\n#pragma once\n#include "http/server.h"\n'}),
    ("module", {"src/base/CMakeLists.txt": "larder_module(base SOURCES clock.cc clock_test.cc DEPENDS http)\n"}),
    ("module", {"src/odd/CMakeLists.txt": "larder_module(odd SOURCES DEPENDS base)\n"}),
    ("unlisted", {"src/base/orphan.cc": "int a;\n"}),
    ("type-twice", {name: "// Time.\n#pragma once\n\nnamespace larder {\n\n/// Holds a time.\nstruct Time {\n  int a;\n};\n\n}  // namespace larder\n"
                    for name in ("src/base/clock.h", "src/http/server.h")}),
    ("header", {"src/base/clock.h": "#pragma once\n"}),
    ("header", {"src/base/clock.h": "// The time.\n"}),
    ("contract", {"src/base/clock.h": "// Time.\n#pragma once\n\nint Now();\n"}),
    ("contract", {"src/base/clock.h": "// Time.\n#pragma once\n\n/// The time now.\nint Now();\n"}),
    ("contract", {"src/base/clock.h": "// Time.\n#pragma once\n\n/// Rows that are late.\nstruct LateRows {\n  int a;\n};\n"}),
    ("unfinished", {"src/base/clock.cc": "// TO" + "DO: later\n"}),
    ("unfinished", {"demo/run.sh": "# FIX" + "ME\n"}),
    ("machine-path", {"docs/guide.md": "Look into /wo" + "rk/main.\n"}),
    ("machine-path", {"demo/run.sh": "cat /tm" + "p/x\n"}),
    ("registry-host", {"setup.sh": "curl https://py" + "pi.org/simple\n"}),
    ("issue-number", {"src/base/clock.cc": "// See issue #12.\n"}),
    ("line-end", {"src/base/clock.cc": "int a; \n"}),
    ("line-end", {"src/base/clock.cc": "int a;"}),
    ("line-end", {"src/base/clock.cc": "\tint a;\n"}),
    ("link", {"docs/guide.md": "[gone](gone.md)\n"}),
    ("link", {"docs/guide.md": "# Guide\n[gone](#nowhere)\n"}),
]


@pytest.mark.parametrize("rule,changes", CASES)
def test_a_planted_fault_is_caught(rule, changes):
    assert rule in rules(changes)


def test_exactly_seventy_lines_and_four_parameters_pass():
    text = "void F(int a, int b, int c, int d) {\n" + "  Do();\n" * 68 + "}\n"
    assert rules({"src/base/clock.cc": text}) == []


def test_kernels_and_commands_may_be_many():
    many = {f"src/cli/part_{i}.h": "// A part.\n#pragma once\n" for i in range(30)}
    kernels = {f"src/base/part_{i}_functions.h": "// A part.\n#pragma once\n" for i in range(30)}
    assert rules({**many, **kernels, "src/cli/CMakeLists.txt": "larder_module(cli SOURCES DEPENDS base)\n"}) == []


def test_an_exception_takes_its_fault_back_and_must_be_needed():
    changes = {"src/base/clock.cc": "void F(int a, int b, int c, int d, int e) {}\n"}
    keys, own = faults.read_exceptions("# a comment\nparameters src/base/clock.cc:F  # the C library's signature\n")
    assert own == [] and faults.apply_exceptions(found(changes), keys) == []
    left = faults.apply_exceptions(found({}), keys)
    assert [fault.message for fault in left] == ["no longer needed: parameters src/base/clock.cc:F"]


def test_an_exception_needs_a_reason():
    _, own = faults.read_exceptions("parameters src/base/clock.cc:F\n")
    assert [fault.rule for fault in own] == ["exceptions"]


def test_faults_tell_the_place():
    fault = next(f for f in found({"src/base/clock.cc": "int a;\n\nvoid F(int a, int b, int c, int d, int e) {}\n"}))
    assert str(fault) == "src/base/clock.cc:3: parameters: F takes 5, at most 4: make a struct"
