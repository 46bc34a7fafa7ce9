#include "yaml/yaml_tree.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

std::string PlaceOf(const Fault& fault) { return std::to_string(fault.line) + ":" + std::to_string(fault.column); }

// Returns "line:column message" of each fault.
std::vector<std::string> FaultsOf(std::string_view text) {
  std::vector<std::string> faults;
  for (const Fault& fault : ParseYaml(text).faults) faults.push_back(PlaceOf(fault) + " " + fault.message);
  return faults;
}

using Texts = std::vector<std::string>;

TEST(YamlTreeTest, KeepsValuesOrderAndPlaces) {
  const YamlDocument document = ParseYaml("b: 1\na:\n  - x\n  - \"y z\"\n");
  ASSERT_NE(document.root, nullptr);
  EXPECT_TRUE(document.faults.empty());
  ASSERT_EQ(document.root->entries.size(), 2u);
  EXPECT_EQ(document.root->entries[0].key, "b");
  EXPECT_EQ(document.root->entries[1].place.line, 2);
  const YamlNode& list = *document.root->entries[1].value;
  ASSERT_TRUE(list.is_list());
  EXPECT_EQ(list.items[1]->text, "y z");
  EXPECT_TRUE(list.items[1]->is_quoted);
  EXPECT_EQ(list.items[1]->place.line, 4);
  EXPECT_EQ(list.items[1]->place.column, 5);
}

TEST(YamlTreeTest, AnEmptyTextIsANullDocument) {
  for (const std::string_view text : {"", "\n\n", "# only a comment\n", "---\n", "\xEF\xBB\xBF"}) {
    const YamlDocument document = ParseYaml(text);
    ASSERT_NE(document.root, nullptr) << text;
    EXPECT_TRUE(document.root->is_null()) << text;
    EXPECT_TRUE(document.faults.empty()) << text;
  }
}

TEST(YamlTreeTest, ColumnsCountCodePoints) {
  EXPECT_EQ(ParseYaml("{ключ: значение, b: x}").root->entries[1].place.column, 18);
}

TEST(YamlTreeTest, FindsTheSameKeyTwice) {
  EXPECT_EQ(FaultsOf("a: 1\nb: 2\na: 3\n"), Texts{"3:1 the same key twice: 'a'"});
  EXPECT_EQ(FaultsOf("x: {a: 1, a: 2, a: 3}"), (Texts{"1:11 the same key twice: 'a'", "1:17 the same key twice: 'a'"}));
}

TEST(YamlTreeTest, FindsTabsInIndentation) {
  EXPECT_EQ(FaultsOf("a:\n\tb: 1\n"), Texts{"2:1 a tab in the indentation"});
  EXPECT_EQ(FaultsOf("a: x\ty\nb: \"x\ty\"\n"), Texts{});
}

TEST(YamlTreeTest, RefusesWhatIsNoText) {
  EXPECT_EQ(FaultsOf("a: 1\nb: \xff\xfe\n"), Texts{"2:4 text that is not UTF-8: byte 0xff"});
  EXPECT_EQ(FaultsOf(std::string_view("a: 1\0b: 2", 9)), Texts{"1:5 a control character: 0x00"});
  // yaml-cpp would take this byte for the end of the file and drop what follows.
  EXPECT_EQ(FaultsOf("a: 1\n\x04\nb: 2\n"), Texts{"2:1 a control character: 0x04"});
}

TEST(YamlTreeTest, RefusesWhatIsNoYaml) {
  const YamlDocument document = ParseYaml("a: [1, 2\nb: 3\n");
  EXPECT_EQ(document.root, nullptr);
  ASSERT_EQ(document.faults.size(), 1u);
  EXPECT_TRUE(document.faults[0].message.starts_with("not YAML: "));
}

TEST(YamlTreeTest, RefusesTagsAndSecondDocuments) {
  EXPECT_EQ(FaultsOf("a: !include b.yaml"), Texts{"1:4 a YAML tag: !include"});
  EXPECT_EQ(FaultsOf("a: 1\n---\nb: 2\n"), Texts{"3:1 a second YAML document in one file"});
  EXPECT_EQ(FaultsOf("---\na: 1\n...\n"), Texts{});
}

TEST(YamlTreeTest, RefusesKeysThatAreNoTexts) {
  EXPECT_EQ(FaultsOf("? [a, b]\n: 1\n"), Texts{"1:3 a key that is a list"});
}

TEST(YamlTreeTest, AliasesShareTheirNode) {
  const YamlDocument document = ParseYaml("a: &x {k: v}\nb: *x\n");
  ASSERT_TRUE(document.faults.empty());
  EXPECT_EQ(document.root->Find("b")->Find("k")->text, "v");
}

// Each line has ten times the nodes of the one above: 10^12 nodes when written out.
TEST(YamlTreeTest, RefusesAliasesThatExplode) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int n = 1; n < 10; ++n) text += ", " + alias;
    text += "]\n";
  }
  const YamlDocument document = ParseYaml(text);
  EXPECT_EQ(document.root, nullptr);
  ASSERT_EQ(document.faults.size(), 1u);
  EXPECT_EQ(document.faults[0].message, "too many nodes: more than 1000000");
}

TEST(YamlTreeTest, RefusesWhatIsTooDeep) {
  for (const int depth : {kMaxYamlDepth + 1, 400, 4'000'000}) {
    const std::string text = std::string(static_cast<std::size_t>(depth), '[');
    const YamlDocument document = ParseYaml(text);
    EXPECT_EQ(document.root, nullptr) << depth;
    EXPECT_FALSE(document.faults.empty()) << depth;
  }
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(FaultsOf(nested(kMaxYamlDepth)).empty());
  EXPECT_EQ(FaultsOf(nested(kMaxYamlDepth + 1)), Texts{"1:65 nodes inside nodes: deeper than 64"});
}

TEST(YamlTreeTest, AliasesCountTowardsTheDepth) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 70; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  const YamlDocument document = ParseYaml(text);
  EXPECT_EQ(document.root, nullptr);
  ASSERT_EQ(document.faults.size(), 1u);
  EXPECT_EQ(document.faults[0].message, "nodes inside nodes: deeper than 64");
}

// Returns the place of the byte `offset` of the value of the first key.
std::string PlaceInValue(std::string_view text, std::size_t offset) {
  const YamlDocument document = ParseYaml(text);
  const YamlNode& node = *document.root->entries.at(0).value;
  const ScalarSegment* last = nullptr;
  for (const ScalarSegment& segment : node.segments) {
    if (segment.offset <= offset) last = &segment;
  }
  return std::to_string(last->place.line) + ":" +
         std::to_string(last->place.column + static_cast<int>(offset - last->offset));
}

TEST(YamlTreeTest, KnowsWhereTheBytesOfAScalarStand) {
  EXPECT_EQ(PlaceInValue("a: bcd", 2), "1:6");
  EXPECT_EQ(PlaceInValue("a: \"bcd\"", 2), "1:7");
  EXPECT_EQ(PlaceInValue("a: 'b''cd'", 2), "1:8");            // b'cd: the c behind the doubled quote
  EXPECT_EQ(PlaceInValue("a: \"b\\\"c\\x41d\"", 4), "1:13");  // b"cAd: the d behind both escapes
  EXPECT_EQ(PlaceInValue("a:\n  b\n  cd", 3), "3:4");         // folded: "b cd"
  EXPECT_EQ(PlaceInValue("a: |\n  b\n  cd\n", 2), "3:3");     // literal: "b\ncd\n"
  EXPECT_EQ(PlaceInValue("a: |\n  b\n    cd\n", 4), "3:5");   // literal: "b\n  cd\n"
  EXPECT_EQ(PlaceInValue("a: &x bcd", 1), "1:8");
}

}  // namespace
}  // namespace larder
