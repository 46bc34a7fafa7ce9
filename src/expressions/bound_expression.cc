#include "expressions/bound_expression.h"

#include <algorithm>
#include <array>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>

#include "columnar/arrow_status.h"
#include "expressions/binder.h"
#include "expressions/evaluator.h"
#include "expressions/time_zone.h"
#include "expressions/vector_arrow.h"

namespace larder {
namespace {

// Rows that are computed together: what they need fits the cache, and memory does not grow with the batch.
constexpr std::int64_t kRunRows = 2048;

// Lays out a tree in post-order.
class Compiler {
 public:
  Compiler(std::size_t column_count, std::size_t slot_count) : slots_(slot_count) {
    program_.register_count = static_cast<std::uint32_t>(column_count);
  }

  Program Finish(const BoundNode& root) && {
    program_.result = Add(root);
    return std::move(program_);
  }

 private:
  using Kind = ProgramStep::Kind;

  std::uint32_t Add(const BoundNode& node) {
    switch (node.kind) {
      case BoundKind::kColumn:
        return static_cast<std::uint32_t>(node.index);
      case BoundKind::kSlot:
        return slots_[node.index];
      case BoundKind::kLet:
        slots_[node.index] = Add(*node.children[0]);
        return Add(*node.children[1]);
      case BoundKind::kCase:
        return AddCase(node);
      case BoundKind::kCoalesce:
        return AddCoalesce(node);
      default:
        break;
    }
    std::vector<std::uint32_t> arguments;
    for (const auto& child : node.children) arguments.push_back(Add(*child));
    return Compute(node, arguments);
  }

  std::uint32_t Compute(const BoundNode& node, const std::vector<std::uint32_t>& arguments) {
    AddStep(Kind::kCompute, arguments);
    program_.steps.back().node = &node;
    return program_.steps.back().result = program_.register_count++;
  }

  std::size_t AddStep(Kind kind, const std::vector<std::uint32_t>& arguments) {
    ProgramStep step;
    step.kind = kind;
    step.first_argument = static_cast<std::uint32_t>(program_.arguments.size());
    step.argument_count = static_cast<std::uint32_t>(arguments.size());
    program_.arguments.insert(program_.arguments.end(), arguments.begin(), arguments.end());
    program_.steps.push_back(step);
    return program_.steps.size() - 1;
  }

  void EndSkip(std::size_t step) { program_.steps[step].target = static_cast<std::uint32_t>(program_.steps.size()); }

  // A value that no row chooses is not computed; its register stays empty.
  std::uint32_t AddCase(const BoundNode& node) {
    std::vector<std::uint32_t> arguments;
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      arguments.push_back(Add(*node.children[i]));
      const std::size_t skip = AddStep(Kind::kUnlessTrue, {arguments.back()});
      arguments.push_back(Add(*node.children[i + 1]));
      EndSkip(skip);
    }
    arguments.push_back(Add(*node.children.back()));
    return Compute(node, arguments);
  }

  std::uint32_t AddCoalesce(const BoundNode& node) {
    std::vector<std::uint32_t> arguments = {Add(*node.children[0])};
    const std::size_t skip = AddStep(Kind::kUnlessNulls, arguments);
    for (std::size_t i = 1; i < node.children.size(); ++i) arguments.push_back(Add(*node.children[i]));
    EndSkip(skip);
    return Compute(node, arguments);
  }

  Program program_;
  std::vector<std::uint32_t> slots_;  // registers
};

std::string RowName(const EvaluationOptions& options, std::int64_t row) {
  return options.row_name ? options.row_name(row) : "row " + std::to_string(row);
}

}  // namespace

struct BoundExpression::Content {
  std::string text;
  ValueType type;
  std::unique_ptr<BoundNode> root;
  std::vector<std::size_t> columns;
  std::vector<std::shared_ptr<arrow::DataType>> arrow_types;
  std::vector<std::string> column_texts;
  std::shared_ptr<const TimeZoneDatabase> zones;
  BoundTree tree;

  Status CheckColumns(std::span<const std::shared_ptr<arrow::Array>> arrays, std::int64_t row_count) const;
  Status Explain(EvaluationRows rows, const Vector& failed, const EvaluationOptions& options) const;
};

Status BoundExpression::Content::CheckColumns(std::span<const std::shared_ptr<arrow::Array>> arrays,
                                              std::int64_t row_count) const {
  LARDER_CHECK(arrays.size() == columns.size());
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    if (!arrays[i]->type()->Equals(*arrow_types[i])) {
      return Status(Reason::kTypeMismatch, "column " + column_texts[i] + " is " + arrays[i]->type()->ToString() +
                                               ", not " + TypeName(tree.column_types[i]) + " as when it was bound");
    }
    LARDER_CHECK(arrays[i]->length() == row_count);
  }
  return {};
}

// Runs the first failed row again, this time for its message.
Status BoundExpression::Content::Explain(EvaluationRows rows, const Vector& failed,
                                         const EvaluationOptions& options) const {
  std::int64_t row = 0;
  while (!failed.IsFailed(row)) ++row;
  std::vector<std::unique_ptr<FailureNote>> notes;
  Arena arena;
  const EvaluationRows one{rows.columns, rows.offset + row, 1, &notes};
  const Vector again = EvaluateTree(tree, one, arena);
  LARDER_CHECK(again.IsFailed(0) && again.note != nullptr);
  return Status(again.note->reason, RowName(options, one.offset) + ": " + again.note->message, again.note->hint);
}

BoundExpression::BoundExpression(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

ValueType BoundExpression::type() const { return content_->type; }

const std::vector<std::size_t>& BoundExpression::columns() const { return content_->columns; }

Result<std::shared_ptr<arrow::Array>> BoundExpression::Evaluate(std::span<const std::shared_ptr<arrow::Array>> columns,
                                                                std::int64_t row_count,
                                                                const EvaluationOptions& options) const {
  const Content& content = *content_;
  LARDER_RETURN_IF_ERROR(content.CheckColumns(columns, row_count));
  if (content.root->kind == BoundKind::kColumn) return columns[content.root->index];
  LARDER_ASSIGN_OR_RETURN(const std::unique_ptr<ArrayAppender> appender, MakeArrayAppender(content.type, row_count));
  std::array<std::byte, 4096> buffer;
  for (std::int64_t offset = 0; offset < row_count; offset += kRunRows) {
    Arena arena(buffer.data(), buffer.size());
    const EvaluationRows rows{columns, offset, std::min(kRunRows, row_count - offset), nullptr};
    const Vector vector = EvaluateTree(content.tree, rows, arena);
    for (std::int64_t row = 0; vector.failed != nullptr && row < rows.count; ++row) {
      if (vector.IsFailed(row)) return content.Explain(rows, vector, options);
    }
    LARDER_RETURN_IF_ERROR(appender->Append(vector, rows.count));
  }
  return appender->Finish();
}

Vector BoundExpression::EvaluateVectors(std::span<const Vector> columns, std::int64_t row_count, Arena& arena) const {
  LARDER_CHECK(columns.size() == content_->columns.size());
  return EvaluateTree(content_->tree, {{}, 0, row_count, nullptr, columns}, arena);
}

Result<std::shared_ptr<arrow::Array>> BoundExpression::Evaluate(const arrow::RecordBatch& batch,
                                                                const EvaluationOptions& options) const {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const std::size_t index : content_->columns) {
    LARDER_CHECK(index < static_cast<std::size_t>(batch.num_columns()));
    columns.push_back(batch.column(static_cast<int>(index)));
  }
  return Evaluate(columns, batch.num_rows(), options);
}

namespace {

Result<std::shared_ptr<arrow::BooleanArray>> WithoutNulls(const std::shared_ptr<arrow::Array>& array) {
  auto mask = std::static_pointer_cast<arrow::BooleanArray>(array);
  if (mask->null_count() == 0) return mask;
  arrow::BooleanBuilder builder;
  LARDER_RETURN_IF_ERROR(FromArrow(builder.Reserve(mask->length())));
  for (std::int64_t row = 0; row < mask->length(); ++row) builder.UnsafeAppend(mask->IsValid(row) && mask->Value(row));
  std::shared_ptr<arrow::BooleanArray> filled;
  LARDER_RETURN_IF_ERROR(FromArrow(builder.Finish(&filled)));
  return filled;
}

}  // namespace

Result<std::shared_ptr<arrow::BooleanArray>> BoundExpression::EvaluateFilter(
    std::span<const std::shared_ptr<arrow::Array>> columns, std::int64_t row_count,
    const EvaluationOptions& options) const {
  if (content_->type.kind != TypeKind::kBool) {
    return Status(Reason::kTypeMismatch, "a condition must be bool: " + TypeName(content_->type));
  }
  LARDER_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> array, Evaluate(columns, row_count, options));
  return WithoutNulls(array);
}

Result<std::shared_ptr<arrow::BooleanArray>> BoundExpression::EvaluateFilter(const arrow::RecordBatch& batch,
                                                                             const EvaluationOptions& options) const {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const std::size_t index : content_->columns) columns.push_back(batch.column(static_cast<int>(index)));
  return EvaluateFilter(columns, batch.num_rows(), options);
}

Result<BoundExpression> Bind(const Expression& expression, const NameScope& scope, const BindOptions& options) {
  auto content = std::make_shared<BoundExpression::Content>();
  content->text = expression.text();
  content->zones = options.zones != nullptr ? options.zones : std::make_shared<const TimeZoneDatabase>();
  LARDER_ASSIGN_OR_RETURN(BoundParts parts, BindTree(expression.root(), {content->text, &scope, content->zones.get(),
                                                                         options.result_type}));
  content->root = std::move(parts.root);
  content->columns = std::move(parts.columns);
  content->type = content->root->type.value;
  for (const std::size_t index : content->columns) {
    const ScopeColumn& column = scope.columns()[index];
    content->arrow_types.push_back(ToArrow(column.type));
    content->column_texts.push_back("'" + ColumnText({column.qualifier, column.name}) + "'");
    content->tree.column_types.push_back(column.type);
  }
  content->tree.program = Compiler(content->columns.size(), parts.slot_count).Finish(*content->root);
  content->tree.zones = content->zones.get();
  content->tree.text = content->text;
  return BoundExpression(std::shared_ptr<const BoundExpression::Content>(std::move(content)));
}

}  // namespace larder
