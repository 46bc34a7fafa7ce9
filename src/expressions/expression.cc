#include "expressions/expression.h"

#include <algorithm>

#include "expressions/parser.h"
#include "expressions/syntax_tree.h"

namespace larder {
namespace {

void CollectColumns(const SyntaxNode& node, std::vector<ColumnName>& columns) {
  if (node.kind == NodeKind::kColumn) {
    ColumnName name{node.qualifier, node.name};
    if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(std::move(name));
  }
  for (const SyntaxNodePointer& child : node.children) CollectColumns(*child, columns);
}

std::string PartText(const std::string& part) {
  bool bare = !part.empty() && !(part[0] >= '0' && part[0] <= '9');
  for (const char c : part) {
    bare &= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
            (static_cast<unsigned char>(c) & 0x80) != 0;
  }
  if (bare && !IsKeyword(LowerAscii(part))) return part;
  std::string quoted = "\"";
  for (const char c : part) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace

Expression::Expression(std::string text, std::shared_ptr<const SyntaxNode> root)
    : text_(std::move(text)), root_(std::move(root)) {}

std::string Expression::CanonicalText() const { return larder::CanonicalText(*root_); }

std::vector<ColumnName> Expression::Columns() const {
  std::vector<ColumnName> columns;
  CollectColumns(*root_, columns);
  return columns;
}

std::optional<ColumnName> Expression::AsColumn() const {
  if (root_->kind != NodeKind::kColumn) return std::nullopt;
  return ColumnName{root_->qualifier, root_->name};
}

Result<Expression> ParseExpression(std::string_view text) {
  LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer root, ParseTree(text));
  return Expression(std::string(text), std::move(root));
}

std::string ColumnText(const ColumnName& name) {
  if (name.qualifier.empty()) return PartText(name.name);
  return PartText(name.qualifier) + "." + PartText(name.name);
}

}  // namespace larder
