// Reads cases (a call, events, ranges) and writes the result of each range, by windows and by tiles, which must be
// equal; aggregate_test.py compares them with results of its own. The form of the lines is told there.
#include <bit>
#include <cinttypes>
#include <cstdio>
#include <deque>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "aggregates/aggregate_state.h"
#include "aggregates/window_run.h"

namespace larder {
namespace {

// One column as it is read; what a column does not use stays empty.
struct Column {
  ValueType type;
  std::vector<std::uint8_t> valid;
  std::vector<std::uint8_t> bools;
  std::vector<std::int64_t> integers;
  std::vector<double> floats;
  std::deque<std::string> kept;
  std::vector<std::string_view> texts;
  std::vector<ListSpan> spans;
  std::vector<double> elements;
  Vector element_vector;

  void Read(const std::string& word) {
    const bool is_valid = word != "-";
    valid.push_back(is_valid ? 1 : 0);
    switch (StorageOf(ExpressionType::Of(type))) {
      case Storage::kBool:
        return bools.push_back(is_valid && word == "1" ? 1 : 0);
      case Storage::kInteger:
        return integers.push_back(is_valid ? std::stoll(word) : 0);
      case Storage::kFloat:
        return floats.push_back(is_valid ? std::bit_cast<double>(std::stoull(word, nullptr, 16)) : 0);
      case Storage::kText:
        kept.push_back(is_valid ? word.substr(1) : "");
        return texts.push_back(kept.back());
      case Storage::kList:
        break;
    }
    const auto offset = static_cast<std::int64_t>(elements.size());
    std::istringstream parts(is_valid ? word : "");
    for (std::string part; std::getline(parts, part, ',');) {
      elements.push_back(std::bit_cast<double>(std::stoull(part, nullptr, 16)));
    }
    spans.push_back({offset, static_cast<std::int64_t>(elements.size()) - offset});
  }

  Vector View() {
    Vector vector;
    vector.type = ExpressionType::Of(type);
    vector.valid = valid.data();
    switch (StorageOf(vector.type)) {
      case Storage::kBool:
        vector.values = bools.data();
        break;
      case Storage::kInteger:
        vector.values = integers.data();
        break;
      case Storage::kFloat:
        vector.values = floats.data();
        break;
      case Storage::kText:
        vector.values = texts.data();
        break;
      case Storage::kList:
        element_vector.type = vector.type.element();
        element_vector.values = elements.data();
        vector.values = spans.data();
        vector.elements = &element_vector;
    }
    return vector;
  }
};

std::string Word(const Vector& values, std::int64_t index) {
  if (!values.IsValid(index)) return "-";
  char text[32];
  switch (StorageOf(values.type)) {
    case Storage::kBool:
      return values.At<std::uint8_t>(index) != 0 ? "1" : "0";
    case Storage::kInteger:
      return std::to_string(values.At<std::int64_t>(index));
    case Storage::kFloat:
      std::snprintf(text, sizeof(text), "%016" PRIx64, std::bit_cast<std::uint64_t>(values.At<double>(index)));
      return text;
    case Storage::kText:
      return "s" + std::string(values.At<std::string_view>(index));
    case Storage::kList:
      break;
  }
  const auto span = values.At<ListSpan>(index);
  std::string words = "[";
  for (std::int64_t i = 0; i < span.length; ++i) words += (i > 0 ? "," : "") + Word(*values.elements, span.offset + i);
  return words + "]";
}

struct Case {
  AggregateCall call;
  std::vector<std::int64_t> times_us;
  std::deque<std::string> kept_ties;
  std::vector<std::string_view> ties;
  std::deque<Column> columns;
  std::vector<EventRange> ranges;
};

// Reads the head: call, length of the window, `top` (-1: no category), types.
bool ReadCase(std::istream& in, Case& read) {
  std::string line;
  if (!std::getline(in, line)) return false;
  std::istringstream head(line);
  std::string call;
  std::int64_t window_us = 0;
  std::int64_t top = 0;
  std::size_t event_count = 0;
  std::size_t range_count = 0;
  head >> call >> window_us >> top >> event_count >> range_count;
  read.call = ParseAggregateCall(call).value();
  read.call.window_us = window_us;
  for (std::string type; head >> type;) {
    read.columns.emplace_back();
    read.columns.back().type = ParseTypeName(type).value();
    read.call.inputs.push_back(read.columns.back().type);
  }
  if (top >= 0) {
    read.call.per = PerCategory{read.call.inputs.back(), top};
    read.call.inputs.pop_back();
  }
  for (std::size_t i = 0; i < event_count; ++i) {
    std::getline(in, line);
    std::istringstream words(line);
    std::int64_t time_us = 0;
    words >> time_us;
    read.times_us.push_back(time_us);
    char tie[32];
    std::snprintf(tie, sizeof(tie), "%08zu", i);
    read.kept_ties.emplace_back(tie);
    read.ties.push_back(read.kept_ties.back());
    std::string word;
    for (Column& column : read.columns) {
      words >> word;
      column.Read(word);
    }
  }
  for (std::size_t i = 0; i < range_count; ++i) {
    EventRange range;
    in >> range.begin >> range.end >> range.time_us;
    range.row = static_cast<std::int64_t>(i);
    read.ranges.push_back(range);
  }
  std::getline(in, line);
  return true;
}

// Every other event in the one tile, the others in another, which is stored and merged.
Result<std::string> ByTiles(const WindowFunction& function, const EventRun& run, const EventRange& range) {
  const StatePlan plan({function});
  TileState tile(plan);
  TileState other(plan);
  for (std::int64_t i = range.begin; i < range.end; ++i) {
    LARDER_RETURN_IF_ERROR((i % 2 == 0 ? tile : other).Add(run, i, i + 1));
  }
  LARDER_RETURN_IF_ERROR(tile.Merge(other));
  ResultColumn result(function.aggregate.type(), 1);
  LARDER_RETURN_IF_ERROR(tile.Finish(0, range.time_us, result, 0));
  return Word(result.Values(), 0);
}

void Answer(Case& read) {
  WindowFunction function{BindAggregate(read.call).value(), {}};
  std::vector<Vector> columns;
  for (Column& column : read.columns) {
    function.inputs.push_back(columns.size());
    columns.push_back(column.View());
  }
  const EventRun run{static_cast<std::int64_t>(read.times_us.size()), read.times_us, columns, {}, read.ties};
  std::vector<ResultColumn> results;
  results.emplace_back(function.aggregate.type(), static_cast<std::int64_t>(read.ranges.size()));
  WindowEvaluator evaluator({function});
  const std::span<const EventRange> window(read.ranges);
  const Status status = evaluator.Evaluate(run, {&window, 1}, results);
  for (const EventRange& range : read.ranges) {
    const std::string word = status.ok() ? Word(results[0].Values(), range.row) : "error";
    std::cout << word;
    if (status.ok() && function.aggregate.is_mergeable()) {
      const Result<std::string> tiles = ByTiles(function, run, range);
      if (!tiles.ok() || *tiles != word) std::cout << " tiles:" << (tiles.ok() ? *tiles : "error");
    }
    std::cout << "\n";
  }
}

}  // namespace
}  // namespace larder

int main() {
  for (larder::Case read; larder::ReadCase(std::cin, read); read = larder::Case()) larder::Answer(read);
  return 0;
}
