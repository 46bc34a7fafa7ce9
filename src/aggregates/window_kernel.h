// What stands between the evaluator of windows and the kernels of the families.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "aggregates/aggregate_table.h"
#include "aggregates/result_column.h"
#include "aggregates/window_run.h"
#include "expressions/vector.h"

namespace larder {

/// Holds the events that count for some functions: those selected by `where` and, of families that skip nulls, without
/// a null input. Their values stand one after another without nulls.
struct CountedEvents {
  std::int64_t count = 0;
  std::span<const Vector> inputs;          ///< `count` values each, none constant; valid, but for kPerCategory
  const std::int64_t* times_us = nullptr;  ///< of the counted events
  const std::int64_t* places = nullptr;  ///< of each event of the run and its end, how many counted before it; nullptr:
                                         ///< all count

  /// Returns a range of the run as a range of counted events.
  std::int64_t Place(std::int64_t index) const { return places == nullptr ? index : places[index]; }
};

/// Holds one function for its kernel.
struct KernelFunction {
  const BoundAggregate* aggregate = nullptr;
  std::span<const EventRange> ranges;
  ResultColumn* result = nullptr;
  std::size_t window = 0;  ///< functions of the same window have the same ranges
};

/// Gives one group of functions of a family, over the same inputs and `where`, to their kernel.
struct KernelInput {
  const CountedEvents* events = nullptr;
  std::span<const KernelFunction> functions;  ///< ordered by window
  const WindowLimits* limits = nullptr;
};

/// Computes the functions of one group over one run after another; keeps its memory between runs.
class WindowKernel {
 public:
  virtual ~WindowKernel() = default;
  /// Writes every result of every function. Errors as of WindowEvaluator::Evaluate.
  virtual Status Evaluate(const KernelInput& input) = 0;
  /// Returns the memory kept.
  virtual std::int64_t scratch_bytes() const { return 0; }
};

/// Calls `visit(functions of one window)` for each window of an input.
template <class Visit>
Status ForEachWindow(const KernelInput& input, Visit visit) {
  for (std::size_t begin = 0; begin < input.functions.size();) {
    std::size_t end = begin + 1;
    while (end < input.functions.size() && input.functions[end].window == input.functions[begin].window) ++end;
    LARDER_RETURN_IF_ERROR(visit(input.functions.subspan(begin, end - begin)));
    begin = end;
  }
  return Status();
}

}  // namespace larder
