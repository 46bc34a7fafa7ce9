#include "feast/python_body.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

using Features = std::map<std::string, std::string>;

Result<Features> Translate(const std::string& body, bool may_return_values = false) {
  PythonNames names;
  names.column = [](std::string_view column) -> std::optional<std::string> {
    if (column == "a" || column == "b") return std::string(column);
    if (column == "v__a") return "v.a";
    return std::nullopt;
  };
  names.may_return_values = may_return_values;
  return TranslatePythonBody(body, names);
}

Features Of(const std::string& body, bool may_return_values = false) {
  const auto features = Translate(body, may_return_values);
  EXPECT_TRUE(features.ok()) << features.status().ToString();
  return features.ok() ? *features : Features();
}

TEST(PythonBody, TranslatesArithmetic) {
  EXPECT_EQ(
      Of("@decorated(\n  sources=[x],\n)\n"
         "def f(inputs: pd.DataFrame) -> pd.DataFrame:\n"
         "    \"\"\"Adds.\"\"\"\n"
         "    df = pd.DataFrame()  # empty\n"
         "    df[\"sum\"] = inputs[\"a\"] + inputs['b'] * 2.5\n"
         "    df['ratio'] = (df[\"sum\"] - 1) / -inputs[\"v__a\"] // 3 % .5\n"
         "    df[\"big\"] = (\n        inputs[\"a\"] >= 10.\n    )\n"
         "    return df\n"),
      (Features{{"sum", "a + b * 2.5"}, {"ratio", "((a + b * 2.5) - 1) / -v.a // 3 % 0.5"}, {"big", "(a >= 10.0)"}}));
}

TEST(PythonBody, TranslatesDictionariesOfValues) {
  EXPECT_EQ(Of("def f(row):\n    return {\"x\": row[\"a\"] == 1, 'y': (row[\"b\"] + 1)}\n", true),
            (Features{{"x", "a = 1"}, {"y", "(b + 1)"}}));
  EXPECT_EQ(Of("def f(row):\n    out = {}\n    out[\"x\"] = row[\"a\"]\n    return out", true), (Features{{"x", "a"}}));
  EXPECT_FALSE(Translate("def f(row):\n    return {\"x\": row[\"a\"]}\n").ok()) << "lists, not values";
}

TEST(PythonBody, LeavesAllElseAlone) {
  const std::string head = "def f(inputs):\n    df = pd.DataFrame()\n    df[\"x\"] = ";
  const std::string tail = "\n    return df\n";
  for (const char* value : {"inputs[\"a\"].astype(int)",
                            "np.log(inputs[\"a\"])",
                            "inputs[\"c\"]",
                            "inputs.a",
                            "inputs[a]",
                            "inputs[\"a\"] ** 2",
                            "1 if inputs[\"a\"] else 2",
                            "inputs[\"a\"] & inputs[\"b\"]",
                            "inputs[\"a\"] < inputs[\"b\"] < 3",
                            "\"text\"",
                            "[1, 2]",
                            "(inputs[\"a\"]",
                            "inputs[\"a\"])",
                            "",
                            "inputs[\"a\"] +",
                            "1e5",
                            "1_000",
                            "0x10",
                            "1.2.3",
                            "--1",
                            "inputs[\"a\"] - -1 - -+-1",
                            "lambda x: x",
                            "df[\"y\"]",
                            "inputs[\"a\\\"]",
                            "inputs",
                            "inputs[\"a\"]; import os"}) {
    const auto features = Translate(head + value + tail);
    EXPECT_EQ(features.status().reason(), Reason::kInvalidExpression) << value;
  }
}

TEST(PythonBody, WantsOnePlainFunction) {
  for (const char* body : {"", "x = 1", "def f():\n    return 1", "def f(inputs):\n    pass",
                           "def f(inputs):\n    return inputs", "def f(inputs):\n    df = inputs.copy()\n    return df",
                           "def f(inputs):\n    df = pd.DataFrame()\n    for x in y:\n        pass\n    return df",
                           "def f(inputs):\n    df = pd.DataFrame()\n    return df\n    df = 1", "def f(inputs",
                           "def f(inputs):\n    df = pd.DataFrame()\n    df[\"x\"] = 1",
                           "def f(inputs):\n    \"\"\"Two\n    lines.\"\"\"\n    return df"}) {
    EXPECT_EQ(Translate(body, true).status().reason(), Reason::kInvalidExpression) << body;
  }
  EXPECT_FALSE(Translate(std::string(100'000, 'x')).ok());
  EXPECT_FALSE(
      Translate("def f(i):\n    o = {}\n    o[\"x\"] = " + std::string(9'000, '(') + "\n    return o", true).ok());
}

TEST(PythonBody, NamesTheLine) {
  const auto features =
      Translate("def f(inputs):\n    df = pd.DataFrame()\n    df[\"x\"] = inputs[\"a\"].fillna(0)\n    return df");
  EXPECT_EQ(features.status().message(),
            "'df[\"x\"] = inputs[\"a\"].fillna(0)': only + - * / // % and one comparison are carried over");
}

}  // namespace
}  // namespace larder
