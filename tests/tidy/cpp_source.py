"""Reads C++ text just far enough for the style rules: comments, strings, scopes, functions, declarations.

Not a parser. It knows what can hide a brace (comments, strings, raw strings, characters, the preprocessor) and tells
namespaces, types, functions and plain blocks apart by the text that stands before each opening brace.
"""

import re
from dataclasses import dataclass, field

_RAW_STRING = re.compile(r'(?:u8|u|U|L)?R"([^()\\\s]{0,16})\(')
_KEYWORDS_BEFORE_PARENTHESIS = {
    "alignas", "decltype", "explicit", "noexcept", "requires", "sizeof", "throw", "__attribute__", "__declspec",
}
_NAME_BEFORE_PARENTHESIS = re.compile(r"((?:[\w:]+::)?operator\s*(?:\(\s*\)|[^\s\w(]+)|[~\w:]+)\s*\(")
# A variable of a type of C: `struct stat info{}`.
_VARIABLE_HEAD = re.compile(r"(static |const )*struct\s+[\w:]+\s+(?!final\b)\w+\s*$")
_TYPE_HEAD = re.compile(r"\b(class|struct|union|enum)\b")


@dataclass
class Function:
    """A function with a body. Lines count from 1 and include the signature and the closing brace."""

    name: str
    first_line: int
    last_line: int
    parameter_count: int

    @property
    def line_count(self):
        return self.last_line - self.first_line + 1


@dataclass
class Declaration:
    """A type or a function declared at namespace level."""

    kind: str
    name: str
    line: int


@dataclass
class Scope:
    kind: str  # namespace, hidden (anonymous or internal namespace), type, function, block
    name: str
    first_line: int
    parameter_count: int = 0


@dataclass
class Source:
    """What the rules need to know about one file."""

    functions: list = field(default_factory=list)
    declarations: list = field(default_factory=list)
    types: list = field(default_factory=list)


def _end_of_quoted(text, start, quote):
    position = start + 1
    while position < len(text) and text[position] != quote and text[position] != "\n":
        position += 2 if text[position] == "\\" else 1
    return min(position + 1, len(text))


def _blank(text, quote=""):
    """Keeps the line breaks of `text` and, when it was quoted, a pair of quotes."""
    newlines = "\n" * text.count("\n")
    return quote + quote + newlines if quote else newlines


def strip(text):
    """Returns the text without comments, without what stands in strings and characters, and without preprocessor
    lines; every remaining character stays on its line."""
    text = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda match: _blank(match.group()), text, flags=re.M)
    out = []
    position = 0
    while position < len(text):
        two = text[position:position + 2]
        character = text[position]
        raw = _RAW_STRING.match(text, position) if character in 'uULR' else None
        if two == "//":
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
        elif two == "/*":
            end = text.find("*/", position + 2)
            end = len(text) if end < 0 else end + 2
            out.append(_blank(text[position:end]) or " ")
            position = end
        elif raw and not (position and (text[position - 1].isalnum() or text[position - 1] == "_")):
            close = ")" + raw.group(1) + '"'
            end = text.find(close, raw.end())
            end = len(text) if end < 0 else end + len(close)
            out.append(_blank(text[position:end], '"'))
            position = end
        elif character == '"':
            end = _end_of_quoted(text, position, '"')
            out.append('""')
            position = end
        elif character == "'" and not (position and text[position - 1].isalnum()):
            end = _end_of_quoted(text, position, "'")
            out.append("''")
            position = end
        else:
            out.append(character)
            position += 1
    return "".join(out)


def _without_templates(head):
    """Removes `template <...>` and attributes in front of a declaration."""
    head = head.strip()
    while True:
        if head.startswith("[["):
            end = head.find("]]")
            head = head[end + 2:].strip() if end >= 0 else ""
            continue
        match = re.match(r"template\s*<", head)
        if not match:
            return head
        depth, position = 1, match.end()
        while position < len(head) and depth:
            if head[position] == "<":
                depth += 1
            elif head[position] == ">" and head[position - 1] != "-":
                depth -= 1
            position += 1
        head = head[position:].strip()


def _top_level(head):
    """Returns the head with everything inside parentheses, brackets and braces removed; the pairs stay."""
    out, depth = [], 0
    for character in head:
        if character in ")]}":
            depth -= 1
        if depth == 0:
            out.append(character)
        if character in "([{":
            depth += 1
    return "".join(out)


def split_parameters(text):
    """Returns the parameters of a list (the text between its parentheses)."""
    parameters, depth, current = [], 0, ""
    for index, character in enumerate(text):
        if character in "([{<":
            depth += 1
        elif character in ")]}" or (character == ">" and text[index - 1:index] != "-"):
            depth -= 1
        if character == "," and depth == 0:
            parameters.append(current.strip())
            current = ""
        else:
            current += character
    parameters.append(current.strip())
    return [parameter for parameter in parameters if parameter and parameter != "void"]


def _parameter_list(head):
    """Returns (name, text between the parentheses) of the function that `head` declares, or None."""
    position = 0
    while True:
        match = _NAME_BEFORE_PARENTHESIS.search(head, position)
        if not match:
            return None
        start = match.end()
        depth, end = 1, start
        while end < len(head) and depth:
            depth += {"(": 1, ")": -1}.get(head[end], 0)
            end += 1
        name = match.group(1)
        if name not in _KEYWORDS_BEFORE_PARENTHESIS:
            return name, head[start:end - 1]
        position = end


def _function_of(head):
    """Returns (name, parameter count) when `head` is that of a function, else None."""
    head = _without_templates(head)
    bare = _top_level(re.sub(r"operator\s*[=!<>+\-*/%^&|~]+", "operator", head))
    if "(" not in bare or "=" in re.sub(r"[=!<>]=", "", bare):
        return None
    found = _parameter_list(head)
    return (found[0], len(split_parameters(found[1]))) if found else None


def _is_member_initializer(head):
    """Tells whether an opening brace after `head` begins `member_{...}` of a constructor's list, not a body."""
    bare = _top_level(head).rstrip()
    colon = re.search(r"\)[^:?]*?(?<!:):(?!:)", bare)
    return bool(colon) and bool(re.search(r"[\w>]$", bare)) and not bare[colon.end():].strip() == ""


def _open_scope(head, enclosing, line):
    bare = _without_templates(head)
    inside_code = enclosing.kind in ("function", "block")
    if re.match(r"(inline\s+)?namespace\b", bare):
        name = re.sub(r"^(inline\s+)?namespace\s*", "", bare).strip()
        return Scope("hidden" if not name or name.endswith("internal") else "namespace", name, line)
    if re.match(r'extern\s*""\s*$', bare):
        return Scope(enclosing.kind, "", line)
    function = None if inside_code else _function_of(head)
    top = re.sub(r"<[^<>]*>", "", _top_level(bare))
    if _VARIABLE_HEAD.match(bare):
        return Scope("block", "", line)
    if _TYPE_HEAD.search(top) and "=" not in top and not (function and re.search(r"\)\s*(const|noexcept|override)*$", top)):
        name = re.search(r"\b(?:class|struct|union|enum(?:\s+class|\s+struct)?)\s+(?:\[\[\w+(?:\(\))?\]\]\s*)?([\w:]+)?", bare)
        return Scope("type", (name.group(1) or "") if name else "", line)
    if function:
        return Scope("function", function[0], line, function[1])
    return Scope("block", "", line)


class _Reader:
    def __init__(self, text):
        self.text = strip(text)
        self.source = Source()
        self.scopes = [Scope("namespace", "", 1)]
        self.heads = [""]  # text since the last statement, one per scope
        self.head_line = None
        self.line = 1
        self.parentheses = 0
        self.saved = []  # parentheses and head line of the scopes around

    def _declare(self, kind, name):
        if all(scope.kind == "namespace" for scope in self.scopes):
            self.source.declarations.append(Declaration(kind, name, self.head_line or self.line))

    def _open(self):
        head = self.heads[-1]
        enclosing = self.scopes[-1]
        if enclosing.kind not in ("function", "block") and (self.parentheses or _is_member_initializer(head)):
            scope = Scope("block", "", self.line)
        else:
            scope = _open_scope(head, enclosing, self.head_line or self.line)
        if scope.kind == "type":
            self.source.types.append(Declaration("type", scope.name, scope.first_line))
            self._declare("type", scope.name)
        elif scope.kind == "function":
            self._declare("function", scope.name)
        self.saved.append((self.parentheses, self.head_line))
        self.scopes.append(scope)
        self.heads.append("")
        self.parentheses, self.head_line = 0, None

    def _close(self):
        if len(self.scopes) == 1:
            return
        scope = self.scopes.pop()
        self.heads.pop()
        self.parentheses, self.head_line = self.saved.pop()
        if scope.kind == "function":
            self.source.functions.append(Function(scope.name, scope.first_line, self.line, scope.parameter_count))
        if scope.kind == "block":
            self.heads[-1] += "{}"
        else:
            self.heads[-1], self.head_line = "", None

    def _statement(self):
        head = _without_templates(self.heads[-1])
        function = _function_of(head)
        if function and not re.match(r"(using|typedef|friend|static_assert|extern\s+template)\b", head):
            self._declare("function", function[0])
        self.heads[-1], self.head_line = "", None

    def read(self):
        for character in self.text:
            if character == "{":
                self._open()
            elif character == "}":
                self._close()
            elif character == ";" and self.parentheses == 0:
                self._statement()
            else:
                self.parentheses += {"(": 1, ")": -1}.get(character, 0)
                if not character.isspace() and self.head_line is None:
                    self.head_line = self.line
                self.heads[-1] += character
                if character == ":" and re.search(r"\b(public|protected|private)\s*:$", self.heads[-1]):
                    self.heads[-1], self.head_line = "", None
            if character == "\n":
                self.line += 1
        return self.source


def read(text):
    """Returns the functions, types and namespace-level declarations of a C++ file."""
    return _Reader(text).read()
