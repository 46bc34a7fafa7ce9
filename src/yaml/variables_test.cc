#include "yaml/variables.h"

#include <gtest/gtest.h>

#include <map>

namespace larder {
namespace {

YamlDocument Parse(std::string_view text, std::map<std::string, std::string> variables) {
  return ParseYamlWithVariables(text, [=](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(VariablesTest, ValuesAreTakenInEveryStyle) {
  const YamlDocument document =
      Parse("a: ${X}\nb: {c: ${X}/y, d: \"${X}${Y:2}\"}\ne: [${Z:}, '${Z:a: b, c}']\nf: $5 ${X}\n", {{"X", "one"}});
  ASSERT_TRUE(document.faults.empty()) << document.faults[0].message;
  EXPECT_EQ(document.root->Find("a")->text, "one");
  EXPECT_EQ(document.root->Find("b")->Find("c")->text, "one/y");
  EXPECT_EQ(document.root->Find("b")->Find("d")->text, "one2");
  EXPECT_EQ(document.root->Find("e")->items[0]->text, "");
  EXPECT_EQ(document.root->Find("e")->items[1]->text, "a: b, c");
  EXPECT_EQ(document.root->Find("f")->text, "$5 one");
}

TEST(VariablesTest, AValueIsNeverReadAsYaml) {
  const YamlDocument document = Parse("a: ${X}\n", {{"X", "1\nb: 2"}});
  EXPECT_EQ(document.root->entries.size(), 1u);
  EXPECT_EQ(document.root->Find("a")->text, "1\nb: 2");
}

TEST(VariablesTest, WhatIsMissingOrMalformedIsAFault) {
  const YamlDocument document = Parse("# ${COMMENT}\na: ${MISSING}\nb: x${1A:2}\nc: \"${open\"\nd: ${}\n", {});
  std::vector<std::string> faults;
  for (const Fault& fault : document.faults) faults.push_back(std::to_string(fault.line) + " " + fault.message);
  EXPECT_EQ(faults, (std::vector<std::string>{"2 an environment variable that is not set: MISSING",
                                              "3 no name of a variable: '1A'", "4 no variable: '${open'",
                                              "5 no variable: '${}'"}));
}

TEST(VariablesTest, ATextAloneTakesThemToo) {
  const Environment environment = [](const std::string& name) {
    return name == "X" ? std::optional<std::string>("${Y:not again}") : std::nullopt;
  };
  EXPECT_EQ(*ReplaceVariables("a/${X}/${Z:b}$/{}", environment), "a/${Y:not again}/b$/{}");
  EXPECT_EQ(*ReplaceVariables("", environment), "");
  EXPECT_EQ(*ReplaceVariables("${X:1}", {}), "1");
  const Status unset = ReplaceVariables("${Z}", environment).status();
  EXPECT_EQ(unset.reason(), Reason::kInvalidConfig);
  EXPECT_EQ(unset.message(), "an environment variable that is not set: Z");
  EXPECT_EQ(unset.hint(), "set it, or write a default: ${Z:default}");
  EXPECT_EQ(ReplaceVariables("x${Z", environment).status().message(), "no variable: '${Z'");
  EXPECT_EQ(ReplaceVariables("${}", environment).status().message(), "no variable: '${}'");
}

TEST(VariablesTest, PlacesAreThoseOfTheText) {
  const YamlDocument document = Parse("{a: ${LONG_NAME:1}, b: x}", {});
  EXPECT_EQ(document.root->Find("b")->place.column, 24);
}

}  // namespace
}  // namespace larder
