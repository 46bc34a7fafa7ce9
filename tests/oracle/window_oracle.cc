#include "tests/oracle/window_oracle.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <tuple>

#include "tests/oracle/exact_number.h"

namespace larder::oracle {
namespace {

using Events = std::vector<const Event*>;
__extension__ using Wide = __int128;  // no difference of two instants overflows it

bool HasNull(const std::vector<Key>& keys) {
  return std::any_of(keys.begin(), keys.end(), [](const Key& key) { return key.index() == 0; });
}

auto TimePair(const Event& event) { return std::make_tuple(*event.event_time_us, event.created_time_us); }

// The canonical order: event time, created time (null lowest), event id, encoded values.
bool IsBefore(const Event* a, const Event* b) {
  if (TimePair(*a) != TimePair(*b)) return TimePair(*a) < TimePair(*b);
  return std::tie(a->event_id, a->encoded) < std::tie(b->event_id, b->encoded);
}

// Tells whether `other` takes `event` away: a later row of the same event, or a deletion of the key.
bool IsTakenAwayBy(const Event& event, const Event& other) {
  const bool has_id = event.event_id.index() != 0;
  if (other.deleted && other.event_id.index() == 0) return TimePair(event) <= TimePair(other);
  if (!has_id || other.event_id != event.event_id || &other == &event) return false;
  if (TimePair(event) != TimePair(other)) return TimePair(event) < TimePair(other);
  if (event.deleted != other.deleted) return other.deleted;
  if (event.encoded != other.encoded) return event.encoded < other.encoded;
  return &event < &other;
}

Events EventsOf(const EntityRow& entity, const std::vector<Event>& events, bool as_known) {
  Events rows;
  for (const Event& event : events) {
    if (event.keys != entity.keys || HasNull(event.keys) || !event.event_time_us) continue;
    if (as_known && (!event.created_time_us || *event.created_time_us > *entity.time_us)) continue;
    rows.push_back(&event);
  }
  Events left;
  for (const Event* event : rows) {
    const auto takes_away = [&](const Event* other) { return IsTakenAwayBy(*event, *other); };
    if (!event->deleted && std::none_of(rows.begin(), rows.end(), takes_away)) left.push_back(event);
  }
  std::sort(left.begin(), left.end(), IsBefore);
  return left;
}

Wide FloorDivide(Wide a, Wide b) { return a / b - (a % b < 0 ? 1 : 0); }

Events EventsInWindow(const Events& events, const WindowSpan& window, std::int64_t time_us) {
  Wide end = time_us;
  const bool is_grid = window.kind == WindowSpan::Kind::kEvery;
  if (is_grid) {
    end = FloorDivide(end - window.offset_us, window.every_us) * window.every_us + window.offset_us - window.ago_us;
  }
  Events inside;
  for (const Event* event : events) {
    const Wide s = *event->event_time_us;
    if (window.end_exclusive ? s >= end : s > end) continue;
    if (is_grid || window.kind == WindowSpan::Kind::kLength) {
      const Wide begin = end - window.length_us;
      if (is_grid && window.end_exclusive ? s < begin : s <= begin) continue;
    }
    inside.push_back(event);
  }
  const auto count = static_cast<std::int64_t>(inside.size());
  if (window.kind == WindowSpan::Kind::kRows && count > window.row_count) {
    inside.erase(inside.begin(), inside.end() - window.row_count);
  }
  return inside;
}

double OneNan() { return std::numeric_limits<double>::quiet_NaN(); }

/// Holds the power sums of numbers, exactly.
struct Sums {
  std::int64_t count = 0;
  bool is_whole = false;
  int nans = 0;
  int positive_infinities = 0;
  int negative_infinities = 0;
  BigInteger sum;      // in units of 2^exponent
  BigInteger squares;  // in units of 2^(2 * exponent)
  int exponent = kLeastExponent;
};

Sums SumsOf(const std::vector<Value>& values) {
  Sums sums;
  for (const Value& value : values) {
    ++sums.count;
    BigInteger number;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      sums.is_whole = true;
      sums.exponent = 0;
      number = BigInteger(*whole);
    } else {
      const double real = std::get<double>(value);
      if (std::isnan(real)) ++sums.nans;
      if (std::isinf(real)) ++(real > 0 ? sums.positive_infinities : sums.negative_infinities);
      if (!std::isfinite(real)) continue;
      number = ScaledInteger(real);
    }
    sums.sum = sums.sum + number;
    sums.squares = sums.squares + number * number;
  }
  return sums;
}

// What IEEE 754 makes of sums with values that are not finite; nullopt when all are.
std::optional<double> NotFinite(const Sums& sums) {
  if (sums.nans > 0 || (sums.positive_infinities > 0 && sums.negative_infinities > 0)) return OneNan();
  if (sums.positive_infinities > 0) return std::numeric_limits<double>::infinity();
  if (sums.negative_infinities > 0) return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

void Sum(const std::vector<Value>& values, WindowAnswer& answer) {
  if (values.empty()) return;
  const Sums sums = SumsOf(values);
  std::int64_t whole = 0;
  if (sums.is_whole) {
    answer.overflows = !sums.sum.FitsInt64(&whole);
    answer.value = whole;
  } else {
    answer.value = NotFinite(sums).value_or(NearestDouble(sums.sum, BigInteger(1), sums.exponent));
  }
}

Value Mean(const std::vector<Value>& values) {
  if (values.empty()) return {};
  const Sums sums = SumsOf(values);
  return NotFinite(sums).value_or(NearestDouble(sums.sum, BigInteger(sums.count), sums.exponent));
}

Value Variance(const std::vector<Value>& values, bool is_sample, bool is_root) {
  if (values.size() < (is_sample ? 2U : 1U)) return {};
  const Sums sums = SumsOf(values);
  if (NotFinite(sums)) return OneNan();
  const BigInteger n(sums.count);
  const BigInteger numerator = n * sums.squares - sums.sum * sums.sum;
  const double variance =
      NearestDouble(numerator, n * BigInteger(is_sample ? sums.count - 1 : sums.count), 2 * sums.exponent);
  return is_root ? std::sqrt(variance) : variance;
}

// Orders values; -0.0 stands below +0.0, NaN is not asked about.
bool IsLess(const Value& a, const Value& b) {
  if (const auto* left = std::get_if<double>(&a)) {
    const double right = std::get<double>(b);
    if (*left == 0 && right == 0) return std::signbit(*left) && !std::signbit(right);
    return *left < right;
  }
  return a < b;
}

Value Extreme(const std::vector<Value>& values, bool is_least) {
  Value best;
  bool has_nan = false;
  for (const Value& value : values) {
    const auto* real = std::get_if<double>(&value);
    if (real != nullptr && std::isnan(*real)) {
      has_nan = true;
    } else if (best.index() == 0 || (is_least ? IsLess(value, best) : IsLess(best, value))) {
      best = value;
    }
  }
  return best.index() == 0 && has_nan ? Value(OneNan()) : best;
}

void Evaluate(const WindowCall& call, const Events& events, WindowAnswer& answer) {
  std::vector<Value> values;
  std::int64_t null_count = 0;
  std::int64_t row_count = 0;
  for (const Event* event : events) {
    if (call.where) {
      const auto* condition = std::get_if<bool>(&event->values[*call.where]);
      if (condition == nullptr || !*condition) continue;
    }
    ++row_count;
    if (!call.input) continue;
    const Value& value = event->values[*call.input];
    if (value.index() == 0) {
      ++null_count;
    } else {
      values.push_back(value);
    }
  }
  const std::string& name = call.function;
  if (name == "count") answer.value = call.input ? static_cast<std::int64_t>(values.size()) : row_count;
  if (name == "count_null") answer.value = null_count;
  if (name == "sum") Sum(values, answer);
  if (name == "mean") answer.value = Mean(values);
  if (name == "min") answer.value = Extreme(values, true);
  if (name == "max") answer.value = Extreme(values, false);
  if (name == "var_pop") answer.value = Variance(values, false, false);
  if (name == "var_samp") answer.value = Variance(values, true, false);
  if (name == "std_pop") answer.value = Variance(values, false, true);
  if (name == "std_samp") answer.value = Variance(values, true, true);
  if (name == "first" && !values.empty()) answer.value = values.front();
  if (name == "last" && !values.empty()) answer.value = values.back();
}

}  // namespace

std::vector<WindowAnswer> Aggregate(const std::vector<EntityRow>& entities, const std::vector<Event>& events,
                                    const WindowCall& call, bool as_known) {
  std::vector<WindowAnswer> answers;
  for (const EntityRow& entity : entities) {
    WindowAnswer& answer = answers.emplace_back();
    if (HasNull(entity.keys) || !entity.time_us) continue;
    answer.is_found = true;
    const Events inside = EventsInWindow(EventsOf(entity, events, as_known), call.window, *entity.time_us);
    if (!inside.empty()) answer.event_time_us = inside.back()->event_time_us;
    Evaluate(call, inside, answer);
  }
  return answers;
}

}  // namespace larder::oracle
