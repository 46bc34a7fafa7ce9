// Random expressions of numbers and conditions: the evaluator against one that goes row by row, node by node.
#include <cmath>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <optional>
#include <random>
#include <variant>
#include <vector>

#include <arrow/builder.h>

#include "expressions/evaluate_test.h"
#include "text/number_text.h"

namespace larder {
namespace {

__extension__ typedef __int128 Wide;

struct Failed {};
using Cell = std::variant<std::monostate, bool, std::int64_t, double, Failed>;
enum class Kind { kBool, kInteger, kFloat };

bool IsFailed(const Cell& cell) { return std::holds_alternative<Failed>(cell); }
bool IsNull(const Cell& cell) { return std::holds_alternative<std::monostate>(cell); }
bool IsInteger(const Cell& cell) { return std::holds_alternative<std::int64_t>(cell); }
double AsFloat(const Cell& cell) {
  return IsInteger(cell) ? static_cast<double>(std::get<std::int64_t>(cell)) : std::get<double>(cell);
}

struct Tree {
  std::string op;  // a literal or column when there are no children
  Kind kind = Kind::kInteger;
  Cell literal;
  int column = -1;
  std::vector<std::unique_ptr<Tree>> children;
};

std::string Text(const Tree& tree) {
  const auto child = [&](std::size_t i) { return Text(*tree.children[i]); };
  if (tree.children.empty()) return tree.op;
  if (tree.op == "if" || tree.op == "coalesce" || tree.op == "try") {
    std::string text = tree.op + "(";
    for (std::size_t i = 0; i < tree.children.size(); ++i) text += (i > 0 ? ", " : "") + child(i);
    return text + ")";
  }
  if (tree.op == "is null") return "(" + child(0) + " is null)";
  if (tree.op == "between") return "(" + child(0) + " between " + child(1) + " and " + child(2) + ")";
  if (tree.op == "in") return "(" + child(0) + " in (" + child(1) + ", " + child(2) + "))";
  if (tree.children.size() == 1) return "(" + tree.op + " " + child(0) + ")";
  return "(" + child(0) + " " + tree.op + " " + child(1) + ")";
}

Cell Narrowed(Wide value) {
  if (value < INT64_MIN || value > INT64_MAX) return Failed{};
  return static_cast<std::int64_t>(value);
}

Cell IntegerArithmetic(const std::string& op, Wide a, Wide b) {
  if (op == "+") return Narrowed(a + b);
  if (op == "-") return Narrowed(a - b);
  if (op == "*") return Narrowed(a * b);
  if (b == 0) return std::monostate{};
  Wide quotient = a / b;
  if (quotient * b != a && (a < 0) != (b < 0)) --quotient;
  return Narrowed(op == "//" ? quotient : a - quotient * b);
}

Cell FloatArithmetic(const std::string& op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (b == 0) return std::monostate{};
  if (op == "/") return a / b;
  if (std::isinf(a)) return op == "//" ? Cell(a / b) : Cell(std::monostate{});
  double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0 && std::signbit(rest) != std::signbit(b)) {
    rest += b;
    quotient -= 1;
  }
  if (rest == 0) rest = std::copysign(0.0, b);
  if (op == "%") return rest;
  const double floored = quotient == 0 ? std::copysign(0.0, a / b) : std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1 : floored;
}

Cell Arithmetic(const std::string& op, const Cell& a, const Cell& b) {
  if (IsFailed(a)) return a;
  if (IsFailed(b)) return b;
  if (IsNull(a) || IsNull(b)) return std::monostate{};
  if (IsInteger(a) && IsInteger(b) && op != "/") {
    return IntegerArithmetic(op, std::get<std::int64_t>(a), std::get<std::int64_t>(b));
  }
  return FloatArithmetic(op, AsFloat(a), AsFloat(b));
}

// 64 bits of mantissa hold every int64 and every float64.
long double Exact(const Cell& cell) {
  return IsInteger(cell) ? static_cast<long double>(std::get<std::int64_t>(cell))
                         : static_cast<long double>(std::get<double>(cell));
}

Cell Compared(const std::string& op, const Cell& a, const Cell& b) {
  if (IsFailed(a)) return a;
  if (IsFailed(b)) return b;
  if (IsNull(a) || IsNull(b)) return std::monostate{};
  const long double x = Exact(a);
  const long double y = Exact(b);
  if (op == "=") return x == y;
  if (op == "<>") return x != y;
  if (op == "<") return x < y;
  if (op == "<=") return x <= y;
  if (op == ">") return x > y;
  return x >= y;
}

Cell And(const Cell& a, const Cell& b) {
  if (IsFailed(a) || (!IsNull(a) && !std::get<bool>(a))) return a;
  if (IsFailed(b) || (!IsNull(b) && !std::get<bool>(b))) return b;
  return IsNull(a) ? a : b;
}
Cell Not(const Cell& a) {
  if (IsFailed(a) || IsNull(a)) return a;
  return !std::get<bool>(a);
}

using Row = std::vector<Cell>;
Cell Evaluate(const Tree& tree, const Row& row);

Cell Choice(const Tree& tree, const Row& row) {
  const Cell first = Evaluate(*tree.children[0], row);
  if (tree.op == "if") {
    if (IsFailed(first)) return first;
    return Evaluate(*tree.children[!IsNull(first) && std::get<bool>(first) ? 1 : 2], row);
  }
  if (tree.op == "try") return IsFailed(first) ? Cell() : first;
  return IsNull(first) ? Evaluate(*tree.children[1], row) : first;
}

Cell Evaluate(const Tree& tree, const Row& row) {
  if (tree.column >= 0) return row[static_cast<std::size_t>(tree.column)];
  if (tree.children.empty()) return tree.literal;
  if (tree.op == "if" || tree.op == "coalesce" || tree.op == "try") {
    const Cell chosen = Choice(tree, row);
    return tree.kind == Kind::kFloat && IsInteger(chosen) ? Cell(AsFloat(chosen)) : chosen;
  }
  const Cell a = Evaluate(*tree.children[0], row);
  if (tree.op == "is null") return IsFailed(a) ? a : Cell(IsNull(a));
  if (tree.op == "not") return Not(a);
  if (tree.op == "-" && tree.children.size() == 1) {
    if (!IsFailed(a) && !IsNull(a) && !IsInteger(a)) return -std::get<double>(a);
    return Arithmetic("-", std::int64_t{0}, a);
  }
  const Cell b = Evaluate(*tree.children[1], row);
  if (tree.op == "and") return And(a, b);
  if (tree.op == "or") return Not(And(Not(a), Not(b)));
  if (tree.children.size() == 3) {
    const Cell c = Evaluate(*tree.children[2], row);
    if (tree.op == "between") return And(Compared(">=", a, b), Compared("<=", a, c));
    return Not(And(Not(Compared("=", a, b)), Not(Compared("=", a, c))));
  }
  if (tree.kind == Kind::kBool) return Compared(tree.op, a, b);
  return Arithmetic(tree.op, a, b);
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::unique_ptr<Tree> Make(Kind kind, int depth) {
    auto tree = std::make_unique<Tree>();
    tree->kind = kind;
    if (depth == 0 || Pick(5) == 0) {
      Leaf(*tree);
    } else if (Pick(6) == 0) {
      MakeChoice(*tree, depth);
    } else if (kind == Kind::kBool) {
      MakeCondition(*tree, depth);
    } else {
      MakeArithmetic(*tree, depth);
    }
    return tree;
  }

  std::int64_t Integer() {
    constexpr std::array<std::int64_t, 8> kEdges = {
        0, 1, -1, INT64_MAX, INT64_MIN, 9007199254740993, -9007199254740993, 4611686018427387904};
    if (Pick(3) == 0) return kEdges[Pick(kEdges.size())];
    return static_cast<std::int64_t>(random_() % 41) - 20;
  }
  double Float() {
    constexpr std::array<double, 9> kEdges = {
        0.0, -0.0, 1e300, -1e300, 9007199254740992.0, 9223372036854775808.0, -9223372036854775808.0, 0.1, 4.9e-324};
    if (Pick(3) == 0) return kEdges[Pick(kEdges.size())];
    return static_cast<double>(static_cast<int>(random_() % 81) - 40) / 4;
  }
  std::size_t Pick(std::size_t count) { return static_cast<std::size_t>(random_() % count); }

 private:
  void Leaf(Tree& tree) {
    // Columns: two bools, two integers, two floats.
    if (Pick(2) == 0) {
      tree.column = static_cast<int>(tree.kind) * 2 + static_cast<int>(Pick(2));
      tree.op = "c" + std::to_string(tree.column);
      return;
    }
    if (tree.kind == Kind::kBool) tree.literal = Pick(2) == 0;
    if (tree.kind == Kind::kInteger) tree.literal = Integer();
    if (tree.kind == Kind::kFloat) tree.literal = Float();
    if (const auto* value = std::get_if<bool>(&tree.literal)) tree.op = *value ? "true" : "false";
    if (const auto* value = std::get_if<std::int64_t>(&tree.literal)) tree.op = std::to_string(*value);
    if (const auto* value = std::get_if<double>(&tree.literal)) tree.op = FormatFloat64(*value);
  }

  Kind Number() { return Pick(2) == 0 ? Kind::kInteger : Kind::kFloat; }

  void MakeChoice(Tree& tree, int depth) {
    const std::size_t choice = Pick(3);
    tree.op = choice == 0 ? "if" : choice == 1 ? "coalesce" : "try";
    if (choice == 0) tree.children.push_back(Make(Kind::kBool, depth - 1));
    tree.children.push_back(Make(tree.kind, depth - 1));
    if (choice != 2) tree.children.push_back(Make(tree.kind == Kind::kFloat ? Number() : tree.kind, depth - 1));
  }

  void MakeCondition(Tree& tree, int depth) {
    constexpr std::array<std::string_view, 12> kOperators = {"and", "or", "not", "is null", "=",  "<>",
                                                             "<",   "<=", ">",   ">=",      "in", "between"};
    tree.op = kOperators[Pick(kOperators.size())];
    if (tree.op == "and" || tree.op == "or" || tree.op == "not") {
      for (int i = tree.op == "not" ? 1 : 0; i < 2; ++i) tree.children.push_back(Make(Kind::kBool, depth - 1));
    } else {
      const int count = tree.op == "is null" ? 1 : tree.op == "in" || tree.op == "between" ? 3 : 2;
      for (int i = 0; i < count; ++i) tree.children.push_back(Make(Number(), depth - 1));
    }
  }

  void MakeArithmetic(Tree& tree, int depth) {
    constexpr std::array<std::string_view, 6> kOperators = {"+", "-", "*", "//", "%", "/"};
    tree.op = kOperators[Pick(tree.kind == Kind::kFloat ? 6 : 5)];
    if (tree.op == "-" && Pick(3) == 0) {
      tree.children.push_back(Make(tree.kind, depth - 1));
      return;
    }
    tree.children.push_back(Make(tree.op == "/" ? Number() : tree.kind, depth - 1));
    tree.children.push_back(Make(tree.kind == Kind::kFloat ? Number() : tree.kind, depth - 1));
  }

  std::mt19937_64 random_;
};

struct RandomTable {
  TestTable table;
  std::vector<Row> rows;
};

// Columns c0 and c1 are bools, c2 and c3 integers, c4 and c5 floats, each with nulls.
RandomTable MakeRandomTable(Generator& generator, std::int64_t row_count) {
  RandomTable made;
  made.rows.resize(static_cast<std::size_t>(row_count));
  arrow::ArrayVector arrays;
  arrow::FieldVector fields;
  for (int column = 0; column < 6; ++column) {
    constexpr std::array<TypeKind, 3> kTypes = {TypeKind::kBool, TypeKind::kInt64, TypeKind::kFloat64};
    const ValueType type = ValueType::Of(kTypes[static_cast<std::size_t>(column / 2)]);
    const auto builder = arrow::MakeBuilder(ToArrow(type)).ValueOrDie();
    for (Row& row : made.rows) {
      Cell cell;
      if (generator.Pick(5) != 0) {
        cell = column < 2   ? Cell(generator.Pick(2) == 0)
               : column < 4 ? Cell(generator.Integer())
                            : Cell(generator.Float());
      }
      if (IsNull(cell)) {
        EXPECT_TRUE(builder->AppendNull().ok());
      }
      if (const auto* value = std::get_if<bool>(&cell)) {
        EXPECT_TRUE(static_cast<arrow::BooleanBuilder&>(*builder).Append(*value).ok());
      }
      if (const auto* value = std::get_if<std::int64_t>(&cell)) {
        EXPECT_TRUE(static_cast<arrow::Int64Builder&>(*builder).Append(*value).ok());
      }
      if (const auto* value = std::get_if<double>(&cell)) {
        EXPECT_TRUE(static_cast<arrow::DoubleBuilder&>(*builder).Append(*value).ok());
      }
      row.push_back(cell);
    }
    made.table.scope.Add({"", "c" + std::to_string(column), type});
    fields.push_back(arrow::field("c" + std::to_string(column), ToArrow(type)));
    arrays.push_back(builder->Finish().ValueOrDie());
  }
  made.table.batch = arrow::RecordBatch::Make(arrow::schema(fields), row_count, arrays);
  return made;
}

bool Same(const Cell& expected, const arrow::Array& array, std::int64_t row) {
  if (IsNull(expected)) return array.IsNull(row);
  if (array.IsNull(row)) return false;
  if (const auto* value = std::get_if<bool>(&expected))
    return static_cast<const arrow::BooleanArray&>(array).Value(row) == *value;
  if (const auto* value = std::get_if<std::int64_t>(&expected))
    return static_cast<const arrow::Int64Array&>(array).Value(row) == *value;
  const double given = static_cast<const arrow::DoubleArray&>(array).Value(row);
  const double wanted = std::get<double>(expected);
  // The bits, except that a NaN's sign and payload are the machine's.
  if (std::isnan(wanted)) return std::isnan(given);
  return std::memcmp(&given, &wanted, sizeof given) == 0;
}

/// Holds a column as the vectors of serving: plain memory, no Arrow.
struct PlainColumn {
  std::vector<std::uint8_t> valid;
  std::vector<std::uint8_t> bools;
  std::vector<std::int64_t> integers;
  std::vector<double> floats;

  PlainColumn(const std::vector<std::vector<Cell>>& rows, std::size_t column) {
    for (const std::vector<Cell>& row : rows) {
      const Cell& cell = row[column];
      valid.push_back(IsNull(cell) ? 0 : 1);
      bools.push_back(std::holds_alternative<bool>(cell) && std::get<bool>(cell) ? 1 : 0);
      integers.push_back(IsInteger(cell) ? std::get<std::int64_t>(cell) : 0);
      floats.push_back(std::holds_alternative<double>(cell) ? std::get<double>(cell) : 0);
    }
  }

  Vector ToVector(ValueType type) const {
    Vector vector;
    vector.type = ExpressionType::Of(type);
    vector.valid = valid.data();
    vector.values = integers.data();
    if (type.kind == TypeKind::kBool) vector.values = bools.data();
    if (type.is_float()) vector.values = floats.data();
    return vector;
  }
};

bool SameInVector(const Cell& expected, const Vector& vector, std::int64_t row) {
  if (IsFailed(expected)) return vector.IsFailed(row);
  if (vector.IsFailed(row)) return false;
  if (IsNull(expected)) return !vector.IsValid(row);
  if (!vector.IsValid(row)) return false;
  if (const auto* value = std::get_if<bool>(&expected)) return (vector.At<std::uint8_t>(row) != 0) == *value;
  if (const auto* value = std::get_if<std::int64_t>(&expected)) return vector.At<std::int64_t>(row) == *value;
  const double given = vector.At<double>(row);
  const double wanted = std::get<double>(expected);
  return std::isnan(wanted) ? std::isnan(given) : std::memcmp(&given, &wanted, sizeof given) == 0;
}

void ExpectSameFromVectors(const BoundExpression& bound, const RandomTable& made, const Tree& tree) {
  std::vector<PlainColumn> plain;
  std::vector<Vector> vectors;
  for (const std::size_t column : bound.columns()) plain.emplace_back(made.rows, column);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    vectors.push_back(plain[i].ToVector(made.table.scope.columns()[bound.columns()[i]].type));
  }
  std::pmr::monotonic_buffer_resource arena;
  const auto row_count = static_cast<std::int64_t>(made.rows.size());
  const Vector given = bound.EvaluateVectors(vectors, row_count, arena);
  for (std::int64_t row = 0; row < row_count; ++row) {
    ASSERT_TRUE(SameInVector(Evaluate(tree, made.rows[static_cast<std::size_t>(row)]), given, row)) << row;
  }
}

TEST(ExpressionDifferentialTest, AgreesRowByRow) {
  constexpr int kExpressionCount = 3000;
  constexpr std::int64_t kRowCount = 24;
  const char* replayed = std::getenv("LARDER_SEED");
  const std::uint64_t first_seed = replayed == nullptr ? 1 : std::strtoull(replayed, nullptr, 10);
  int failing_count = 0;
  for (int i = 0; i < (replayed == nullptr ? kExpressionCount : 1); ++i) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
    Generator generator(seed);
    const RandomTable made = MakeRandomTable(generator, kRowCount);
    const auto tree = generator.Make(static_cast<Kind>(generator.Pick(3)), 5);
    const std::string text = Text(*tree);
    SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed) + ": " + text);
    const auto bound = BindText(made.table, text);
    ASSERT_TRUE(bound.ok()) << bound.status().ToString();
    std::optional<std::size_t> first_failed;
    for (std::size_t row = made.rows.size(); row-- > 0;) {
      if (IsFailed(Evaluate(*tree, made.rows[row]))) first_failed = row;
    }
    const auto array = bound->Evaluate(*made.table.batch);
    ASSERT_EQ(array.ok(), !first_failed.has_value()) << array.status().ToString();
    if (first_failed) {
      ++failing_count;
      ASSERT_TRUE(array.status().message().starts_with("row " + std::to_string(*first_failed) + ": "))
          << array.status().message();
    }
    ExpectSameFromVectors(*bound, made, *tree);
    // Each row alone gives what it gave among the others.
    for (std::int64_t row = 0; row < kRowCount; ++row) {
      const Cell expected = Evaluate(*tree, made.rows[static_cast<std::size_t>(row)]);
      const auto alone = bound->Evaluate(*made.table.batch->Slice(row, 1));
      ASSERT_EQ(alone.ok(), !IsFailed(expected)) << row;
      if (!alone.ok()) continue;
      ASSERT_TRUE(Same(expected, **alone, 0)) << row << " " << ValueOf(**alone, 0);
      if (array.ok()) {
        ASSERT_TRUE(Same(expected, **array, row)) << row << " " << ValueOf(**array, row);
      }
    }
  }
  // The generator must reach both outcomes.
  if (replayed == nullptr) {
    EXPECT_GT(failing_count, kExpressionCount / 20);
  }
  if (replayed == nullptr) {
    EXPECT_LT(failing_count, kExpressionCount * 9 / 10);
  }
}

}  // namespace
}  // namespace larder
