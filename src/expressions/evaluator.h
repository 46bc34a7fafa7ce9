// The tree of a bound expression, the flat program that it becomes, and how that runs over a batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "expressions/function_table.h"
#include "expressions/lexer.h"
#include "expressions/syntax_tree.h"
#include "expressions/time_zone.h"
#include "expressions/vector.h"

namespace larder {

/// Names what a bound node does.
enum class BoundKind : std::uint8_t {
  kConstant,  ///< `literal`
  kColumn,    ///< the `index`-th column that is read
  kSlot,      ///< what the kLet of this `index` above has computed
  kLet,       ///< computes the first child once, for the kSlots in the second
  kCall,      ///< `kernel` of the children
  kAnd,       ///< three-valued; from left to right, what a false has decided fails no more
  kOr,        ///< three-valued; from left to right, what a true has decided fails no more
  kIsNull,    ///< true where the child is null
  kCase,      ///< condition, value, ..., else: the value of the first true condition; only what is chosen can fail
  kCoalesce,  ///< the first that is not null; what stands after it fails no more
  kTry,       ///< null where the child failed
  kList,      ///< a list of the children
};

/// Holds one node of a bound tree. Children have the very types that the node needs. Immutable once bound.
struct BoundNode {
  BoundKind kind = BoundKind::kConstant;
  ExpressionType type;
  SourceSpan span;
  std::vector<std::unique_ptr<BoundNode>> children;
  LiteralValue literal;
  std::size_t index = 0;
  Kernel kernel = nullptr;
  NullRule nulls = NullRule::kPropagate;
  std::string label;  ///< how messages show a call: a name, an operator, or "::type" of a cast

  /// Holds the value of a literal where vectors can point to.
  std::uint8_t bool_value = 0;
  std::int64_t integer_value = 0;
  double float_value = 0;
  std::string_view text_value;
};

/// Fills what vectors point to from `literal` and `type`. Call it once the node stands at its final address.
void PlaceLiteral(BoundNode& node);

/// Computes one register from others, or passes over the steps that a run of rows does not need.
struct ProgramStep {
  enum class Kind : std::uint8_t {
    kCompute,      ///< `node` of the arguments
    kUnlessTrue,   ///< to `target` when the argument, a condition, is true in no row
    kUnlessNulls,  ///< to `target` when the argument has no nulls
  };
  Kind kind = Kind::kCompute;
  const BoundNode* node = nullptr;
  std::uint32_t first_argument = 0;  ///< in Program::arguments
  std::uint32_t argument_count = 0;
  std::uint32_t result = 0;  ///< register
  std::uint32_t target = 0;  ///< step
};

/// Holds a bound tree as steps in the order in which they run. The first registers are the columns that are read.
struct Program {
  std::vector<ProgramStep> steps;
  std::vector<std::uint32_t> arguments;  ///< registers
  std::uint32_t register_count = 0;
  std::uint32_t result = 0;  ///< register
};

/// Holds what an evaluation needs besides rows.
struct BoundTree {
  Program program;
  std::vector<ValueType> column_types;  ///< of the columns that are read
  const TimeZoneDatabase* zones = nullptr;
  std::string_view text;  ///< of the expression, for messages
};

/// Holds the rows of one evaluation: those of arrays, or of vectors.
struct EvaluationRows {
  std::span<const std::shared_ptr<arrow::Array>> columns;
  std::int64_t offset = 0;
  std::int64_t count = 0;
  /// Collects why a row failed; nullptr: failures are only marked. Only with count 1.
  std::vector<std::unique_ptr<FailureNote>>* notes = nullptr;
  /// Stands in place of `columns` unless empty: a vector for each column, of `count` rows; `offset` is 0.
  std::span<const Vector> vectors = {};
};

/// Computes the tree over the rows; the vector lives in the arena and in what the arrays and the tree hold. Failed rows
/// are marked, not reported.
Vector EvaluateTree(const BoundTree& tree, const EvaluationRows& rows, Arena& arena);

}  // namespace larder
