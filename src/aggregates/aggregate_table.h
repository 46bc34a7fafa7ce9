// The one table of aggregates, and a call of one with its types resolved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "columnar/value_type.h"

namespace larder {

/// The most inputs that an aggregate has, the category of `per` included.
inline constexpr std::size_t kMaxAggregateInputs = 3;

/// The most values that a list in a result has.
inline constexpr std::int64_t kMaxListCount = 100'000;

/// Names the aggregates, in the order of the table.
enum class AggregateFunction : std::uint8_t {
  kCount,
  kCountNull,
  kSum,
  kMean,
  kVarPop,
  kVarSamp,
  kStdPop,
  kStdSamp,
  kMin,
  kMax,
  kFirst,
  kLast,
  kDelta,
  kTimeSinceFirst,
  kTimeSinceLast,
  kMinBy,
  kMaxBy,
  kSkew,
  kKurtosis,
  kCovar,
  kCorr,
  kSlope,
  kRatio,
  kRate,
  kAny,
  kAll,
  kHistogram,
  kApproxCountDistinct,
  kApproxQuantile,
  kEwma,
  kDecayedSum,
  kVectorSum,
  kVectorMean,
  kVectorMax,
  kMedian,
  kQuantile,
  kTopN,
  kBottomN,
  kCountDistinct,
  kMode,
  kEntropy,
  kFirstN,
  kLastN,
  kNth,
  kLag,
  kCollectList,
  kDrawdown,
};

/// Groups aggregates that are computed by the same code and, over the same inputs, share one scan and one state.
enum class AggregateFamily : std::uint8_t {
  kCounts,            ///< how many rows, values, nulls
  kMoments,           ///< exact power sums
  kExtremes,          ///< least and greatest
  kEdges,             ///< the first and last values, and their times
  kArguments,         ///< a value where another is least or greatest
  kShapes,            ///< exact third and fourth powers
  kPairs,             ///< exact sums of products of two inputs
  kTrends,            ///< exact sums of products of a value and its time
  kRatios,            ///< two exact sums
  kRates,             ///< an exact sum or a count, by the length of the window
  kTruths,            ///< how many are true
  kHistograms,        ///< counts between edges
  kDistinctSketches,  ///< HyperLogLog
  kQuantileSketches,  ///< counts by buckets of a relative width
  kDecays,            ///< exact sums of weighted values, by periods of a half-life
  kVectorSums,        ///< an exact sum for each place of a vector
  kVectorMaxima,      ///< the greatest for each place of a vector
  kQuantiles,         ///< ranks of all values
  kDistinct,          ///< counts of each value
  kOrders,            ///< places in the order of events
  kDrawdowns,         ///< stretches of events
  kPerCategory,       ///< another family, for each category
};

/// Says which types an input may have.
enum class InputTypes : std::uint8_t {
  kAny,      ///< every value type
  kNumber,   ///< int32, int64, float32, float64
  kOrdered,  ///< all but lists
  kBool,
  kVector,  ///< list<float32>, list<float64>
};

/// Describes one input: the key that names it in a definition, and what it may be.
struct AggregateInput {
  std::string_view name;
  InputTypes types = InputTypes::kAny;
  bool is_optional = false;
};

/// Says what a parameter is, and so how its text is read.
enum class ParameterKind : std::uint8_t {
  kCount,     ///< a whole number from 1 to the row's `greatest`
  kPlace,     ///< a whole number from -`greatest` to `greatest`, not 0
  kFraction,  ///< a decimal from 0 to 1, of at most 9 digits after the point
  kDuration,  ///< a duration of more than 0
  kEdges,     ///< numbers, each greater than the one before
};

/// Describes one parameter. All parameters are required.
struct AggregateParameter {
  std::string_view name;
  ParameterKind kind = ParameterKind::kCount;
  std::int64_t greatest = 0;  ///< of numbers, or the most edges
};

/// Says what type the result has.
enum class ResultRule : std::uint8_t {
  kInt64,
  kFloat64,
  kWidest,  ///< int64 of integers, float64 of floats
  kSame,    ///< the type of the first input
  kBool,
  kListOfSame,
  kListOfInt64,
  kListOfFloat64,
};

/// Describes one aggregate. The texts stand in the reference; `example` gives `expected`, as a test checks.
struct AggregateRow {
  AggregateFunction function;
  std::string_view name;
  AggregateFamily family;
  bool is_mergeable = true;  ///< a tile holds its state; else a read needs the window's events
  std::vector<AggregateInput> inputs = {};
  std::vector<AggregateParameter> parameters = {};
  ResultRule result = ResultRule::kFloat64;
  std::string_view documentation = {};  ///< one line, without a full stop
  std::string_view nan = {};            ///< what a NaN does
  std::string_view empty = {};          ///< what a window without counted events gives
  std::string_view example = {};        ///< a call and its inputs, such as "quantile(0.5) of [1, 2, 4]"
  std::string_view expected = {};       ///< the value as text
};

/// Returns every aggregate, in the order of the reference. Made once; constant afterwards.
std::span<const AggregateRow> AggregateTable();

/// Returns the row with this name, or nullptr.
const AggregateRow* FindAggregate(std::string_view name);

/// Holds a parameter as a definition writes it. An empty name is the next parameter in order.
struct ParameterText {
  std::string name;
  std::vector<std::string> values;  ///< one text, or of edges one each
};

/// Asks for one result for each category: a map, as JSON text (docs/decisions/0060-maps-as-json.md).
struct PerCategory {
  ValueType category;                    ///< bool, int32, int64, string, date or timestamp
  std::int64_t top = 0;                  ///< only the categories of the greatest results; 0: all, for bool only
  std::int64_t max_categories = 10'000;  ///< more in one window are an error

  friend bool operator==(const PerCategory&, const PerCategory&) = default;
};

/// Holds a call of an aggregate as a definition writes it.
struct AggregateCall {
  std::string name;
  std::vector<ParameterText> parameters;
  std::vector<ValueType> inputs;  ///< types in the order of the row's inputs; optional ones may be left out
  std::optional<std::int64_t> window_us = std::nullopt;  ///< the length of the window, when it has one
  std::optional<PerCategory> per = std::nullopt;         ///< then the category is one input more, the last
};

/// Takes `quantile(0.9)` or `histogram(0, 15, 60)` apart into the name and parameters without names; a bare name has
/// none. Fails with kInvalidDefinition when it is neither.
Result<AggregateCall> ParseAggregateCall(std::string_view text);

/// Holds a share as it was written: 0.9 is 9 of 10, which no double is.
struct Fraction {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;

  double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }
  friend bool operator==(const Fraction&, const Fraction&) = default;
};

/// Holds the values of parameters; those that the aggregate does not have keep their defaults.
struct AggregateOptions {
  std::int64_t count = 0;
  Fraction share;
  std::int64_t half_life_us = 0;
  std::vector<double> edges;
  std::int64_t window_us = 0;  ///< 0: the window has no length

  friend bool operator==(const AggregateOptions&, const AggregateOptions&) = default;
};

/// Holds an aggregate whose types and parameters are resolved. Immutable; cheap to copy.
class BoundAggregate {
 public:
  BoundAggregate(const AggregateRow& row, std::vector<ValueType> inputs, AggregateOptions options, ValueType type)
      : row_(&row), inputs_(std::move(inputs)), options_(std::move(options)), type_(type) {}
  /// Wraps an aggregate: its result for each category.
  BoundAggregate(std::shared_ptr<const BoundAggregate> inner, const PerCategory& per);

  const AggregateRow& row() const { return *row_; }
  AggregateFunction function() const { return row_->function; }
  AggregateFamily family() const { return per_ ? AggregateFamily::kPerCategory : row_->family; }
  /// Returns the type of the result.
  ValueType type() const { return type_; }
  /// Returns the types of the inputs, that of the category last.
  const std::vector<ValueType>& inputs() const { return inputs_; }
  const AggregateOptions& options() const { return options_; }
  bool is_mergeable() const { return row_->is_mergeable; }
  /// Returns what is asked for each category, and of what; absent and nullptr when there are no categories.
  const std::optional<PerCategory>& per() const { return per_; }
  const BoundAggregate* inner() const { return inner_.get(); }

 private:
  const AggregateRow* row_;
  std::vector<ValueType> inputs_;
  AggregateOptions options_;
  ValueType type_;
  std::optional<PerCategory> per_;
  std::shared_ptr<const BoundAggregate> inner_;
};

/// Checks a call and gives the type of its result. Fails with kInvalidDefinition: an unknown aggregate (the hint names
/// the nearest), an input too many or missing, a type that does not fit, a parameter that is unknown, missing or out
/// of its limits, a window without a length where one is needed, a category of another type, or of any number of values
/// without `top`.
Result<BoundAggregate> BindAggregate(const AggregateCall& call);

}  // namespace larder
