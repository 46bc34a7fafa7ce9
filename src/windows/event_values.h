// What windows are taken of: expressions over the columns of events, and the bytes that order equal events.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/row_codec.h"
#include "expressions/vector.h"
#include "windows/window_plan.h"

namespace larder {

/// Holds the values of a plan's expressions over a batch of events. Borrows the arrays they were made of.
class EventValues {
 public:
  /// Evaluates over `columns`, which are those of the plan, `row_count` long. `row_name` names a row for an error.
  /// Fails as BoundExpression::Evaluate does.
  static Result<EventValues> Make(const WindowPlan& plan, std::span<const std::shared_ptr<arrow::Array>> columns,
                                  std::int64_t row_count, const std::function<std::string(std::int64_t)>& row_name);

  /// Puts the expressions' values from row `begin` on into `columns`.
  void Slice(std::int64_t begin, std::vector<Vector>& columns) const;

 private:
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
  std::vector<Vector> values_;
};

/// Returns a vector from row `begin` on.
Vector SliceOf(const Vector& vector, std::int64_t begin);

/// Returns so many instants of the epoch: of rows whose own times stand elsewhere.
Result<std::shared_ptr<arrow::Array>> ZeroTimes(std::int64_t row_count);

/// Holds, for each row of a batch, the bytes that stand for its values when events of equal times are ordered: what
/// follows the header of a feature row of these columns (docs/formats/feature_row.md).
class EncodedValues {
 public:
  static Result<EncodedValues> Make(std::span<const ValueColumn> columns,
                                    std::span<const std::shared_ptr<arrow::Array>> values, std::int64_t row_count);

  std::string_view row(std::int64_t index) const { return rows_.row(index).substr(kRowHeaderSize); }

 private:
  EncodedRows rows_;
};

}  // namespace larder
