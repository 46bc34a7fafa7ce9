// Runs of events made by hand, for the tests of aggregates.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "aggregates/aggregate_state.h"
#include "aggregates/window_run.h"
#include "base/random.h"
#include "expressions/vector.h"

namespace larder {

/// Owns columns and times of events.
class TestRun {
 public:
  /// Adds a column of values in the layout of its type.
  template <class T>
  void Add(ExpressionType type, std::vector<T> values, std::vector<std::uint8_t> valid = {}) {
    auto kept =
        std::make_shared<std::pair<std::vector<T>, std::vector<std::uint8_t>>>(std::move(values), std::move(valid));
    Vector vector;
    vector.type = type;
    vector.values = kept->first.data();
    if (!kept->second.empty()) vector.valid = kept->second.data();
    columns_.push_back(vector);
    kept_.push_back(std::move(kept));
  }
  void AddVector(const Vector& vector) { columns_.push_back(vector); }
  void RemoveLast() { columns_.pop_back(); }
  /// Gives the last column, of lists, its elements.
  void SetElements(const Vector* elements) { columns_.back().elements = elements; }
  /// Keeps something alive as long as the run.
  void Keep(std::shared_ptr<void> kept) { kept_.push_back(std::move(kept)); }

  std::vector<std::int64_t> times_us;
  std::vector<std::int64_t> created_times_us;
  std::vector<std::string_view> ties;

  std::int64_t event_count() const { return static_cast<std::int64_t>(times_us.size()); }
  EventRun View() const { return {event_count(), times_us, columns_, created_times_us, ties}; }
  const std::vector<Vector>& columns() const { return columns_; }

 private:
  std::vector<Vector> columns_;
  std::vector<std::shared_ptr<void>> kept_;
};

/// Evaluates one function over one list of ranges; a failure is told by a test failure.
inline ResultColumn Evaluated(const WindowFunction& function, const TestRun& run,
                              const std::vector<EventRange>& ranges) {
  std::vector<ResultColumn> results;
  results.emplace_back(function.aggregate.type(), static_cast<std::int64_t>(ranges.size()));
  WindowEvaluator evaluator({function});
  const std::span<const EventRange> window(ranges);
  const Status status = evaluator.Evaluate(run.View(), {&window, 1}, results);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return std::move(results[0]);
}

/// Returns a row as text; floats with their bits, so that equal texts are equal bits.
inline std::string BitsText(ResultColumn& column, std::int64_t row) {
  const Vector values = column.Values();
  if (!values.IsValid(row)) return "null";
  std::string text = ValueText(values, row);
  const auto append = [&text](const Vector& of, std::int64_t index) {
    if (StorageOf(of.type) != Storage::kFloat || !of.IsValid(index)) return;
    text += " #" + std::to_string(std::bit_cast<std::uint64_t>(of.At<double>(index)));
  };
  append(values, row);
  if (values.type.is_list()) {
    const auto span = values.At<ListSpan>(row);
    text += " of " + std::to_string(span.length);
    for (std::int64_t i = 0; i < span.length; ++i) {
      append(*values.elements, span.offset + i);
      if (StorageOf(values.elements->type) != Storage::kFloat)
        text += "; " + ValueText(*values.elements, span.offset + i);
    }
  }
  return text;
}

}  // namespace larder
