// Another aggregate for each category: a map from category to result, as JSON text.
#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>
#include <string>

#include "aggregates/aggregate_families.h"
#include "aggregates/order_key.h"
#include "aggregates/ranked_values.h"
#include "aggregates/window_run.h"
#include "base/timestamp.h"
#include "exact/exact_sum.h"
#include "text/base64.h"
#include "text/json_writer.h"
#include "text/number_text.h"

namespace larder {
namespace {

void AppendFloat(ExpressionType type, double value, std::string& out) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else if (type.Is(TypeKind::kFloat32)) {
    AppendFloat32(static_cast<float>(value), out);
  } else {
    AppendFloat64(value, out);
  }
}

std::string ScalarText(ExpressionType type, std::int64_t value) {
  if (type.Is(TypeKind::kTimestamp)) return FormatInstant(value);
  if (type.Is(TypeKind::kDate)) return FormatDate(value);
  return std::to_string(value);
}

void AppendJson(const Vector& values, std::int64_t index, std::string& out) {
  if (!values.IsValid(index)) {
    out += "null";
    return;
  }
  switch (StorageOf(values.type)) {
    case Storage::kBool:
      out += values.At<std::uint8_t>(index) != 0 ? "true" : "false";
      return;
    case Storage::kFloat:
      return AppendFloat(values.type, values.At<double>(index), out);
    case Storage::kInteger: {
      const std::string text = ScalarText(values.type, values.At<std::int64_t>(index));
      values.type.is_integer() ? static_cast<void>(out += text) : AppendJsonString(text, out);
      return;
    }
    case Storage::kText: {
      const auto text = values.At<std::string_view>(index);
      return AppendJsonString(values.type.Is(TypeKind::kBytes) ? EncodeBase64(text) : std::string(text), out);
    }
    case Storage::kList:
      break;
  }
  const auto span = values.At<ListSpan>(index);
  out += '[';
  for (std::int64_t i = 0; i < span.length; ++i) {
    if (i > 0) out += ',';
    AppendJson(*values.elements, span.offset + i, out);
  }
  out += ']';
}

// A category as bytes in the order of categories: texts as they are, the rest as a whole number, the highest byte
// first.
std::string CategoryKey(const Vector& categories, std::int64_t index) {
  const Storage storage = StorageOf(categories.type);
  if (storage == Storage::kText) return std::string(categories.At<std::string_view>(index));
  auto bits = static_cast<std::uint64_t>(OrderKeyAt(categories, storage, index)) ^ (std::uint64_t{1} << 63);
  std::string key(sizeof(bits), '\0');
  for (std::size_t i = key.size(); i-- > 0; bits >>= 8) key[i] = static_cast<char>(bits & 0xff);
  return key;
}

std::string CategoryText(std::string_view key, ValueType type) {
  if (type.kind == TypeKind::kString) return std::string(key);
  std::uint64_t bits = 0;
  for (const char c : key) bits = bits << 8 | static_cast<unsigned char>(c);
  const auto value = static_cast<std::int64_t>(bits ^ (std::uint64_t{1} << 63));
  if (type.kind == TypeKind::kBool) return value != 0 ? "true" : "false";
  return ScalarText(ExpressionType::Of(type), value);
}

bool IsCategoryKey(std::string_view key, ValueType type) {
  return type.kind == TypeKind::kString || key.size() == sizeof(std::uint64_t);
}

// Holds one category of a window and the row of its result.
struct CategoryResult {
  std::string key;
  std::int64_t row = 0;
};

// Tells whether a result is greater than another; null and then NaN are below all.
bool IsGreater(const Vector& values, std::int64_t a, std::int64_t b) {
  if (values.IsValid(a) != values.IsValid(b)) return values.IsValid(a);
  if (!values.IsValid(a)) return false;
  const Storage storage = StorageOf(values.type);
  if (storage == Storage::kText) return values.At<std::string_view>(b) < values.At<std::string_view>(a);
  return TurnedKey(OrderKeyAt(values, storage, a), storage) < TurnedKey(OrderKeyAt(values, storage, b), storage);
}

Status TooManyCategories(const BoundAggregate& aggregate, std::size_t count) {
  return Status(Reason::kLimitExceeded,
                std::string(aggregate.row().name) + ": a window holds too many categories: " + std::to_string(count) +
                    ", at most " + std::to_string(aggregate.per()->max_categories),
                "take a category of fewer values, or a shorter window");
}

// Writes the map of one window; categories stand in their order, or with `top` those of the greatest results first,
// equal ones in the order of categories.
Status GiveMap(const BoundAggregate& aggregate, std::vector<CategoryResult>& categories, const Vector& values,
               std::pair<ResultColumn*, std::int64_t> to) {
  const auto [result, row] = to;
  const PerCategory& per = *aggregate.per();
  if (categories.size() > static_cast<std::size_t>(per.max_categories)) {
    return TooManyCategories(aggregate, categories.size());
  }
  if (categories.empty() && aggregate.row().empty == "null") {
    result->SetNull(row);
    return Status();
  }
  std::size_t count = categories.size();
  if (per.top > 0) {
    std::stable_sort(categories.begin(), categories.end(),
                     [&](const CategoryResult& a, const CategoryResult& b) { return IsGreater(values, a.row, b.row); });
    count = std::min(count, static_cast<std::size_t>(per.top));
  }
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += ',';
    AppendJsonString(CategoryText(categories[i].key, per.category), text);
    text += ':';
    AppendJson(values, categories[i].row, text);
  }
  result->SetText(row, text + "}");
  return Status();
}

// Gathers the events of one category as a run of its own.
class CategoryRun {
 public:
  void Gather(const CountedEvents& events, std::span<const std::int64_t> places) {
    const std::size_t input_count = events.inputs.size() - 1;
    values_.resize(input_count);
    valid_.resize(input_count);
    columns_.assign(events.inputs.begin(), events.inputs.end() - 1);
    for (std::size_t i = 0; i < input_count; ++i) GatherInput(events.inputs[i], places, i);
    times_us_.clear();
    for (const std::int64_t place : places) times_us_.push_back(events.times_us[place]);
  }
  EventRun View() const { return {static_cast<std::int64_t>(times_us_.size()), times_us_, columns_, {}, {}}; }

 private:
  void GatherInput(const Vector& input, std::span<const std::int64_t> places, std::size_t column) {
    const Storage storage = StorageOf(input.type);
    const std::size_t bytes = storage == Storage::kBool                                ? 1
                              : storage == Storage::kText || storage == Storage::kList ? 16
                                                                                       : 8;
    static_assert(sizeof(std::string_view) == 16 && sizeof(ListSpan) == 16);
    values_[column].resize(bytes * places.size());
    valid_[column].resize(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto from = static_cast<std::size_t>(input.IndexOf(places[i]));
      std::memcpy(values_[column].data() + bytes * i, static_cast<const char*>(input.values) + bytes * from, bytes);
      valid_[column][i] = input.IsValid(places[i]) ? 1 : 0;
    }
    columns_[column].values = values_[column].data();
    columns_[column].is_constant = false;
    columns_[column].valid = input.valid == nullptr ? nullptr : valid_[column].data();
  }

  std::vector<Vector> columns_;
  std::vector<std::vector<char>> values_;
  std::vector<std::vector<std::uint8_t>> valid_;
  std::vector<std::int64_t> times_us_;
};

// Evaluates the inner aggregate over each category's own events, and only for those ranges that hold one of them.
class PerCategoryKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    const CountedEvents& events = *input.events;
    SortByCategory(events);
    for (const KernelFunction& function : input.functions) {
      LARDER_RETURN_IF_ERROR(EvaluateFunction(events, function, *input.limits));
    }
    return Status();
  }
  std::int64_t scratch_bytes() const override { return ranked_.scratch_bytes(); }

 private:
  // One category of one range, and where its result stands.
  struct Part {
    std::int64_t range = 0;
    std::int64_t category = 0;  // its rank
    std::int64_t row = 0;
  };

  void SortByCategory(const CountedEvents& events) {
    const std::span<const Vector> category = events.inputs.last(1);
    CountedEvents categories = events;
    categories.inputs = category;
    ranked_.Rank(categories, false);
    begins_.assign(static_cast<std::size_t>(ranked_.rank_count() + 1), 0);
    for (std::int64_t i = 0; i < events.count; ++i) ++begins_[static_cast<std::size_t>(ranked_.rank(i) + 1)];
    std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
    places_.resize(static_cast<std::size_t>(events.count));
    std::vector<std::int64_t> next = begins_;
    for (std::int64_t i = 0; i < events.count; ++i) {
      places_[static_cast<std::size_t>(next[static_cast<std::size_t>(ranked_.rank(i))]++)] = i;
    }
  }

  std::span<const std::int64_t> PlacesOf(std::int64_t category) const {
    const auto at = static_cast<std::size_t>(category);
    return std::span(places_).subspan(static_cast<std::size_t>(begins_[at]),
                                      static_cast<std::size_t>(begins_[at + 1] - begins_[at]));
  }

  Status EvaluateFunction(const CountedEvents& events, const KernelFunction& function, const WindowLimits& limits) {
    const BoundAggregate& inner = *function.aggregate->inner();
    std::vector<std::size_t> inputs(inner.inputs().size());
    std::iota(inputs.begin(), inputs.end(), 0);
    WindowEvaluator evaluator({{inner, inputs}}, limits);
    std::vector<Part> parts;
    std::vector<std::vector<EventRange>> ranges;
    for (std::int64_t category = 0; category < ranked_.rank_count(); ++category) {
      ranges.push_back(RangesOf(events, function.ranges, category, parts));
    }
    std::vector<ResultColumn> results;
    results.emplace_back(inner.type(), static_cast<std::int64_t>(parts.size()));
    for (std::int64_t category = 0; category < ranked_.rank_count(); ++category) {
      run_.Gather(events, PlacesOf(category));
      const std::span<const EventRange> window(ranges[static_cast<std::size_t>(category)]);
      LARDER_RETURN_IF_ERROR(evaluator.Evaluate(run_.View(), {&window, 1}, results));
    }
    return GiveMaps(events, function, parts, results[0].Values());
  }

  // Returns the ranges that hold events of a category, as ranges of these; each gets the next row.
  std::vector<EventRange> RangesOf(const CountedEvents& events, std::span<const EventRange> ranges,
                                   std::int64_t category, std::vector<Part>& parts) const {
    const std::span<const std::int64_t> places = PlacesOf(category);
    std::vector<EventRange> own;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t range = 0;
    while (begin < places.size() && range < ranges.size()) {
      // The first range that ends after the first event that no earlier range was found for.
      if (events.Place(ranges[range].end) <= places[begin]) {
        range = static_cast<std::size_t>(
            std::partition_point(ranges.begin() + static_cast<std::ptrdiff_t>(range), ranges.end(),
                                 [&](const EventRange& r) { return events.Place(r.end) <= places[begin]; }) -
            ranges.begin());
        continue;
      }
      const std::int64_t range_begin = events.Place(ranges[range].begin);
      const std::int64_t range_end = events.Place(ranges[range].end);
      while (begin < places.size() && places[begin] < range_begin) ++begin;
      end = std::max(end, begin);
      while (end < places.size() && places[end] < range_end) ++end;
      if (begin < end) {
        const auto row = static_cast<std::int64_t>(parts.size());
        own.push_back({static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end), ranges[range].time_us, row});
        parts.push_back({static_cast<std::int64_t>(range), category, row});
        ++range;
      }
    }
    return own;
  }

  Status GiveMaps(const CountedEvents& events, const KernelFunction& function, std::vector<Part>& parts,
                  const Vector& values) {
    std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.range < b.range; });
    const Vector& categories = events.inputs.back();
    std::size_t next = 0;
    for (std::size_t range = 0; range < function.ranges.size(); ++range) {
      map_.clear();
      for (; next < parts.size() && parts[next].range == static_cast<std::int64_t>(range); ++next) {
        map_.push_back({CategoryKey(categories, ranked_.event(parts[next].category)), parts[next].row});
      }
      LARDER_RETURN_IF_ERROR(GiveMap(*function.aggregate, map_, values, {function.result, function.ranges[range].row}));
    }
    return Status();
  }

  RankedValues ranked_;
  std::vector<std::int64_t> begins_;
  std::vector<std::int64_t> places_;
  CategoryRun run_;
  std::vector<CategoryResult> map_;
};

class PerCategoryState final : public AggregateState {
 public:
  explicit PerCategoryState(std::span<const BoundAggregate* const> functions)
      : first_(functions[0]), rule_(CountRuleOf(*functions[0]->inner())) {
    for (const BoundAggregate* function : functions) inners_.push_back(function->inner());
  }

  void Clear() override { categories_.clear(); }
  Status Add(const StateEvent& event) override {
    Category& category = At(CategoryKey(*event.inputs[first_->inputs().size() - 1], event.index));
    if (categories_.size() > static_cast<std::size_t>(first_->per()->max_categories)) {
      return TooManyCategories(*first_, categories_.size());
    }
    ++category.count;
    return CountsInside(event) ? category.state->Add(event) : Status();
  }
  bool Remove(const StateEvent& event) override {
    const auto found = categories_.find(CategoryKey(*event.inputs[first_->inputs().size() - 1], event.index));
    if (found == categories_.end()) return false;
    if (--found->second.count == 0) {
      categories_.erase(found);
      return true;
    }
    return !CountsInside(event) || found->second.state->Remove(event);
  }
  void Encode(std::string& out) override {
    AppendVarint(categories_.size(), out);
    for (auto& [key, category] : categories_) {
      AppendLengthPrefixed(key, out);
      AppendVarint(static_cast<std::uint64_t>(category.count), out);
      category.state->Encode(out);
    }
  }
  bool Merge(ByteReader& reader) override {
    for (std::uint64_t left = reader.ReadVarint(); left > 0; --left) {
      const std::string_view key = reader.ReadLengthPrefixed();
      if (!reader.ok() || !IsCategoryKey(key, first_->per()->category)) return false;
      Category& category = At(std::string(key));
      if (!MergeCount(reader, category.count) || category.count == 0 || !category.state->Merge(reader)) return false;
    }
    return reader.ok();
  }
  Status Finish(const StateResult& to) override {
    ResultColumn results(to.aggregate->inner()->type(), static_cast<std::int64_t>(categories_.size()));
    std::vector<CategoryResult> map;
    for (auto& [key, category] : categories_) {
      const auto row = static_cast<std::int64_t>(map.size());
      LARDER_RETURN_IF_ERROR(category.state->Finish({to.aggregate->inner(), to.time_us, &results, row}));
      map.push_back({key, row});
    }
    return GiveMap(*to.aggregate, map, results.Values(), {to.result, to.row});
  }

 private:
  struct Category {
    std::int64_t count = 0;
    std::unique_ptr<AggregateState> state;
  };

  Category& At(std::string key) {
    Category& category = categories_[std::move(key)];
    if (category.state == nullptr) category.state = MakeAggregateState(inners_);
    return category;
  }
  bool CountsInside(const StateEvent& event) const {
    if (rule_ == CountRule::kSelected) return true;
    bool has_null = false;
    for (std::size_t i = 0; i + 1 < first_->inputs().size(); ++i) {
      has_null = has_null || !event.inputs[i]->IsValid(event.index);
    }
    return has_null == (rule_ == CountRule::kNull);
  }

  const BoundAggregate* first_;
  CountRule rule_;
  std::vector<const BoundAggregate*> inners_;
  std::map<std::string, Category> categories_;
};

}  // namespace

std::unique_ptr<WindowKernel> MakePerCategoryKernel() { return std::make_unique<PerCategoryKernel>(); }
std::unique_ptr<AggregateState> MakePerCategoryState(std::span<const BoundAggregate* const> functions) {
  return std::make_unique<PerCategoryState>(functions);
}

}  // namespace larder
