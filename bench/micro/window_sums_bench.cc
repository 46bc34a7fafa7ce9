// Times exact sums over windows beside plain sums of doubles in the same loop: user time for each event, medians of
// rounds that alternate. Usage: window_sums_bench [events of a key, 1000] [ranges for each event x 100, 100].
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "aggregates/aggregate_families.h"
#include "base/random.h"

namespace larder {
namespace {

constexpr std::int64_t kEvents = 2'000'000;
constexpr int kRounds = 7;

double UserSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
}

// The rival: sums of all values (and squares, when there is a third result) before each place, and their differences.
// Not exact.
class PlainKernel {
 public:
  void Evaluate(const std::vector<double>& values, const std::vector<EventRange>& ranges,
                std::span<ResultColumn> results) {
    const bool has_squares = results.size() > 2;
    Fill(values, has_squares);
    for (const EventRange& range : ranges) {
      const auto begin = static_cast<std::size_t>(range.begin);
      const auto end = static_cast<std::size_t>(range.end);
      const auto count = static_cast<double>(end - begin);
      if (begin == end) {
        for (ResultColumn& result : results) result.SetNull(range.row);
        continue;
      }
      const double sum = totals_[end] - totals_[begin];
      results[0].SetFloat(range.row, sum);
      results[1].SetFloat(range.row, sum / count);
      if (!has_squares) continue;
      const double variance = (squares_[end] - squares_[begin] - sum * sum / count) / (count - 1);
      count < 2 ? results[2].SetNull(range.row) : results[2].SetFloat(range.row, std::sqrt(variance));
    }
  }

 private:
  void Fill(const std::vector<double>& values, bool has_squares) {
    totals_.resize(values.size() + 1);
    squares_.resize(has_squares ? values.size() + 1 : 0);
    double total = 0;
    double square = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      totals_[i] = total;
      total += values[i];
      if (!has_squares) continue;
      squares_[i] = square;
      square += values[i] * values[i];
    }
    totals_[values.size()] = total;
    if (has_squares) squares_[values.size()] = square;
  }

  std::vector<double> totals_;
  std::vector<double> squares_;
};

struct Data {
  std::vector<double> floats;
  std::vector<std::int64_t> integers;
  std::vector<std::int64_t> times_us;
  std::vector<EventRange> ranges;
};

Data MakeData(const char* kind, std::int64_t events, std::int64_t percent) {
  Data data;
  Random random(5);
  for (std::int64_t i = 0; i < events; ++i) {
    const double value = (random.Fraction() - 0.5) * 1000;
    const bool is_price = kind[0] == 'p';
    const double cents = static_cast<double>(static_cast<std::int64_t>(value * 100)) / 100;
    data.floats.push_back(kind[0] == 'f' ? static_cast<float>(value) : is_price ? cents : value);
    data.integers.push_back(static_cast<std::int64_t>(value));
    data.times_us.push_back(i);
  }
  for (std::int64_t row = 0; row < events * percent / 100; ++row) {
    const std::int64_t end = row * 100 / percent + 1;
    data.ranges.push_back({std::max<std::int64_t>(0, end - events / 4), end, end, row});
  }
  return data;
}

BoundAggregate Bound(const char* name, TypeKind kind) {
  AggregateCall call;
  call.name = name;
  call.inputs = {ValueType::Of(kind)};
  return BindAggregate(call).value();
}

// Runs functions over the data of one key, again and again, by their kernel.
std::function<void()> Exact(const Data& data, TypeKind kind, const std::vector<const char*>& names) {
  struct Work {
    std::vector<BoundAggregate> functions;
    std::vector<ResultColumn> results;
    std::vector<KernelFunction> kernel_functions;
    std::unique_ptr<WindowKernel> kernel;
    Vector column;
    CountedEvents events;
  };
  auto work = std::make_shared<Work>();
  for (const char* name : names) work->functions.push_back(Bound(name, kind));
  std::vector<const BoundAggregate*> pointers;
  for (const BoundAggregate& function : work->functions) {
    pointers.push_back(&function);
    work->results.emplace_back(function.type(), static_cast<std::int64_t>(data.ranges.size()));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    work->kernel_functions.push_back({&work->functions[i], data.ranges, &work->results[i], 0});
  }
  work->kernel = MakeMomentKernel(pointers);
  work->column.type = ExpressionType::Of(kind);
  work->column.values = kind == TypeKind::kInt64 ? static_cast<const void*>(data.integers.data()) : data.floats.data();
  work->events = {static_cast<std::int64_t>(data.floats.size()), {&work->column, 1}, data.times_us.data(), nullptr};
  return [work] {
    static const WindowLimits kLimits;
    if (!work->kernel->Evaluate({&work->events, work->kernel_functions, &kLimits}).ok()) std::abort();
  };
}

double NanosecondsAnEvent(const std::function<void()>& run, std::int64_t events) {
  const double begin = UserSeconds();
  for (std::int64_t done = 0; done < kEvents; done += events) run();
  return (UserSeconds() - begin) / static_cast<double>(kEvents) * 1e9;
}

void Compare(const char* name, const Data& data, TypeKind kind, const std::vector<const char*>& functions) {
  const auto events = static_cast<std::int64_t>(data.floats.size());
  PlainKernel plain;
  std::vector<ResultColumn> results;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    results.emplace_back(ValueType::Of(TypeKind::kFloat64), static_cast<std::int64_t>(data.ranges.size()));
  }
  const std::function<void()> rival = [&] { plain.Evaluate(data.floats, data.ranges, results); };
  const std::function<void()> exact = Exact(data, kind, functions);
  std::vector<double> plain_ns;
  std::vector<double> exact_ns;
  for (int round = 0; round < kRounds; ++round) {
    plain_ns.push_back(NanosecondsAnEvent(rival, events));
    exact_ns.push_back(NanosecondsAnEvent(exact, events));
  }
  std::sort(plain_ns.begin(), plain_ns.end());
  std::sort(exact_ns.begin(), exact_ns.end());
  std::printf("%-28s plain %6.2f ns (%.2f to %.2f)   exact %6.2f ns (%.2f to %.2f)   ratio %.2f\n", name,
              plain_ns[kRounds / 2], plain_ns.front(), plain_ns.back(), exact_ns[kRounds / 2], exact_ns.front(),
              exact_ns.back(), exact_ns[kRounds / 2] / plain_ns[kRounds / 2]);
}

}  // namespace
}  // namespace larder

int main(int argc, char** argv) {
  using larder::TypeKind;
  const std::int64_t events = argc > 1 ? std::atoll(argv[1]) : 1000;
  const std::int64_t percent = argc > 2 ? std::atoll(argv[2]) : 100;
  const larder::Data float32 = larder::MakeData("float32", events, percent);
  const larder::Data price = larder::MakeData("price", events, percent);
  const larder::Data float64 = larder::MakeData("wide", events, percent);
  larder::Compare("float32: sum, mean", float32, TypeKind::kFloat32, {"sum", "mean"});
  larder::Compare("int64: sum, mean", price, TypeKind::kInt64, {"sum", "mean"});
  larder::Compare("float64 decimals: sum, mean", price, TypeKind::kFloat64, {"sum", "mean"});
  larder::Compare("float64: sum, mean", float64, TypeKind::kFloat64, {"sum", "mean"});
  larder::Compare("float32: sum, mean, std", float32, TypeKind::kFloat32, {"sum", "mean", "std_samp"});
  larder::Compare("int64: sum, mean, std", price, TypeKind::kInt64, {"sum", "mean", "std_samp"});
  larder::Compare("float64 dec.: sum, mean, std", price, TypeKind::kFloat64, {"sum", "mean", "std_samp"});
  larder::Compare("float64: sum, mean, std", float64, TypeKind::kFloat64, {"sum", "mean", "std_samp"});
  return 0;
}
