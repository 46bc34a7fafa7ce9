"""Rules for the house: modules and what they include, folders, and that nothing lies about unbuilt."""

import os
import re

from faults import Fault

MAX_CONCEPTS = 16
# Folders and files that may be many: one command each, one family of function kernels each.
_MANY = {"cli"}
_KERNEL = re.compile(r"(^functions_|_(functions|kernels)$)")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.M)


def read_calls(text):
    """Returns (function, name, {KEYWORD: [values]}) for each larder_*(...) call of a CMakeLists.txt."""
    text = re.sub(r"#[^\n]*", "", text)
    calls = []
    for function, body in re.findall(r"\b(larder_\w+)\s*\(([^()]*)\)", text):
        words = body.split()
        keywords, current = {}, None
        for word in words[1:]:
            if re.match(r"[A-Z]{3,}$", word):
                current = word
                keywords.setdefault(word, [])
            elif current:
                keywords[current].append(word)
        calls.append((function, words[0] if words else "", keywords))
    return calls


def module_depends(files):
    """Returns {module: modules named in its DEPENDS} from src/*/CMakeLists.txt."""
    depends = {}
    for path, text in files.items():
        match = re.match(r"src/(\w+)/CMakeLists\.txt$", path)
        for function, name, keywords in read_calls(text) if match else []:
            if function == "larder_module":
                depends.setdefault(name, []).extend(keywords.get("DEPENDS", []))
    return depends


def reachable(depends, module):
    """Returns the module and all that it may include."""
    seen, left = set(), [module]
    while left:
        current = left.pop()
        if current not in seen:
            seen.add(current)
            left.extend(depends.get(current, []))
    return seen


def module_order(files):
    """Returns the modules from base to top, as the CMakeLists.txt of the root lists them."""
    listed = re.search(r"foreach\(module\s([^)]*)\)", files.get("CMakeLists.txt", ""))
    return listed.group(1).split() if listed else []


def check_order(order, depends):
    """DEPENDS point downward in the list of modules."""
    for module, needed in depends.items():
        path = f"src/{module}/CMakeLists.txt"
        if module not in order:
            yield Fault("module", path, 0, f"{module} is not in the list of modules")
            continue
        for other in needed:
            if other not in order or order.index(other) >= order.index(module):
                yield Fault("module", path, 0, f"{module} may not depend on {other}")


def check_includes(files, depends):
    """A file of a module includes only what its DEPENDS name, and what those name."""
    for path, text in files.items():
        match = re.match(r"src/(\w+)/[^/]+\.(h|cc)$", path)
        if not match:
            continue
        module = match.group(1)
        allowed = reachable(depends, module)
        for found in _INCLUDE.finditer(text):
            folder = found.group(1).split("/")[0]
            if folder in ("larder",) or (folder == "tests" and path.endswith("_test.cc")):
                continue
            line = text.count("\n", 0, found.start()) + 1
            if folder not in allowed:
                yield Fault("include", path, line, f"{module} may not include {found.group(1)}: DEPENDS of src/{module} does not reach it")


def check_folders(files):
    """src/<module>/<file>, and no more concepts in a folder than a reader keeps in mind."""
    concepts = {}
    for path in files:
        parts = path.split("/")
        if parts[0] != "src":
            continue
        if len(parts) != 3:
            yield Fault("depth", path, 0, "sources lie in src/<module>/<file>")
        stem, suffix = os.path.splitext(parts[-1])
        if suffix in (".h", ".cc") and not stem.endswith("_test") and not _KERNEL.search(stem):
            concepts.setdefault(parts[1], set()).add(stem)
    for module, stems in sorted(concepts.items()):
        if len(stems) > MAX_CONCEPTS and module not in _MANY:
            yield Fault("concepts", f"src/{module}", 0, f"{len(stems)} concepts, at most {MAX_CONCEPTS}: make two modules")


def check_listed(files):
    """Every .cc is named in a CMakeLists.txt of its folder or of one above, so nothing lies about unbuilt."""
    for path in files:
        if not path.endswith(".cc"):
            continue
        folder = os.path.dirname(path)
        name = os.path.basename(path)
        found = False
        while folder and not found:
            text = files.get(f"{folder}/CMakeLists.txt", "")
            found = re.search(r"(?<![\w])" + re.escape(name) + r"\b", text) is not None
            folder = os.path.dirname(folder)
        if not found:
            yield Fault("unlisted", path, 0, "no CMakeLists.txt names it")


_NAMESPACE = re.compile(r"namespace ([\w:]*) ?\{")
_TYPE = re.compile(r"(?:template <.*> )?(?:struct|class|enum class) (\w+)\b(?!<|.*;\s*$)")


def check_type_names(files):
    """A type of a namespace is defined in one header of src: of two, the linker takes parts of either, silently."""
    places = {}
    for path in sorted(files):
        if not re.match(r"src/.*(?<!_test)\.h$", path):
            continue
        namespace = ""
        for number, line in enumerate(files[path].splitlines(), start=1):
            if opened := _NAMESPACE.match(line):
                namespace = opened.group(1)
            elif found := _TYPE.match(line):
                place = places.setdefault((namespace, found.group(1)), path)
                if place != path:
                    yield Fault("type-twice", path, number, f"{found.group(1)} is defined in {place}, too", found.group(1))


def check_modules(files):
    """All rules about modules; `files` maps each path to its text."""
    depends = module_depends(files)
    yield from check_order(module_order(files), depends)
    yield from check_includes(files, depends)
    yield from check_folders(files)
    yield from check_listed(files)
    yield from check_type_names(files)
