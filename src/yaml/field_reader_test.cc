#include "yaml/field_reader.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

/// Holds a parsed text and a reader of its top map.
struct Fixture {
  explicit Fixture(std::string_view text)
      : document(ParseYaml(text)), fields({document.root.get(), {"f.yaml", 1, 1, ""}}, faults) {}

  std::vector<std::string> Faults() {
    std::vector<std::string> texts;
    for (const Fault& fault : faults.Take()) {
      texts.push_back(fault.Place() + ": " + fault.message + (fault.hint.empty() ? "" : " (" + fault.hint + ")"));
    }
    return texts;
  }

  YamlDocument document;
  FaultList faults;
  FieldReader fields;
};

using Texts = std::vector<std::string>;

TEST(FieldReaderTest, ReadsEveryKindOfField) {
  Fixture f("t: x\nb: true\nd: 90s\nn: 12\nl: [a, b]\nm: {k: v}\nnothing:\n");
  EXPECT_EQ(f.fields.Text("t"), "x");
  EXPECT_TRUE(f.fields.Bool("b", false));
  EXPECT_EQ(f.fields.Duration("d", 0), 90'000'000);
  EXPECT_EQ(f.fields.Integer("n", 0, {1, 12}), 12);
  EXPECT_EQ(f.fields.TextList("l").at(1).first, "b");
  EXPECT_EQ(f.fields.TextMap("m").at("k"), "v");
  EXPECT_FALSE(f.fields.Find("nothing").has_value());
  EXPECT_EQ(f.fields.Duration("absent", 7), 7);
  f.fields.Finish();
  EXPECT_EQ(f.Faults(), Texts{});
}

TEST(FieldReaderTest, WrongFieldsAreFaultsWithTheirPlaces) {
  Fixture f("b: yes\nd: 1 day\nn: 13\nl: a\nm: [k]\nt: {}\n");
  EXPECT_FALSE(f.fields.Bool("b", false));
  EXPECT_EQ(f.fields.Duration("d", 5), 5);
  EXPECT_EQ(f.fields.Integer("n", 3, {1, 12}), 3);
  EXPECT_TRUE(f.fields.TextList("l").empty());
  EXPECT_TRUE(f.fields.TextMap("m").empty());
  EXPECT_EQ(f.fields.Text("t"), "");
  const Texts faults = f.Faults();
  ASSERT_EQ(faults.size(), 6u);
  EXPECT_EQ(faults[0], "f.yaml:1:4: b: neither true nor false: 'yes' (write true or false)");
  EXPECT_TRUE(faults[1].starts_with("f.yaml:2:4: d: ")) << faults[1];
  EXPECT_EQ(faults[2], "f.yaml:3:4: n: not a whole number within the limits: '13' (from 1 to 12)");
  EXPECT_EQ(faults[3], "f.yaml:4:4: l: a text where a list belongs (write [a, b], or one `- ` line per element)");
  EXPECT_TRUE(faults[4].starts_with("f.yaml:5:4: m: a list where a map belongs"));
  EXPECT_EQ(faults[5],
            "f.yaml:6:4: t: a map where a text belongs (write one value, in quotes when it has brackets or colons)");
}

TEST(FieldReaderTest, UnknownKeysNameTheNearest) {
  Fixture f("descripton: x\nzzz: 1\n");
  f.fields.Text("description");
  f.fields.Text("owner");
  f.fields.Finish();
  EXPECT_EQ(f.Faults(), (Texts{"f.yaml:1:1: descripton: unknown key: 'descripton' (did you mean 'description'?)",
                               "f.yaml:2:1: zzz: unknown key: 'zzz' (the keys here are description, owner)"}));
}

TEST(FieldReaderTest, AMissingKeyIsAFaultOfTheMap) {
  Fixture f("a: 1\n");
  EXPECT_EQ(f.fields.RequiredText("name", "give one"), "");
  EXPECT_EQ(f.Faults(), Texts{"f.yaml:1:1: missing key: 'name' (give one)"});
}

TEST(FieldReaderTest, WhatIsNoMapIsOneFault) {
  Fixture f("[a]\n");
  EXPECT_EQ(f.fields.RequiredText("name", "give one"), "");
  f.fields.Finish();
  EXPECT_EQ(f.Faults(), Texts{"f.yaml:1:1: a list where a map belongs (write `key: value` lines)"});
}

TEST(FaultListTest, KeepsTheOrderOfFilesAndABound) {
  FaultList faults;
  for (int i = 0; i < static_cast<int>(kMaxFaults) + 5; ++i) faults.Add({"f", i + 1, 1, "", "x", ""});
  EXPECT_EQ(faults.size(), kMaxFaults + 5);
  const std::vector<Fault> taken = faults.Take();
  ASSERT_EQ(taken.size(), kMaxFaults + 1);
  EXPECT_EQ(taken.back().message, "and 5 more faults");
}

}  // namespace
}  // namespace larder
