"""The reader of C++ text: what it must see, and what must not fool it."""

import cpp_source


def functions(text):
    return [(f.name, f.line_count, f.parameter_count) for f in cpp_source.read(text).functions]


def declarations(text):
    return [(d.kind, d.name, d.line) for d in cpp_source.read(text).declarations]


def test_plain_function():
    assert functions("int Add(int a, int b) {\n  return a + b;\n}\n") == [("Add", 3, 2)]


def test_braces_in_strings_comments_and_characters():
    text = 'void F() {\n  // }\n  /* } */ const char* s = "}\\"}"; char c = \'}\'; int n = 1\'000;\n  auto r = R"x(} )" }\n)x";\n}\nvoid G() {}\n'
    assert functions(text) == [("F", 6, 0), ("G", 1, 0)]


def test_preprocessor_with_continuation():
    assert functions("#define M(a) \\\n  if (a) { \\\n  }}\nvoid F() {\n}\n") == [("F", 2, 0)]


def test_lambdas_belong_to_their_function():
    text = "void F(int a) {\n  auto g = [&](int x, int y, int z) {\n    return x;\n  };\n  Run([] { Do(); });\n}\n"
    assert functions(text) == [("F", 6, 1)]


def test_signature_over_lines_and_default_braces():
    text = "static Result<std::map<int, int>> Make(const A& a,\n    std::vector<int> b = {1, 2},\n    std::function<int(int, int)> c = {}) {\n  return a;\n}\n"
    assert functions(text) == [("Make", 5, 3)]


def test_constructor_with_initializers():
    text = "struct A {\n  A(int x, int y) : x_(x), y_{y}, z_{{1, 2}} {\n    Do();\n  }\n  ~A() = default;\n  int x_;\n};\n"
    assert functions(text) == [("A", 3, 2)]


def test_qualified_and_trailing_parts():
    text = ("int A::B::Get(int i) const noexcept(true) {\n  return i;\n}\n"
            "auto F(int x) -> std::vector<int> {\n  return {x};\n}\n"
            "bool operator==(const A& l, const A& r) { return true; }\n"
            "int C::operator()(int a) const { return a; }\n")
    assert [(n, p) for n, _, p in functions(text)] == [("A::B::Get", 1), ("F", 1), ("operator==", 2), ("C::operator()", 1)]


def test_requires_clause_and_template():
    text = "template <class T, int N>\nrequires(std::is_integral_v<T>)\nT F(T a, std::array<T, N> b) {\n  return a;\n}\n"
    assert functions(text) == [("F", 5, 2)]


def test_tables_are_not_functions():
    text = "constexpr Row kRows[] = {\n    {1, F(2)},\n    {3, F(4)},\n};\nconst auto kMap = Make({{1, 2}});\nauto kCall = [](int a) {\n  return a;\n};\n"
    assert functions(text) == []


def test_methods_in_types_and_access_labels():
    text = "class A : public B<int> {\n public:\n  int F() const {\n    return 1;\n  }\n private:\n  void G(int a, int b, int c, int d, int e) {\n  }\n};\n"
    assert functions(text) == [("F", 3, 0), ("G", 2, 5)]


def test_digit_separator_is_no_character():
    assert functions("constexpr int kBig = 1'000'000;\nvoid F() {\n}\n") == [("F", 2, 0)]


def test_declarations_at_namespace_level():
    text = ("#pragma once\nnamespace larder {\n\nclass Forward;\n\nstruct Row {\n  int a;\n  int F();\n};\n\n"
            "enum class Kind : int { kA, kB };\n\nint Get(int a);\n\nusing X = std::function<int(int)>;\n"
            "inline constexpr int kLimit = Max(1, 2);\n\ntemplate <class T>\nT Twice(T a) {\n  return a + a;\n}\n"
            "namespace internal {\nint Hidden();\n}\n}\n")
    assert declarations(text) == [("type", "Row", 6), ("type", "Kind", 11), ("function", "Get", 13), ("function", "Twice", 18)]


def test_if_and_loops_are_not_functions():
    text = "void F() {\n  if (a) {\n  } else if (b) {\n  }\n  for (int i = 0; i < 3; ++i) {\n  }\n  switch (c) {\n    case 1: {\n    }\n  }\n}\n"
    assert functions(text) == [("F", 11, 0)]


def test_struct_inside_function_keeps_its_method():
    text = "void F() {\n  struct Local {\n    int G(int a) {\n      return a;\n    }\n  };\n}\n"
    assert functions(text) == [("G", 3, 1), ("F", 7, 0)]


def test_a_variable_of_a_c_type_is_no_type():
    source = cpp_source.read("void F() {\n  struct statvfs info{};\n}\nstruct A final {\n  int a;\n};\n")
    assert [t.name for t in source.types] == ["A"] and [f.name for f in source.functions] == ["F"]
