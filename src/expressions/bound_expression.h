// An expression with names and types resolved, ready to run over Arrow arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/value_type.h"
#include "expressions/expression.h"
#include "expressions/name_scope.h"
#include "expressions/vector.h"

namespace larder {

struct BoundNode;
class TimeZoneDatabase;

/// Says how to bind. Everything has a default.
struct BindOptions {
  /// Converts the result to this type, by the narrowing rules of plain features: integers and float64 to float32 round
  /// to the nearest, a float to an integer and int64 to int32 only when exact, else evaluating fails and names the row.
  /// Widening and null are free; any other pair of types does not bind. Absent: the type of the expression itself.
  std::optional<ValueType> result_type;
  /// Where zones come from; nullptr: the machine's own (/usr/share/zoneinfo), read when first needed.
  std::shared_ptr<const TimeZoneDatabase> zones;
};

/// Says how to evaluate. Everything has a default.
struct EvaluationOptions {
  /// Names the row of this offset in the batch for an error, such as "flights.csv: line 12"; absent: "row 12", from 0.
  std::function<std::string(std::int64_t)> row_name;
};

/// Holds an expression whose names and types are resolved. Immutable; cheap to copy; Evaluate may be called from
/// several threads at once. The same row gives the same bits whatever batch it stands in: offline and online run this.
class BoundExpression {
 public:
  struct Content;
  explicit BoundExpression(std::shared_ptr<const Content> content);

  /// Returns the type of the values.
  ValueType type() const;

  /// Returns the columns that are read, as indexes into the columns of the scope, each once, in the order of their
  /// first mention.
  const std::vector<std::size_t>& columns() const;

  /// Evaluates over `row_count` rows. `columns` are the arrays of `columns()`, in that order, of internal type and
  /// `row_count` long each; slices are fine. Returns an array of ToArrow(type()) and of `row_count` rows; it may be one
  /// of the arrays given. Fails with kValueOutOfRange (overflow), kInvalidData (failed cast, invalid argument) or
  /// kLimitExceeded (a text over the limit) for the first row, in order, that fails, and names it; with kTypeMismatch
  /// when an array is not of the type that was bound.
  Result<std::shared_ptr<arrow::Array>> Evaluate(std::span<const std::shared_ptr<arrow::Array>> columns,
                                                 std::int64_t row_count, const EvaluationOptions& options = {}) const;

  /// Evaluates over vectors, without Arrow: `columns` are the values of `columns()`, in that order, laid out as
  /// StorageOf their types says, none constant. The result, too, is in the layout of its type (int32 and float32 are
  /// within their range), and lives in `arena` or where the columns live; it may be constant. Rows that failed are
  /// marked and null: Evaluate tells why. Gives the bits that Evaluate gives; allocates nothing but from the arena.
  Vector EvaluateVectors(std::span<const Vector> columns, std::int64_t row_count, Arena& arena) const;

  /// Evaluates over a batch whose columns are those of the scope, in the scope's order (there may be more at the end).
  Result<std::shared_ptr<arrow::Array>> Evaluate(const arrow::RecordBatch& batch,
                                                 const EvaluationOptions& options = {}) const;

  /// Evaluates a condition (type() is bool; else kTypeMismatch): the array has no nulls, null counts as false.
  Result<std::shared_ptr<arrow::BooleanArray>> EvaluateFilter(std::span<const std::shared_ptr<arrow::Array>> columns,
                                                              std::int64_t row_count,
                                                              const EvaluationOptions& options = {}) const;
  Result<std::shared_ptr<arrow::BooleanArray>> EvaluateFilter(const arrow::RecordBatch& batch,
                                                              const EvaluationOptions& options = {}) const;

 private:
  std::shared_ptr<const Content> content_;
};

/// Resolves names, functions and types. Fails with kInvalidExpression and exactly one fault, placed as ParseExpression
/// places it: an unknown column or function (the hint names the nearest), an ambiguous column, types that do not fit, a
/// literal that is no instant, an unknown zone or unit, a result that is a duration or a bare null.
Result<BoundExpression> Bind(const Expression& expression, const NameScope& scope, const BindOptions& options = {});

}  // namespace larder
