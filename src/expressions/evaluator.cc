#include "expressions/evaluator.h"

#include <algorithm>
#include <cstring>

#include "expressions/kernel.h"
#include "expressions/vector_arrow.h"

namespace larder {
namespace {

constexpr std::uint8_t kNo = 0;
constexpr std::uint8_t kYes = 1;
constexpr ListSpan kEmptyList;

template <class T>
T* New(Arena& arena, T value) {
  return new (Allocate<T>(arena, 1)) T(std::move(value));
}

std::string CallMessage(const BoundNode& node, std::span<const Vector> arguments) {
  if (node.label.starts_with("::")) return ValueText(arguments[0], 0) + node.label;
  const bool is_operator = !node.label.empty() && !(node.label[0] >= 'a' && node.label[0] <= 'z');
  if (is_operator && arguments.size() == 2) {
    return ValueText(arguments[0], 0) + " " + node.label + " " + ValueText(arguments[1], 0);
  }
  std::string text = node.label + "(";
  for (std::size_t i = 0; i < arguments.size(); ++i) text += (i > 0 ? ", " : "") + ValueText(arguments[i], 0);
  return text + ")";
}

// A result that is put together row by row from other vectors of its type.
class Assembly {
 public:
  Assembly(ExpressionType type, std::int64_t row_count, Arena& arena)
      : row_count_(row_count), arena_(arena), choice_(Allocate<std::int32_t>(arena, row_count)) {
    result_.type = type;
    std::fill_n(choice_, row_count, kUnset);
  }

  bool IsSet(std::int64_t row) const { return choice_[row] != kUnset; }
  std::int64_t unset_count() const { return row_count_ - set_count_; }

  // Takes the row from the source added last, or makes it null without one.
  void TakeFromLast(std::int64_t row) { Set(row, static_cast<std::int32_t>(sources_.size()) - 1); }
  void AddSource(const Vector& source) { sources_.push_back(source); }
  void Fail(std::int64_t row, const Vector& from) {
    Set(row, kFailedChoice);
    if (result_.note == nullptr) result_.note = from.note;
  }

  Vector Finish() {
    auto* valid = Allocate<std::uint8_t>(arena_, row_count_);
    auto* failed = Allocate<std::uint8_t>(arena_, row_count_);
    bool any_failed = false;
    for (std::int64_t row = 0; row < row_count_; ++row) {
      const std::int32_t choice = choice_[row];
      valid[row] = choice >= 0 && sources_[static_cast<std::size_t>(choice)].IsValid(row) ? kYes : kNo;
      failed[row] = choice == kFailedChoice ? kYes : kNo;
      if (choice >= 0 && sources_[static_cast<std::size_t>(choice)].IsFailed(row)) {
        failed[row] = kYes;
        if (result_.note == nullptr) result_.note = sources_[static_cast<std::size_t>(choice)].note;
      }
      any_failed |= failed[row] != 0;
    }
    result_.valid = valid;
    if (any_failed) result_.failed = failed;
    CopyValues();
    return result_;
  }

 private:
  static constexpr std::int32_t kUnset = -1;
  static constexpr std::int32_t kFailedChoice = -2;

  void Set(std::int64_t row, std::int32_t choice) {
    choice_[row] = choice;
    ++set_count_;
  }

  template <class T>
  T* Copy(T absent) {
    T* values = Allocate<T>(arena_, row_count_);
    for (std::int64_t row = 0; row < row_count_; ++row) {
      values[row] = result_.valid[row] != 0 ? sources_[static_cast<std::size_t>(choice_[row])].At<T>(row) : absent;
    }
    result_.values = values;
    return values;
  }

  void CopyValues() {
    switch (StorageOf(result_.type)) {
      case Storage::kBool:
        Copy<std::uint8_t>(0);
        break;
      case Storage::kInteger:
        Copy<std::int64_t>(0);
        break;
      case Storage::kFloat:
        Copy<double>(0);
        break;
      case Storage::kText:
        Copy<std::string_view>({});
        break;
      case Storage::kList:
        CopyLists();
        break;
    }
  }

  // The elements of all chosen lists, one after another.
  void CopyLists() {
    ListSpan* spans = Copy<ListSpan>({});
    std::int64_t total = 0;
    for (std::int64_t row = 0; row < row_count_; ++row) total += spans[row].length;
    Assembly elements(result_.type.element(), total, arena_);
    elements.gather_ = Allocate<std::int64_t>(arena_, total);
    for (const Vector& source : sources_) {
      elements.AddSource(source.elements == nullptr ? Vector{} : *source.elements);
    }
    std::int64_t at = 0;
    for (std::int64_t row = 0; row < row_count_; ++row) {
      for (std::int64_t i = 0; i < spans[row].length; ++i, ++at) {
        elements.choice_[at] = choice_[row];
        elements.gather_[at] = spans[row].offset + i;
      }
      spans[row].offset = at - spans[row].length;
    }
    result_.elements = New(arena_, elements.FinishGathered());
  }

  template <class T>
  void Gather() {
    T* values = Allocate<T>(arena_, row_count_);
    for (std::int64_t i = 0; i < row_count_; ++i) {
      values[i] = sources_[static_cast<std::size_t>(choice_[i])].Values<T>()[gather_[i]];
    }
    result_.values = values;
  }

  // As Finish, for elements: each comes from its own place of its source.
  Vector FinishGathered() {
    auto* valid = Allocate<std::uint8_t>(arena_, row_count_);
    for (std::int64_t i = 0; i < row_count_; ++i) {
      valid[i] = sources_[static_cast<std::size_t>(choice_[i])].IsValid(gather_[i]) ? kYes : kNo;
    }
    result_.valid = valid;
    switch (StorageOf(result_.type)) {
      case Storage::kBool:
        Gather<std::uint8_t>();
        break;
      case Storage::kInteger:
        Gather<std::int64_t>();
        break;
      case Storage::kFloat:
        Gather<double>();
        break;
      case Storage::kText:
        Gather<std::string_view>();
        break;
      case Storage::kList:
        LARDER_CHECK(false);
    }
    return result_;
  }

  Vector result_;
  std::int64_t row_count_;
  std::int64_t set_count_ = 0;
  Arena& arena_;
  std::int32_t* choice_;
  std::int64_t* gather_ = nullptr;
  std::pmr::vector<Vector> sources_{&arena_};
};

class Evaluation {
 public:
  Evaluation(const BoundTree& tree, const EvaluationRows& rows, Arena& arena)
      : tree_(tree), rows_(rows), arena_(arena), registers_(tree.program.register_count, &arena) {}

  Vector Run() {
    const Program& program = tree_.program;
    for (std::size_t i = 0; i < tree_.column_types.size(); ++i) registers_[i] = Column(i);
    for (std::size_t i = 0; i < program.steps.size();) {
      const ProgramStep& step = program.steps[i++];
      const Arguments arguments{*this, step};
      switch (step.kind) {
        case ProgramStep::Kind::kCompute:
          registers_[step.result] = Compute(*step.node, arguments);
          break;
        case ProgramStep::Kind::kUnlessTrue:
          if (!IsTrueAnywhere(arguments[0])) i = step.target;
          break;
        case ProgramStep::Kind::kUnlessNulls:
          if (arguments[0].valid == nullptr) i = step.target;
          break;
      }
    }
    return registers_[program.result];
  }

 private:
  // The registers that a step reads.
  struct Arguments {
    Evaluation& evaluation;
    const ProgramStep& step;
    const Vector& operator[](std::size_t index) const {
      return evaluation.registers_[evaluation.tree_.program.arguments[step.first_argument + index]];
    }
    std::size_t size() const { return step.argument_count; }
  };

  Vector Compute(const BoundNode& node, const Arguments& arguments) {
    switch (node.kind) {
      case BoundKind::kConstant:
        return Constant(node);
      case BoundKind::kCall:
        return Call(node, arguments);
      case BoundKind::kAnd:
        return Connective(node, arguments, kNo);
      case BoundKind::kOr:
        return Connective(node, arguments, kYes);
      case BoundKind::kIsNull:
        return IsNull(node, arguments[0]);
      case BoundKind::kCase:
        return Case(node, arguments);
      case BoundKind::kCoalesce:
        return Coalesce(node, arguments);
      case BoundKind::kTry:
        return Try(arguments[0]);
      case BoundKind::kList:
        return List(node, arguments);
      default:
        break;
    }
    LARDER_CHECK(false);
  }

  bool IsTrueAnywhere(const Vector& condition) const {
    const std::int64_t count = condition.is_constant ? 1 : rows_.count;
    for (std::int64_t row = 0; row < count; ++row) {
      if (IsTrue(condition, row)) return true;
    }
    return false;
  }

  static Vector Constant(const BoundNode& node) {
    Vector vector;
    vector.type = node.type;
    vector.is_constant = true;
    if (std::holds_alternative<std::monostate>(node.literal)) vector.valid = &kNo;
    switch (StorageOf(node.type)) {
      case Storage::kBool:
        vector.values = &node.bool_value;
        break;
      case Storage::kInteger:
        vector.values = &node.integer_value;
        break;
      case Storage::kFloat:
        vector.values = &node.float_value;
        break;
      case Storage::kText:
        vector.values = &node.text_value;
        break;
      case Storage::kList:
        vector.values = &kEmptyList;
        break;
    }
    return vector;
  }

  // Gives a null list its (empty) elements, so that kernels need not ask.
  Vector WithElements(Vector vector) {
    if (!vector.type.is_list() || vector.elements != nullptr) return vector;
    Vector elements;
    elements.type = vector.type.element();
    vector.elements = New(arena_, elements);
    return vector;
  }

  Vector Column(std::size_t index) {
    if (!rows_.vectors.empty()) return rows_.vectors[index];
    return ReadArray(*rows_.columns[index], tree_.column_types[index], {rows_.offset, rows_.count}, arena_);
  }

  Vector Call(const BoundNode& node, const Arguments& values) {
    const std::span<Vector> arguments(Allocate<Vector>(arena_, static_cast<std::int64_t>(values.size())),
                                      values.size());
    bool all_constant = true;
    const FailureNote* note = nullptr;
    for (std::size_t i = 0; i < values.size(); ++i) {
      new (&arguments[i]) Vector(WithElements(values[i]));
      all_constant &= arguments[i].is_constant;
      if (note == nullptr) note = arguments[i].note;
    }
    KernelCall call({arguments, all_constant ? 1 : rows_.count, node.type, &arena_, tree_.zones,
                     node.nulls == NullRule::kPropagate});
    node.kernel(call);
    Vector result = call.Finish();
    result.is_constant = all_constant;
    result.note = note;
    if (rows_.notes != nullptr && note == nullptr && call.first_failure() != nullptr)
      Explain(node, call, arguments, result);
    return result;
  }

  void Explain(const BoundNode& node, const KernelCall& call, std::span<const Vector> arguments, Vector& result) {
    const Failure& failure = *call.first_failure();
    std::string message = std::string(failure.message) + ": " + CallMessage(node, arguments);
    const std::string excerpt = Excerpt(tree_.text, node.span);
    if (excerpt != Excerpt(tree_.text, {0, tree_.text.size()})) message += " in '" + excerpt + "'";
    rows_.notes->push_back(
        std::make_unique<FailureNote>(FailureNote{failure.reason, message, std::string(failure.hint)}));
    result.note = rows_.notes->back().get();
  }

  // `deciding` is the value that settles the row: false for and, true for or.
  Vector Connective(const BoundNode& node, const Arguments& arguments, std::uint8_t deciding) {
    auto* values = Allocate<std::uint8_t>(arena_, rows_.count);
    auto* valid = Allocate<std::uint8_t>(arena_, rows_.count);
    std::uint8_t* failed = nullptr;
    std::fill_n(values, rows_.count, static_cast<std::uint8_t>(deciding ^ kYes));
    std::fill_n(valid, rows_.count, kYes);
    Vector result;
    result.type = node.type;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const Vector& part = arguments[i];
      if (part.failed != nullptr && failed == nullptr) {
        failed = Allocate<std::uint8_t>(arena_, rows_.count);
        std::fill_n(failed, rows_.count, kNo);
      }
      for (std::int64_t row = 0; row < rows_.count; ++row) {
        if ((failed != nullptr && failed[row] != 0) || (valid[row] != 0 && values[row] == deciding)) continue;
        if (part.IsFailed(row)) {
          failed[row] = kYes;
          valid[row] = kNo;
          if (result.note == nullptr) result.note = part.note;
        } else if (!part.IsValid(row)) {
          valid[row] = kNo;
        } else if (part.At<std::uint8_t>(row) == deciding) {
          values[row] = deciding;
          valid[row] = kYes;
        }
      }
    }
    result.values = values;
    result.valid = valid;
    result.failed = failed;
    return result;
  }

  Vector IsNull(const BoundNode& node, Vector part) {
    const std::int64_t count = part.is_constant ? 1 : rows_.count;
    auto* values = Allocate<std::uint8_t>(arena_, count);
    auto* valid = Allocate<std::uint8_t>(arena_, count);
    for (std::int64_t row = 0; row < count; ++row) {
      values[row] = part.IsValid(row) ? kNo : kYes;
      valid[row] = part.IsFailed(row) ? kNo : kYes;
    }
    part.type = node.type;
    part.values = values;
    part.valid = valid;
    part.elements = nullptr;
    return part;
  }

  Vector Case(const BoundNode& node, const Arguments& arguments) {
    Assembly assembly(node.type, rows_.count, arena_);
    const std::size_t last = arguments.size() - 1;
    for (std::size_t i = 0; i <= last && assembly.unset_count() > 0; i += 2) {
      const bool is_else = i == last;
      Vector condition;
      std::int64_t chosen_count = 0;
      if (!is_else) {
        condition = arguments[i];
        chosen_count = SettleFailures(condition, assembly);
        if (chosen_count == 0) continue;
      }
      assembly.AddSource(arguments[is_else ? i : i + 1]);
      for (std::int64_t row = 0; row < rows_.count; ++row) {
        if (!assembly.IsSet(row) && (is_else || IsTrue(condition, row))) assembly.TakeFromLast(row);
      }
    }
    return assembly.Finish();
  }

  static bool IsTrue(const Vector& condition, std::int64_t row) {
    return condition.IsValid(row) && condition.At<std::uint8_t>(row) != 0;
  }

  // Settles the rows whose condition failed; returns how many open rows the condition chooses.
  std::int64_t SettleFailures(const Vector& condition, Assembly& assembly) const {
    std::int64_t chosen_count = 0;
    for (std::int64_t row = 0; row < rows_.count; ++row) {
      if (assembly.IsSet(row)) continue;
      if (condition.IsFailed(row)) {
        assembly.Fail(row, condition);
      } else {
        chosen_count += IsTrue(condition, row) ? 1 : 0;
      }
    }
    return chosen_count;
  }

  Vector Coalesce(const BoundNode& node, const Arguments& arguments) {
    if (arguments[0].valid == nullptr) return arguments[0];
    Assembly assembly(node.type, rows_.count, arena_);
    for (std::size_t i = 0; i < arguments.size() && assembly.unset_count() > 0; ++i) {
      const Vector& part = arguments[i];
      assembly.AddSource(part);
      for (std::int64_t row = 0; row < rows_.count; ++row) {
        if (!assembly.IsSet(row) && (part.IsValid(row) || part.IsFailed(row))) assembly.TakeFromLast(row);
      }
    }
    return assembly.Finish();
  }

  static Vector Try(Vector part) {
    part.failed = nullptr;
    part.note = nullptr;
    return part;
  }

  Vector List(const BoundNode& node, const Arguments& arguments) {
    std::pmr::vector<Vector> parts(&arena_);
    bool all_constant = true;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      parts.push_back(arguments[i]);
      all_constant &= parts.back().is_constant;
    }
    const std::int64_t count = all_constant ? 1 : rows_.count;
    const auto width = static_cast<std::int64_t>(parts.size());
    Vector result;
    result.type = node.type;
    result.is_constant = all_constant;
    auto* spans = Allocate<ListSpan>(arena_, count);
    for (std::int64_t row = 0; row < count; ++row) spans[row] = {row * width, width};
    result.values = spans;
    result.elements = New(arena_, Elements(node.type.element(), parts, count));
    TakeFailures(parts, count, result);
    return result;
  }

  // The elements of one list after another.
  Vector Elements(ExpressionType type, std::span<const Vector> parts, std::int64_t count) {
    const auto width = static_cast<std::int64_t>(parts.size());
    Vector elements;
    elements.type = type;
    auto* valid = Allocate<std::uint8_t>(arena_, count * width);
    for (std::int64_t i = 0; i < count * width; ++i) {
      valid[i] = parts[static_cast<std::size_t>(i % width)].IsValid(i / width) ? kYes : kNo;
    }
    elements.valid = valid;
    switch (StorageOf(type)) {
      case Storage::kBool:
        elements.values = Interleaved<std::uint8_t>(parts, count);
        break;
      case Storage::kInteger:
        elements.values = Interleaved<std::int64_t>(parts, count);
        break;
      case Storage::kFloat:
        elements.values = Interleaved<double>(parts, count);
        break;
      case Storage::kText:
        elements.values = Interleaved<std::string_view>(parts, count);
        break;
      case Storage::kList:
        LARDER_CHECK(false);
    }
    return elements;
  }

  template <class T>
  const T* Interleaved(std::span<const Vector> parts, std::int64_t count) {
    T* values = Allocate<T>(arena_, count * static_cast<std::int64_t>(parts.size()));
    for (std::int64_t row = 0, at = 0; row < count; ++row) {
      for (const Vector& part : parts) values[at++] = part.At<T>(row);
    }
    return values;
  }

  // Marks the rows of which any part failed.
  void TakeFailures(std::span<const Vector> parts, std::int64_t count, Vector& result) {
    std::uint8_t* failed = nullptr;
    std::uint8_t* valid = nullptr;
    for (const Vector& part : parts) {
      if (result.note == nullptr) result.note = part.note;
      if (part.failed == nullptr) continue;
      if (failed == nullptr) {
        failed = Allocate<std::uint8_t>(arena_, count);
        valid = Allocate<std::uint8_t>(arena_, count);
        std::fill_n(failed, count, kNo);
        std::fill_n(valid, count, kYes);
      }
      for (std::int64_t row = 0; row < count; ++row) {
        if (part.IsFailed(row)) failed[row] = kYes;
        if (part.IsFailed(row)) valid[row] = kNo;
      }
    }
    result.failed = failed;
    result.valid = valid;
  }

  const BoundTree& tree_;
  const EvaluationRows& rows_;
  Arena& arena_;
  std::pmr::vector<Vector> registers_;
};

}  // namespace

void PlaceLiteral(BoundNode& node) {
  if (const auto* value = std::get_if<bool>(&node.literal)) node.bool_value = *value ? kYes : kNo;
  if (const auto* value = std::get_if<std::int64_t>(&node.literal)) {
    node.integer_value = *value;
    node.float_value = static_cast<double>(*value);
  }
  if (const auto* value = std::get_if<double>(&node.literal)) node.float_value = *value;
  if (const auto* value = std::get_if<std::string>(&node.literal)) node.text_value = *value;
  if (const auto* value = std::get_if<TimestampLiteral>(&node.literal)) node.integer_value = value->instant_us;
  if (const auto* value = std::get_if<DateLiteral>(&node.literal)) node.integer_value = value->days;
}

Vector EvaluateTree(const BoundTree& tree, const EvaluationRows& rows, Arena& arena) {
  return Evaluation(tree, rows, arena).Run();
}

}  // namespace larder
