#include "expressions/function_table.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "expressions/functions_by_group.h"
#include "expressions/lexer.h"

namespace larder {
namespace {

std::vector<FunctionRow> MakeTable() {
  std::vector<FunctionRow> table;
  for (auto* part :
       {OperatorFunctions, ConditionalFunctions, MathFunctions, StringFunctions, TextPartFunctions, PatternFunctions,
        DurationFunctions, CalendarFunctions, TimeFunctions, ListFunctions, VectorFunctions, HashFunctions}) {
    for (FunctionRow& row : part()) table.push_back(std::move(row));
  }
  for (FunctionRow& row : table) {
    for (Overload& overload : row.overloads) overload.parsed = ParseSignature(overload.signature);
  }
  return table;
}

}  // namespace

std::span<const FunctionRow> FunctionTable() {
  static const std::vector<FunctionRow> kTable = MakeTable();
  return kTable;
}

const FunctionRow* FindFunction(std::string_view name) {
  static const auto kIndex = [] {
    std::unordered_map<std::string, const FunctionRow*> index;
    for (const FunctionRow& row : FunctionTable()) index.emplace(std::string(row.name), &row);
    return index;
  }();
  const auto found = kIndex.find(LowerAscii(name));
  return found == kIndex.end() ? nullptr : found->second;
}

}  // namespace larder
