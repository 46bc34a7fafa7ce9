#include "expressions/binder.h"

#include <algorithm>
#include <array>

#include "base/timestamp.h"
#include "expressions/functions_cast.h"
#include "expressions/kernel.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

using NodePointer = std::unique_ptr<BoundNode>;
using NodeResult = Result<NodePointer>;

const ExpressionType kBool = ExpressionType::Of(TypeKind::kBool);

std::string ArgumentsText(std::span<const ActualArgument> arguments) {
  std::string text = "(";
  for (std::size_t i = 0; i < arguments.size(); ++i) text += (i > 0 ? ", " : "") + TypeName(arguments[i].type);
  return text + ")";
}

std::string SignaturesText(const FunctionRow& row) {
  std::string text = "it takes";
  const bool is_operator = row.group == FunctionGroup::kOperator;
  for (std::size_t i = 0; i < row.overloads.size(); ++i) {
    const std::string_view signature = row.overloads[i].signature;
    text += (i > 0 ? "; " : " ") + std::string(is_operator ? "" : row.name) +
            std::string(signature.substr(0, signature.find(") -> ") + 1));
  }
  return text;
}

bool Holds(const ActualArgument& argument, TypeKind kind) { return argument.type.Is(kind); }

// Says what to write instead of an operation that people try and that has no such types.
std::string MismatchHint(const FunctionRow& row, std::span<const ActualArgument> arguments) {
  const auto any = [&](TypeKind kind) {
    return std::any_of(arguments.begin(), arguments.end(), [&](const auto& argument) { return Holds(argument, kind); });
  };
  const auto any_number =
      std::any_of(arguments.begin(), arguments.end(), [](const auto& a) { return a.type.is_number(); });
  if (row.group == FunctionGroup::kOperator && arguments.size() == 2) {
    if ((any(TypeKind::kTimestamp) || any(TypeKind::kDate)) && any_number)
      return "give the number a unit: days(n), hours(n)";
    if (any(TypeKind::kBool) && any_number) return "a bool is no number: write the condition alone, or if(c, 1, 0)";
    if (any(TypeKind::kString) && any_number) return "convert the text: x::float64, or the number: x::string";
    if (row.name == "+" && any(TypeKind::kString)) return "texts are joined by ||";
  }
  return SignaturesText(row);
}

class Binder {
 public:
  explicit Binder(const BindRequest& request) : request_(request) {}

  Result<BoundParts> Run(const SyntaxNode& root) {
    LARDER_ASSIGN_OR_RETURN(NodePointer bound, Bind(root));
    LARDER_ASSIGN_OR_RETURN(bound, WithResultType(std::move(bound), root));
    BoundParts parts;
    parts.root = std::move(bound);
    parts.columns = std::move(columns_);
    parts.slot_count = slot_count_;
    return parts;
  }

 private:
  Status Fault(SourceSpan span, std::string message, std::string hint = {}) const {
    return ExpressionFault(request_.text, span.begin, std::move(message), std::move(hint));
  }

  NodeResult Bind(const SyntaxNode& node) {
    switch (node.kind) {
      case NodeKind::kLiteral:
        return BindLiteral(node);
      case NodeKind::kColumn:
        return BindColumn(node);
      case NodeKind::kCall:
        return BindCall(node);
      case NodeKind::kAnd:
        return BindConnective(node, BoundKind::kAnd, "and");
      case NodeKind::kOr:
        return BindConnective(node, BoundKind::kOr, "or");
      case NodeKind::kIs:
        return BindIs(node);
      case NodeKind::kIn:
        return BindIn(node);
      case NodeKind::kBetween:
        return BindBetween(node);
      case NodeKind::kCase:
        return BindCase(node);
      case NodeKind::kCast:
        return BindCast(node);
      case NodeKind::kList:
        return BindList(node);
    }
    LARDER_CHECK(false);
  }

  static NodePointer Make(BoundKind kind, ExpressionType type, SourceSpan span) {
    auto node = std::make_unique<BoundNode>();
    node->kind = kind;
    node->type = type;
    node->span = span;
    return node;
  }

  static NodePointer MakeLiteral(LiteralValue value, ExpressionType type, SourceSpan span) {
    NodePointer node = Make(BoundKind::kConstant, type, span);
    node->literal = std::move(value);
    PlaceLiteral(*node);
    return node;
  }

  static NodeResult BindLiteral(const SyntaxNode& node) {
    struct TypeOf {
      ExpressionType operator()(std::monostate) const { return ExpressionType::Null(); }
      ExpressionType operator()(bool) const { return kBool; }
      ExpressionType operator()(std::int64_t) const { return ExpressionType::Of(TypeKind::kInt64); }
      ExpressionType operator()(double) const { return ExpressionType::Of(TypeKind::kFloat64); }
      ExpressionType operator()(const std::string&) const { return ExpressionType::Of(TypeKind::kString); }
      ExpressionType operator()(TimestampLiteral) const { return ExpressionType::Of(TypeKind::kTimestamp); }
      ExpressionType operator()(DateLiteral) const { return ExpressionType::Of(TypeKind::kDate); }
    };
    return MakeLiteral(node.literal, std::visit(TypeOf(), node.literal), node.span);
  }

  NodeResult BindColumn(const SyntaxNode& node) {
    const Result<std::size_t> found = request_.scope->Find({node.qualifier, node.name});
    if (!found.ok()) return Fault(node.span, std::string(found.status().message()), ColumnHint(node, found.status()));
    auto place = std::find(columns_.begin(), columns_.end(), *found);
    if (place == columns_.end()) place = columns_.insert(columns_.end(), *found);
    NodePointer column =
        Make(BoundKind::kColumn, ExpressionType::Of(request_.scope->columns()[*found].type), node.span);
    column->index = static_cast<std::size_t>(place - columns_.begin());
    return column;
  }

  static std::string ColumnHint(const SyntaxNode& node, const Status& status) {
    const std::string lower = LowerAscii(node.name);
    if (node.qualifier.empty() && (lower == "current_timestamp" || lower == "current_date")) return NowHint();
    return std::string(status.hint());
  }

  static std::string NowHint() {
    return "a feature depends on its inputs alone, so that training and serving agree; subtract the event time column "
           "from another time column, or send the time with the request";
  }

  static ActualArgument Actual(const BoundNode& node) {
    ActualArgument argument{node.type, std::nullopt};
    const auto* text = std::get_if<std::string>(&node.literal);
    if (node.kind == BoundKind::kConstant && text != nullptr) argument.text_literal = *text;
    return argument;
  }
  static std::vector<ActualArgument> Actuals(const std::vector<NodePointer>& nodes) {
    std::vector<ActualArgument> arguments;
    for (const NodePointer& node : nodes) arguments.push_back(Actual(*node));
    return arguments;
  }

  Status UnknownFunction(const SyntaxNode& node) const {
    for (const std::string_view name :
         {"now", "current_timestamp", "today", "current_date", "random", "rand", "uuid"}) {
      if (node.name == name) return Fault(node.span, "there is no function '" + node.name + "'", NowHint());
    }
    std::vector<std::string> names;
    for (const FunctionRow& row : FunctionTable()) names.emplace_back(row.name);
    std::string hint = DidYouMean(node.name, names);
    if (hint.empty()) hint = "docs/reference/functions.md lists them";
    return Fault(node.span, "unknown function '" + node.name + "'", hint);
  }

  NodeResult BindCall(const SyntaxNode& node) {
    const FunctionRow* row = FindFunction(node.name);
    if (row == nullptr) return UnknownFunction(node);
    std::vector<NodePointer> arguments;
    for (const SyntaxNodePointer& child : node.children) {
      LARDER_ASSIGN_OR_RETURN(NodePointer argument, Bind(*child));
      arguments.push_back(std::move(argument));
    }
    return Call(*row, std::move(arguments), node.span);
  }

  // Makes a call of bound arguments: the first overload that fits.
  NodeResult Call(const FunctionRow& row, std::vector<NodePointer> arguments, SourceSpan span) {
    const std::vector<ActualArgument> actuals = Actuals(arguments);
    for (const Overload& overload : row.overloads) {
      const auto match = MatchSignature(overload.parsed, actuals);
      if (!match) continue;
      LARDER_RETURN_IF_ERROR(ConvertAll(arguments, match->arguments));
      if (overload.kernel == nullptr) return Special(row, std::move(arguments), match->result, span);
      NodePointer call = Make(BoundKind::kCall, match->result, span);
      call->kernel = overload.kernel;
      call->nulls = row.nulls;
      call->label = row.name;
      call->children = std::move(arguments);
      LARDER_RETURN_IF_ERROR(Probe(*call));
      return call;
    }
    const bool is_operator = row.group == FunctionGroup::kOperator;
    const std::string what = is_operator ? "operator " + std::string(row.name) : std::string(row.name);
    return Fault(span, what + " does not take " + ArgumentsText(actuals), MismatchHint(row, actuals));
  }

  // Functions that the evaluator itself knows, because not all of their arguments are always needed.
  NodeResult Special(const FunctionRow& row, std::vector<NodePointer> arguments, ExpressionType type, SourceSpan span) {
    if (row.name == "nullif") return NullIf(std::move(arguments), type, span);
    constexpr std::array<std::pair<std::string_view, BoundKind>, 4> kKinds = {{{"if", BoundKind::kCase},
                                                                               {"coalesce", BoundKind::kCoalesce},
                                                                               {"ifnull", BoundKind::kCoalesce},
                                                                               {"try", BoundKind::kTry}}};
    for (const auto& [name, kind] : kKinds) {
      if (row.name != name) continue;
      NodePointer node = Make(kind, type, span);
      node->children = std::move(arguments);
      return node;
    }
    LARDER_CHECK(false);
  }

  // case when a = b then null else a end, with a computed once.
  NodeResult NullIf(std::vector<NodePointer> arguments, ExpressionType type, SourceSpan span) {
    return WithSlot(std::move(arguments[0]), [&](const BoundNode& slot) -> NodeResult {
      LARDER_ASSIGN_OR_RETURN(NodePointer equal, CallNamed("=", CopySlot(slot), std::move(arguments[1])));
      NodePointer node = Make(BoundKind::kCase, type, span);
      node->children.push_back(std::move(equal));
      node->children.push_back(MakeLiteral({}, type, span));
      node->children.push_back(CopySlot(slot));
      return node;
    });
  }

  // Runs the kernel over no rows: constant arguments that can never be right are refused here.
  Status Probe(const BoundNode& call) const {
    std::array<std::byte, 1024> buffer;
    Arena arena(buffer.data(), buffer.size());
    std::vector<Vector> arguments;
    Vector no_elements;
    for (const NodePointer& child : call.children) {
      Vector argument;
      argument.type = child->type;
      argument.elements = &no_elements;
      argument.is_constant = child->kind == BoundKind::kConstant && std::holds_alternative<std::string>(child->literal);
      if (argument.is_constant) argument.values = &child->text_value;
      arguments.push_back(argument);
    }
    KernelCall kernel_call({arguments, 0, call.type, &arena, request_.zones, true});
    call.kernel(kernel_call);
    if (!kernel_call.refused()) return {};
    const auto& [index, why] = *kernel_call.refused();
    return Fault(call.children[index]->span, std::string(why.message()), std::string(why.hint()));
  }

  NodeResult CallNamed(std::string_view name, NodePointer left, NodePointer right) {
    const SourceSpan span{left->span.begin, right->span.end};
    std::vector<NodePointer> arguments;
    arguments.push_back(std::move(left));
    arguments.push_back(std::move(right));
    const FunctionRow* row = FindFunction(name);
    LARDER_CHECK(row != nullptr);
    return Call(*row, std::move(arguments), span);
  }

  Status ConvertAll(std::vector<NodePointer>& nodes, std::span<const ExpressionType> types) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      LARDER_ASSIGN_OR_RETURN(nodes[i], Convert(std::move(nodes[i]), types[i]));
    }
    return {};
  }

  // Converts unasked; the types were found to fit before.
  NodeResult Convert(NodePointer node, ExpressionType type) {
    if (node->type == type) return node;
    if (node->type.is_null()) return MakeLiteral({}, type, node->span);
    const auto* text = std::get_if<std::string>(&node->literal);
    if (node->kind == BoundKind::kConstant && text != nullptr && type.Is(TypeKind::kTimestamp)) {
      LARDER_ASSIGN_OR_RETURN(const std::int64_t instant_us, ParseInstant(*text));
      return MakeLiteral(TimestampLiteral{instant_us}, type, node->span);
    }
    if (node->kind == BoundKind::kConstant && text != nullptr && type.Is(TypeKind::kDate)) {
      LARDER_ASSIGN_OR_RETURN(const std::int32_t days, ParseDate(*text));
      return MakeLiteral(DateLiteral{days}, type, node->span);
    }
    if (node->kind == BoundKind::kConstant && std::holds_alternative<std::int64_t>(node->literal) && type.is_number()) {
      return MakeLiteral(node->literal, type, node->span);
    }
    const Kernel kernel = CastKernel(node->type, type);
    return MakeCast(std::move(node), type, kernel);
  }

  static NodePointer MakeCast(NodePointer node, ExpressionType type, Kernel kernel) {
    LARDER_CHECK(kernel != nullptr);
    NodePointer cast = Make(BoundKind::kCall, type, node->span);
    cast->kernel = kernel;
    cast->label = "::" + TypeName(type);
    cast->children.push_back(std::move(node));
    return cast;
  }

  NodeResult BindCondition(const SyntaxNode& node, std::string_view where) {
    LARDER_ASSIGN_OR_RETURN(NodePointer condition, Bind(node));
    if (condition->type.is_null()) return Convert(std::move(condition), kBool);
    if (condition->type == kBool) return condition;
    const std::string hint = condition->type.is_number() ? "compare it, as in x <> 0" : "a condition is true or false";
    return Fault(node.span, "`" + std::string(where) + "` needs a bool, not " + TypeName(condition->type), hint);
  }

  NodeResult BindConnective(const SyntaxNode& node, BoundKind kind, std::string_view word) {
    NodePointer bound = Make(kind, kBool, node.span);
    for (const SyntaxNodePointer& child : node.children) {
      LARDER_ASSIGN_OR_RETURN(NodePointer condition, BindCondition(*child, word));
      bound->children.push_back(std::move(condition));
    }
    return bound;
  }

  NodeResult Not(NodePointer node, bool wanted) {
    if (!wanted) return node;
    const SourceSpan span = node->span;
    std::vector<NodePointer> arguments;
    arguments.push_back(std::move(node));
    return Call(*FindFunction("not"), std::move(arguments), span);
  }

  NodeResult BindIs(const SyntaxNode& node) {
    NodePointer result;
    if (node.name == "null") {
      LARDER_ASSIGN_OR_RETURN(NodePointer operand, Bind(*node.children[0]));
      result = Make(BoundKind::kIsNull, kBool, node.span);
      result->children.push_back(std::move(operand));
    } else {
      LARDER_ASSIGN_OR_RETURN(NodePointer condition, BindCondition(*node.children[0], "is " + node.name));
      LARDER_ASSIGN_OR_RETURN(condition, Not(std::move(condition), node.name == "false"));
      result = Make(BoundKind::kCoalesce, kBool, node.span);
      result->children.push_back(std::move(condition));
      result->children.push_back(MakeLiteral(false, kBool, node.span));
    }
    return Not(std::move(result), node.negated);
  }

  NodePointer CopySlot(const BoundNode& slot) const {
    NodePointer copy = Make(slot.kind, slot.type, slot.span);
    copy->index = slot.index;
    copy->literal = slot.literal;
    PlaceLiteral(*copy);
    return copy;
  }

  // Binds what uses a value several times: it is computed once. A literal or column is simply repeated.
  template <class Use>
  NodeResult WithSlot(NodePointer value, Use use) {
    if (value->kind == BoundKind::kConstant || value->kind == BoundKind::kColumn || value->kind == BoundKind::kSlot) {
      return use(*value);
    }
    NodePointer slot = Make(BoundKind::kSlot, value->type, value->span);
    slot->index = slot_count_++;
    LARDER_ASSIGN_OR_RETURN(NodePointer body, use(*slot));
    NodePointer let = Make(BoundKind::kLet, body->type, body->span);
    let->index = slot->index;
    let->children.push_back(std::move(value));
    let->children.push_back(std::move(body));
    return let;
  }

  NodeResult BindIn(const SyntaxNode& node) {
    LARDER_ASSIGN_OR_RETURN(NodePointer operand, Bind(*node.children[0]));
    return WithSlot(std::move(operand), [&](const BoundNode& slot) -> NodeResult {
      NodePointer any = Make(BoundKind::kOr, kBool, node.span);
      for (std::size_t i = 1; i < node.children.size(); ++i) {
        LARDER_ASSIGN_OR_RETURN(NodePointer value, Bind(*node.children[i]));
        LARDER_ASSIGN_OR_RETURN(NodePointer equal, CallNamed("=", CopySlot(slot), std::move(value)));
        any->children.push_back(std::move(equal));
      }
      return Not(std::move(any), node.negated);
    });
  }

  NodeResult BindBetween(const SyntaxNode& node) {
    LARDER_ASSIGN_OR_RETURN(NodePointer operand, Bind(*node.children[0]));
    return WithSlot(std::move(operand), [&](const BoundNode& slot) -> NodeResult {
      NodePointer both = Make(BoundKind::kAnd, kBool, node.span);
      for (std::size_t i = 1; i <= 2; ++i) {
        LARDER_ASSIGN_OR_RETURN(NodePointer bound, Bind(*node.children[i]));
        LARDER_ASSIGN_OR_RETURN(NodePointer side, CallNamed(i == 1 ? ">=" : "<=", CopySlot(slot), std::move(bound)));
        both->children.push_back(std::move(side));
      }
      return Not(std::move(both), node.negated);
    });
  }

  NodeResult BindCase(const SyntaxNode& node) {
    if (!node.has_operand) return BindBranches(node, nullptr);
    LARDER_ASSIGN_OR_RETURN(NodePointer operand, Bind(*node.children[0]));
    return WithSlot(std::move(operand), [&](const BoundNode& slot) { return BindBranches(node, &slot); });
  }

  NodeResult BindBranches(const SyntaxNode& node, const BoundNode* slot) {
    NodePointer result = Make(BoundKind::kCase, {}, node.span);
    std::vector<NodePointer> values;
    const std::size_t end = node.children.size() - (node.has_else ? 1 : 0);
    for (std::size_t i = node.has_operand ? 1 : 0; i < end; i += 2) {
      NodePointer condition;
      if (slot == nullptr) {
        LARDER_ASSIGN_OR_RETURN(condition, BindCondition(*node.children[i], "when"));
      } else {
        LARDER_ASSIGN_OR_RETURN(condition, Bind(*node.children[i]));
        LARDER_ASSIGN_OR_RETURN(condition, CallNamed("=", CopySlot(*slot), std::move(condition)));
      }
      result->children.push_back(std::move(condition));
      LARDER_ASSIGN_OR_RETURN(NodePointer value, Bind(*node.children[i + 1]));
      values.push_back(std::move(value));
    }
    NodePointer otherwise = MakeLiteral({}, ExpressionType::Null(), node.span);
    if (node.has_else) {
      LARDER_ASSIGN_OR_RETURN(otherwise, Bind(*node.children.back()));
    }
    values.push_back(std::move(otherwise));
    LARDER_ASSIGN_OR_RETURN(result->type, Unify(values, "the values of a case"));
    std::vector<NodePointer> conditions = std::exchange(result->children, {});
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i < conditions.size()) result->children.push_back(std::move(conditions[i]));
      result->children.push_back(std::move(values[i]));
    }
    return result;
  }

  // Converts all to their common type.
  Result<ExpressionType> Unify(std::vector<NodePointer>& nodes, std::string_view what) {
    const std::vector<ActualArgument> actuals = Actuals(nodes);
    const auto common = CommonTypeOf(actuals);
    if (!common) {
      return Fault(nodes[0]->span, std::string(what) + " have no common type: " + ArgumentsText(actuals),
                   "convert them, as in x::string");
    }
    LARDER_RETURN_IF_ERROR(ConvertAll(nodes, std::vector<ExpressionType>(nodes.size(), *common)));
    return *common;
  }

  NodeResult BindCast(const SyntaxNode& node) {
    LARDER_ASSIGN_OR_RETURN(NodePointer operand, Bind(*node.children[0]));
    LARDER_ASSIGN_OR_RETURN(const ValueType value_type, ParseTypeName(node.name));
    const ExpressionType type = ExpressionType::Of(value_type);
    if (operand->type.is_null() || operand->type == type) return Convert(std::move(operand), type);
    const Kernel kernel = CastKernel(operand->type, type);
    if (kernel == nullptr) {
      return Fault(node.span, "no cast from " + TypeName(operand->type) + " to " + node.name,
                   CastHint(operand->type, type));
    }
    NodePointer cast = MakeCast(std::move(operand), type, kernel);
    cast->span = node.span;
    return cast;
  }

  static std::string CastHint(ExpressionType from, ExpressionType to) {
    if (from.is_duration()) return "write total_seconds(d), total_hours(d) and so on, or divide by hours(1)";
    if (to.Is(TypeKind::kTimestamp) && from.is_number()) return "write from_epoch_seconds(x) or from_epoch_micros(x)";
    if (from.Is(TypeKind::kTimestamp) && to.is_number()) return "write epoch_seconds(t) or epoch_micros(t)";
    if (to.Is(TypeKind::kBool) && from.is_float()) return "compare it, as in x <> 0";
    return "";
  }

  NodeResult BindList(const SyntaxNode& node) {
    NodePointer list = Make(BoundKind::kList, {}, node.span);
    for (const SyntaxNodePointer& child : node.children) {
      LARDER_ASSIGN_OR_RETURN(NodePointer element, Bind(*child));
      list->children.push_back(std::move(element));
    }
    if (list->children.empty())
      return Fault(node.span, "a list is empty: its type is unknown", "write [null::float64]");
    LARDER_ASSIGN_OR_RETURN(const ExpressionType element, Unify(list->children, "the elements of a list"));
    if (!element.is_value() || element.is_list()) {
      return Fault(node.span, "a list cannot hold " + TypeName(element), "lists hold one type of value, not lists");
    }
    list->type = ExpressionType::ListOf(element.value.kind);
    return list;
  }

  // Judges the type of the whole, and narrows it to the one asked for.
  NodeResult WithResultType(NodePointer root, const SyntaxNode& tree) {
    if (root->type.is_duration()) {
      return Fault(tree.span, "a duration is no value of its own",
                   "write total_seconds(d), total_hours(d) and so on, or divide by hours(1)");
    }
    if (!request_.result_type) {
      if (!root->type.is_null()) return root;
      return Fault(tree.span, "the expression is always null: its type is unknown", "write null::float64");
    }
    const ExpressionType wanted = ExpressionType::Of(*request_.result_type);
    if (root->type.is_null() || root->type == wanted) return Convert(std::move(root), wanted);
    if (std::holds_alternative<std::string>(root->literal) && Actual(*root).text_literal) {
      const std::array<ActualArgument, 1> literal = {Actual(*root)};
      Signature signature;
      signature.arguments = {{TypePattern::Kind::kExact, wanted}};
      signature.result = signature.arguments[0];
      if (MatchSignature(signature, literal)) return Convert(std::move(root), wanted);
    }
    const Kernel kernel = NarrowKernel(root->type, wanted);
    if (kernel != nullptr) return MakeCast(std::move(root), wanted, kernel);
    return Fault(tree.span, "the expression gives " + TypeName(root->type) + ", not " + TypeName(wanted),
                 "declare it as " + TypeName(root->type) + ", or convert: (...)::" + TypeName(wanted));
  }

  const BindRequest& request_;
  std::vector<std::size_t> columns_;
  std::size_t slot_count_ = 0;
};

}  // namespace

Result<BoundParts> BindTree(const SyntaxNode& root, const BindRequest& request) { return Binder(request).Run(root); }

}  // namespace larder
