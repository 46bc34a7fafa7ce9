#include "expressions/function_table.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "expressions/evaluate_test.h"
#include "expressions/function_reference.h"

namespace larder {
namespace {

TEST(FunctionTableTest, EveryExampleGivesWhatItSays) {
  for (const FunctionRow& row : FunctionTable()) {
    EXPECT_EQ(Value(row.example), row.expected) << row.name;
  }
}

TEST(FunctionTableTest, RowsAreCompleteAndNamesAreUnique) {
  std::set<std::string_view> names;
  for (const FunctionRow& row : FunctionTable()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.overloads.empty()) << row.name;
    EXPECT_FALSE(row.documentation.empty() || row.documentation.ends_with('.')) << row.name;
    // Operators are shown as they are written; between two of them only `like` has letters.
    EXPECT_NE(row.example.find(row.name), std::string_view::npos) << row.name;
    EXPECT_EQ(FindFunction(row.name), &row);
  }
  EXPECT_GE(names.size(), 100U);
  EXPECT_EQ(FindFunction("COALESCE"), FindFunction("coalesce"));
  EXPECT_EQ(FindFunction("no_such_function"), nullptr);
}

// Calls each overload with nulls in every place, and over no rows: neither may fail or crash.
TEST(FunctionTableTest, EveryOverloadTakesNullsAndNoRows) {
  for (const FunctionRow& row : FunctionTable()) {
    if (row.group == FunctionGroup::kOperator) continue;
    for (const Overload& overload : row.overloads) {
      std::string call = std::string(row.name) + "(";
      for (std::size_t i = 0; i < overload.parsed.arguments.size(); ++i) {
        const TypePattern& pattern = overload.parsed.arguments[i];
        std::string null = "null::int64";
        if (pattern.kind == TypePattern::Kind::kListOfVariable) null = "null::list<int64>";
        if (pattern.kind == TypePattern::Kind::kExact) {
          null = pattern.type.is_duration() ? "seconds(null::int64)" : "null::" + TypeName(pattern.type);
        }
        call += (i > 0 ? ", " : "") + null;
      }
      call += ")";
      if (overload.parsed.result.type.is_duration()) call = "total_seconds(" + call + ")";
      const std::string expected = row.name == "concat" ? "" : "null";
      EXPECT_EQ(Value(call), expected) << call;
      const TestTable empty = MakeTable({{"x", "int64", "[]"}});
      EXPECT_EQ(Evaluated(empty, call), "") << call;
    }
  }
}

// docs/reference/functions.md is written from the table: LARDER_WRITE_GOLDEN=1 in the environment writes it.
TEST(FunctionReferenceTest, ThePageIsTheTable) {
  const std::string path = "docs/reference/functions.md";
  const std::string expected = FunctionReference();
  if (std::getenv("LARDER_WRITE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << expected;
  std::ifstream file(path, std::ios::binary);
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(page, expected) << "run LARDER_WRITE_GOLDEN=1 expressions_test from the root of the repository";
}

}  // namespace
}  // namespace larder
