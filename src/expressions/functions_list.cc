// Functions of lists.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "expressions/functions_by_group.h"
#include "expressions/kernel.h"

namespace larder {
namespace {

// Calls `run` with a value of the C++ type in which elements of this type are kept.
template <class Run>
void WithStorage(ExpressionType type, Run run) {
  switch (StorageOf(type)) {
    case Storage::kBool:
      return run(std::uint8_t{});
    case Storage::kInteger:
      return run(std::int64_t{});
    case Storage::kFloat:
      return run(double{});
    case Storage::kText:
      return run(std::string_view{});
    case Storage::kList:
      LARDER_CHECK(false);
  }
}

// One list, as kernels walk over it.
template <class T>
class ListView {
 public:
  ListView(const Vector& lists, std::int64_t row) : elements_(*lists.elements), span_(lists.At<ListSpan>(row)) {}
  std::int64_t size() const { return span_.length; }
  std::int64_t offset() const { return span_.offset; }
  bool IsValid(std::int64_t i) const { return elements_.IsValid(span_.offset + i); }
  T Get(std::int64_t i) const { return elements_.Values<T>()[span_.offset + i]; }

 private:
  const Vector& elements_;
  ListSpan span_;
};

// Orders values: NaN after all numbers and equal to itself, -0.0 equal to 0.0.
template <class T>
bool ComesBefore(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, double>) {
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  }
  return a < b;
}

// Elements of new lists, in the order of the rows.
template <class T>
class ListResult {
 public:
  explicit ListResult(KernelCall& call) : call_(call), spans_(call.MakeValues<ListSpan>()) {}

  void Begin(std::int64_t row) { spans_[row] = {static_cast<std::int64_t>(values_.size()), 0}; }
  void Add(std::int64_t row, const T& value, bool is_valid) {
    values_.push_back(value);
    valid_.push_back(is_valid ? 1 : 0);
    ++spans_[row].length;
  }
  void Finish() {
    const auto count = static_cast<std::int64_t>(values_.size());
    T* values = Allocate<T>(call_.arena(), count);
    auto* valid = Allocate<std::uint8_t>(call_.arena(), count);
    std::copy(values_.begin(), values_.end(), values);
    std::copy(valid_.begin(), valid_.end(), valid);
    auto* elements = new (Allocate<Vector>(call_.arena(), 1)) Vector();
    elements->type = call_.result_type().element();
    elements->values = values;
    elements->valid = valid;
    call_.SetElements(elements);
  }

 private:
  KernelCall& call_;
  ListSpan* spans_;
  std::vector<T> values_;
  std::vector<std::uint8_t> valid_;
};

// Runs `fill(row, result)` for each row that needs a list.
template <class T, class Fill>
void MakeLists(KernelCall& call, Fill fill) {
  ListResult<T> result(call);
  for (std::int64_t row = 0; row < call.row_count(); ++row) {
    result.Begin(row);
    if (call.IsWanted(row)) fill(row, result);
  }
  result.Finish();
}

void ListLength(KernelCall& call) {
  auto* out = call.MakeValues<std::int64_t>();
  for (std::int64_t row = 0; row < call.row_count(); ++row) out[row] = call.argument(0).At<ListSpan>(row).length;
}

// Returns the index of a position that counts from 1, or from the end when negative; -1 when there is no such element.
std::int64_t IndexOfPosition(std::int64_t position, std::int64_t size) {
  if (position >= 1) return position <= size ? position - 1 : -1;
  return position < 0 && position >= -size ? size + position : -1;
}

void ListGet(KernelCall& call) {
  WithStorage(call.result_type(), [&]<class T>(T) {
    T* out = call.MakeValues<T>();
    for (std::int64_t row = 0; row < call.row_count(); ++row) {
      out[row] = T{};
      if (!call.IsWanted(row)) continue;
      const ListView<T> list(call.argument(0), row);
      const std::int64_t index = IndexOfPosition(call.argument(1).At<std::int64_t>(row), list.size());
      if (index < 0 || !list.IsValid(index)) {
        call.SetNull(row);
      } else {
        out[row] = list.Get(index);
      }
    }
  });
}

// Returns the position of a value, from 1; 0 when it does not occur.
template <class T>
std::int64_t FindPosition(const ListView<T>& list, const T& value) {
  for (std::int64_t i = 0; i < list.size(); ++i) {
    if (list.IsValid(i) && list.Get(i) == value) return i + 1;
  }
  return 0;
}

void ListPosition(KernelCall& call) {
  WithStorage(call.argument(1).type, [&]<class T>(T) {
    auto* out = call.MakeValues<std::int64_t>();
    for (std::int64_t row = 0; row < call.row_count(); ++row) {
      out[row] = call.IsWanted(row) ? FindPosition(ListView<T>(call.argument(0), row), call.argument(1).At<T>(row)) : 0;
    }
  });
}

void ListContains(KernelCall& call) {
  WithStorage(call.argument(1).type, [&]<class T>(T) {
    auto* out = call.MakeValues<std::uint8_t>();
    for (std::int64_t row = 0; row < call.row_count(); ++row) {
      out[row] = 0;
      if (!call.IsWanted(row)) continue;
      out[row] = FindPosition(ListView<T>(call.argument(0), row), call.argument(1).At<T>(row)) > 0 ? 1 : 0;
    }
  });
}

template <bool greatest>
void ListExtreme(KernelCall& call) {
  WithStorage(call.result_type(), [&]<class T>(T) {
    T* out = call.MakeValues<T>();
    for (std::int64_t row = 0; row < call.row_count(); ++row) {
      out[row] = T{};
      if (!call.IsWanted(row)) continue;
      const ListView<T> list(call.argument(0), row);
      bool found = false;
      for (std::int64_t i = 0; i < list.size(); ++i) {
        if (!list.IsValid(i)) continue;
        const T value = list.Get(i);
        bool better = greatest ? out[row] < value : value < out[row];
        if constexpr (std::is_same_v<T, double>) {
          // NaN gives way to every number; -0.0 stands below +0.0.
          if (std::isnan(out[row])) better = !std::isnan(value);
          if (value == out[row]) better = std::signbit(value) != greatest && std::signbit(out[row]) == greatest;
        }
        if (!found || better) out[row] = value;
        found = true;
      }
      if (!found) call.SetNull(row);
    }
  });
}

Outcome<std::int64_t> SumIntegers(IntegerList list) {
  std::int64_t sum = 0;
  bool found = false;
  for (std::size_t i = 0; i < list.values.size(); ++i) {
    if (!list.IsValid(i)) continue;
    found = true;
    if (__builtin_add_overflow(sum, list.values[i], &sum)) return kIntegerOverflow;
  }
  if (!found) return std::nullopt;
  return sum;
}

std::optional<double> SumFloats(FloatList list) {
  double sum = 0;
  bool found = false;
  for (std::size_t i = 0; i < list.values.size(); ++i) {
    if (list.IsValid(i)) sum += list.values[i];
    found |= list.IsValid(i);
  }
  return found ? std::optional(sum) : std::nullopt;
}

std::optional<double> MeanFloats(FloatList list) {
  double count = 0;
  for (std::size_t i = 0; i < list.values.size(); ++i) count += list.IsValid(i) ? 1 : 0;
  const std::optional<double> sum = SumFloats(list);
  return sum ? std::optional(*sum / count) : std::nullopt;
}

void ListConcat(KernelCall& call) {
  WithStorage(call.result_type().element(), [&]<class T>(T) {
    MakeLists<T>(call, [&](std::int64_t row, ListResult<T>& result) {
      std::int64_t total = 0;
      for (std::size_t argument = 0; argument < call.argument_count(); ++argument) {
        total += call.argument(argument).At<ListSpan>(row).length;
      }
      if (total > kMaxListElements) return call.Fail(row, kListTooLong);
      for (std::size_t argument = 0; argument < call.argument_count(); ++argument) {
        const ListView<T> list(call.argument(argument), row);
        for (std::int64_t i = 0; i < list.size(); ++i) result.Add(row, list.Get(i), list.IsValid(i));
      }
    });
  });
}

// The elements stay where they are; only the marks of the lists change.
void ListSlice(KernelCall& call) {
  auto* spans = call.MakeValues<ListSpan>();
  for (std::int64_t row = 0; row < call.row_count(); ++row) {
    spans[row] = call.argument(0).At<ListSpan>(row);
    if (!call.IsWanted(row)) continue;
    const std::int64_t size = spans[row].length;
    const auto place = [size](std::int64_t position) {
      return position < 0 ? std::max(position + size + 1, std::int64_t{0}) : std::min(position, size + 1);
    };
    const std::int64_t first = std::max(place(call.argument(1).At<std::int64_t>(row)), std::int64_t{1});
    const std::int64_t last = std::min(place(call.argument(2).At<std::int64_t>(row)), size);
    spans[row] = {spans[row].offset + first - 1, std::max(last - first + 1, std::int64_t{0})};
    if (spans[row].length == 0) spans[row].offset = 0;
  }
  call.SetElements(call.argument(0).elements);
}

// Returns the places of the elements that are there, sorted; equal ones keep their order.
template <class T>
std::vector<std::int64_t> SortedPlaces(const ListView<T>& list) {
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < list.size(); ++i) {
    if (list.IsValid(i)) places.push_back(i);
  }
  std::stable_sort(places.begin(), places.end(),
                   [&](std::int64_t a, std::int64_t b) { return ComesBefore(list.Get(a), list.Get(b)); });
  return places;
}

void ListSort(KernelCall& call) {
  WithStorage(call.result_type().element(), [&]<class T>(T) {
    MakeLists<T>(call, [&](std::int64_t row, ListResult<T>& result) {
      const ListView<T> list(call.argument(0), row);
      const std::vector<std::int64_t> places = SortedPlaces(list);
      for (const std::int64_t place : places) result.Add(row, list.Get(place), true);
      for (auto i = static_cast<std::int64_t>(places.size()); i < list.size(); ++i) result.Add(row, T{}, false);
    });
  });
}

void ListDistinct(KernelCall& call) {
  WithStorage(call.result_type().element(), [&]<class T>(T) {
    MakeLists<T>(call, [&](std::int64_t row, ListResult<T>& result) {
      const ListView<T> list(call.argument(0), row);
      std::vector<std::int64_t> places = SortedPlaces(list);
      const auto equal = [&](std::int64_t a, std::int64_t b) { return !ComesBefore(list.Get(a), list.Get(b)); };
      places.erase(std::unique(places.begin(), places.end(), equal), places.end());
      std::sort(places.begin(), places.end());
      for (const std::int64_t place : places) result.Add(row, list.Get(place), true);
    });
  });
}

void ListReverse(KernelCall& call) {
  WithStorage(call.result_type().element(), [&]<class T>(T) {
    MakeLists<T>(call, [&](std::int64_t row, ListResult<T>& result) {
      const ListView<T> list(call.argument(0), row);
      for (std::int64_t i = list.size() - 1; i >= 0; --i) result.Add(row, list.Get(i), list.IsValid(i));
    });
  });
}

void ListJoin(KernelCall& call) {
  auto* out = call.MakeValues<std::string_view>();
  std::string text;
  for (std::int64_t row = 0; row < call.row_count(); ++row) {
    out[row] = {};
    if (!call.IsWanted(row)) continue;
    text.clear();
    bool is_first = true;
    const ListView<std::string_view> list(call.argument(0), row);
    for (std::int64_t i = 0; i < list.size() && text.size() <= kMaxTextBytes; ++i) {
      if (!list.IsValid(i)) continue;
      if (!is_first) text += call.argument(1).At<std::string_view>(row);
      text += list.Get(i);
      is_first = false;
    }
    if (text.size() > kMaxTextBytes) {
      call.Fail(row, kTextTooLong);
    } else {
      out[row] = KeepText(call.arena(), text);
    }
  }
}

std::vector<FunctionRow> ListValues() {
  using enum FunctionGroup;
  return {
      {"list_length",
       kList,
       {{"(list<T>) -> int64", ListLength}},
       "Counts the elements, nulls included",
       "list_length([1, null, 3])",
       "3"},
      {"list_get",
       kList,
       {{"(list<T>, int64) -> T", ListGet}},
       "Gives an element by its position from 1, or from the end when negative; null beyond; also written x[1]",
       "list_get([10, 20, 30], -1)",
       "30"},
      {"list_contains",
       kList,
       {{"(list<T>, T) -> bool", ListContains}},
       "Tells whether an element equals the value",
       "list_contains(['SFO', 'JFK'], 'JFK')",
       "true"},
      {"list_position",
       kList,
       {{"(list<T>, T) -> int64", ListPosition}},
       "Gives the position of the first element that equals the value, from 1; 0 when there is none",
       "list_position(['SFO', 'JFK'], 'JFK')",
       "2"},
      {"list_sum",
       kList,
       {{"(list<int64>) -> int64", Map<SumIntegers>}, {"(list<float64>) -> float64", Map<SumFloats>}},
       "Adds the elements from first to last; nulls are skipped; null when there are none",
       "list_sum([1, 2, null])",
       "3"},
      {"list_mean",
       kList,
       {{"(list<float64>) -> float64", Map<MeanFloats>}},
       "Gives the mean of the elements; nulls are skipped; null when there are none",
       "list_mean([1, 2])",
       "1.5"},
      {"list_min",
       kList,
       {{"(list<T>) -> T", ListExtreme<false>}},
       "Gives the least element; nulls are skipped, and NaN unless all are NaN",
       "list_min([3, 1, 2])",
       "1"},
      {"list_max",
       kList,
       {{"(list<T>) -> T", ListExtreme<true>}},
       "Gives the greatest element; nulls are skipped, and NaN unless all are NaN",
       "list_max([3, 1, 2])",
       "3"},
      {"list_join",
       kList,
       {{"(list<string>, string) -> string", ListJoin}},
       "Joins the elements with a text between them; nulls are skipped",
       "list_join(['SFO', 'JFK'], '-')",
       "SFO-JFK"},
  };
}

std::vector<FunctionRow> ListLists() {
  using enum FunctionGroup;
  return {
      {"list_concat",
       kList,
       {{"(list<T>, list<T>...) -> list<T>", ListConcat}},
       "Puts lists one after another",
       "list_concat([1, 2], [3])",
       "[1, 2, 3]"},
      {"list_slice",
       kList,
       {{"(list<T>, int64, int64) -> list<T>", ListSlice}},
       "Takes the elements between two positions, both included, from 1 or from the end when negative",
       "list_slice([1, 2, 3, 4], 2, -2)",
       "[2, 3]"},
      {"list_sort",
       kList,
       {{"(list<T>) -> list<T>", ListSort}},
       "Sorts the elements; NaN after the numbers, nulls last",
       "list_sort([3, null, 1])",
       "[1, 3, null]"},
      {"list_distinct",
       kList,
       {{"(list<T>) -> list<T>", ListDistinct}},
       "Keeps the first of equal elements, in their order; nulls are left out",
       "list_distinct([2, 1, 2, null])",
       "[2, 1]"},
      {"list_reverse",
       kList,
       {{"(list<T>) -> list<T>", ListReverse}},
       "Puts the elements in reverse order",
       "list_reverse([1, 2, 3])",
       "[3, 2, 1]"},
  };
}

}  // namespace

std::vector<FunctionRow> ListFunctions() {
  std::vector<FunctionRow> rows = ListValues();
  for (FunctionRow& row : ListLists()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace larder
