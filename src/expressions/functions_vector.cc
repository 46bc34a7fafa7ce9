// Lists of numbers as vectors.
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "expressions/functions_by_group.h"
#include "expressions/kernel.h"

namespace larder {
namespace {

// Sums run in eight lanes, the i-th term in lane i mod 8, and the lanes are added in pairs: an order that does not
// depend on the width of the machine's registers.
constexpr std::size_t kLanes = 8;

template <class Term>
double LaneSum(std::size_t count, Term term) {
  std::array<double, kLanes> lanes{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
  }
  for (; i < count; ++i) lanes[i % kLanes] += term(i);
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

bool IsComplete(const FloatList& list) {
  for (std::size_t i = 0; list.valid != nullptr && i < list.values.size(); ++i) {
    if (list.valid[i] == 0) return false;
  }
  return true;
}
bool AreComparable(const FloatList& a, const FloatList& b) {
  return a.values.size() == b.values.size() && IsComplete(a) && IsComplete(b);
}

double DotOf(const FloatList& a, const FloatList& b) {
  return LaneSum(a.values.size(), [&](std::size_t i) { return a.values[i] * b.values[i]; });
}

std::optional<double> Dot(FloatList a, FloatList b) {
  if (!AreComparable(a, b)) return std::nullopt;
  return DotOf(a, b);
}
std::optional<double> Norm(FloatList list) {
  if (!IsComplete(list)) return std::nullopt;
  return std::sqrt(DotOf(list, list));
}
std::optional<double> Distance(FloatList a, FloatList b) {
  if (!AreComparable(a, b)) return std::nullopt;
  return std::sqrt(LaneSum(a.values.size(), [&](std::size_t i) {
    const double difference = a.values[i] - b.values[i];
    return difference * difference;
  }));
}
std::optional<double> Manhattan(FloatList a, FloatList b) {
  if (!AreComparable(a, b)) return std::nullopt;
  return LaneSum(a.values.size(), [&](std::size_t i) { return std::fabs(a.values[i] - b.values[i]); });
}
std::optional<double> Cosine(FloatList a, FloatList b) {
  if (!AreComparable(a, b)) return std::nullopt;
  const double product = DotOf(a, a) * DotOf(b, b);
  // One root is the more exact, two cannot overflow.
  const bool in_range = product >= std::numeric_limits<double>::min() && std::isfinite(product);
  const double norms = in_range ? std::sqrt(product) : std::sqrt(DotOf(a, a)) * std::sqrt(DotOf(b, b));
  if (norms == 0) return std::nullopt;
  const double cosine = DotOf(a, b) / norms;
  // Rounding may carry parallel vectors just beyond 1; NaN stays.
  return cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
}

// What becomes of each element under a list's own divisor; none: the list has no result.
template <auto divisor>
void Scale(KernelCall& call) {
  ArgumentReader<FloatList> reader(call, 0);
  auto* spans = call.MakeValues<ListSpan>();
  std::int64_t total = 0;
  for (std::int64_t row = 0; row < call.row_count(); ++row) {
    spans[row] = {total, call.IsWanted(row) ? call.argument(0).At<ListSpan>(row).length : 0};
    total += spans[row].length;
  }
  auto* values = Allocate<double>(call.arena(), total);
  for (std::int64_t row = 0; row < call.row_count(); ++row) {
    if (!call.IsWanted(row)) continue;
    const FloatList list = reader.Get(row);
    const std::optional<double> by = divisor(list);
    if (!by) call.SetNull(row);
    for (std::size_t i = 0; i < list.values.size(); ++i) {
      values[spans[row].offset + static_cast<std::int64_t>(i)] = by ? list.values[i] / *by : 0;
    }
  }
  auto* elements = new (Allocate<Vector>(call.arena(), 1)) Vector();
  elements->type = ExpressionType::Of(TypeKind::kFloat64);
  elements->values = values;
  call.SetElements(elements);
}
std::optional<double> PositiveNorm(FloatList list) {
  const std::optional<double> norm = Norm(list);
  return norm && *norm == 0 ? std::nullopt : norm;
}

std::vector<Overload> OfTwo(Kernel kernel) { return {{"(list<float64>, list<float64>) -> float64", kernel}}; }

}  // namespace

std::vector<FunctionRow> VectorFunctions() {
  using enum FunctionGroup;
  return {
      {"dot", kList, OfTwo(Map<Dot>), "Gives the dot product; null for unequal lengths or a null element",
       "dot([1, 2, 3], [4, 5, 6])", "32.0"},
      {"cosine_similarity", kList, OfTwo(Map<Cosine>),
       "Gives the cosine of the angle between two vectors; null for a zero vector, unequal lengths or a null element",
       "cosine_similarity([1, 0], [1, 0])", "1.0"},
      {"l2_norm",
       kList,
       {{"(list<float64>) -> float64", Map<Norm>}},
       "Gives the Euclidean length of a vector; null for a null element",
       "l2_norm([3, 4])",
       "5.0"},
      {"l2_normalize",
       kList,
       {{"(list<float64>) -> list<float64>", Scale<PositiveNorm>}},
       "Divides a vector by its Euclidean length; null for a zero vector or a null element",
       "l2_normalize([3, 4])",
       "[0.6, 0.8]"},
      {"l2_distance", kList, OfTwo(Map<Distance>),
       "Gives the Euclidean distance; null for unequal lengths or a null element", "l2_distance([0, 0], [3, 4])",
       "5.0"},
      {"manhattan_distance", kList, OfTwo(Map<Manhattan>),
       "Gives the sum of the differences' magnitudes; null for unequal lengths or a null element",
       "manhattan_distance([0, 0], [3, 4])", "7.0"},
  };
}

}  // namespace larder
