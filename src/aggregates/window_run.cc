#include "aggregates/window_run.h"

#include <algorithm>

#include "aggregates/aggregate_families.h"
#include "aggregates/counted_events.h"

namespace larder {
namespace {

// Functions that share a scan, their counted events and their kernel.
struct ScanGroup {
  std::size_t counter = 0;
  std::vector<std::size_t> members;  // functions, ordered by window
  std::unique_ptr<WindowKernel> kernel;
};

}  // namespace

struct WindowEvaluator::Content {
  std::vector<WindowFunction> functions;
  WindowLimits limits;
  std::vector<EventCounter> counters;
  std::vector<ScanGroup> groups;
  std::vector<KernelFunction> kernel_functions;

  CountedEventsKey KeyOf(const WindowFunction& function) const {
    return {function.inputs, function.where, CountRuleOf(function.aggregate)};
  }
  std::size_t CounterOf(const WindowFunction& function) {
    const CountedEventsKey key = KeyOf(function);
    std::size_t counter = 0;
    while (counter < counters.size() && !(counters[counter].key() == key)) ++counter;
    if (counter == counters.size()) counters.emplace_back(key);
    return counter;
  }
  void Place(std::size_t index) {
    const WindowFunction& function = functions[index];
    const std::size_t counter = CounterOf(function);
    for (ScanGroup& group : groups) {
      if (group.counter == counter && SharesState(functions[group.members[0]].aggregate, function.aggregate)) {
        group.members.push_back(index);
        return;
      }
    }
    groups.push_back({counter, {index}, nullptr});
  }
};

WindowEvaluator::WindowEvaluator(std::vector<WindowFunction> functions, WindowLimits limits)
    : content_(std::make_unique<Content>()) {
  content_->functions = std::move(functions);
  content_->limits = limits;
  for (std::size_t i = 0; i < content_->functions.size(); ++i) content_->Place(i);
  for (ScanGroup& group : content_->groups) {
    std::stable_sort(group.members.begin(), group.members.end(), [&](std::size_t a, std::size_t b) {
      return content_->functions[a].window < content_->functions[b].window;
    });
    std::vector<const BoundAggregate*> aggregates;
    for (const std::size_t member : group.members) aggregates.push_back(&content_->functions[member].aggregate);
    group.kernel = MakeWindowKernel(aggregates);
  }
  // Groups of the same counted events stand together, so that these are found once.
  std::stable_sort(content_->groups.begin(), content_->groups.end(),
                   [](const ScanGroup& a, const ScanGroup& b) { return a.counter < b.counter; });
}
WindowEvaluator::~WindowEvaluator() = default;
WindowEvaluator::WindowEvaluator(WindowEvaluator&&) noexcept = default;
WindowEvaluator& WindowEvaluator::operator=(WindowEvaluator&&) noexcept = default;

Status WindowEvaluator::Evaluate(const EventRun& run, std::span<const std::span<const EventRange>> windows,
                                 std::span<ResultColumn> results) {
  const CountedEvents* events = nullptr;
  for (std::size_t i = 0; i < content_->groups.size(); ++i) {
    const ScanGroup& group = content_->groups[i];
    if (i == 0 || group.counter != content_->groups[i - 1].counter) {
      events = &content_->counters[group.counter].Count(run);
    }
    std::vector<KernelFunction>& functions = content_->kernel_functions;
    functions.clear();
    for (const std::size_t member : group.members) {
      const WindowFunction& function = content_->functions[member];
      functions.push_back({&function.aggregate, windows[function.window], &results[member], function.window});
    }
    LARDER_RETURN_IF_ERROR(group.kernel->Evaluate({events, functions, &content_->limits}));
  }
  return Status();
}

std::int64_t WindowEvaluator::scratch_bytes() const {
  std::int64_t bytes = 0;
  for (const EventCounter& counter : content_->counters) bytes += counter.scratch_bytes();
  for (const ScanGroup& group : content_->groups) bytes += group.kernel->scratch_bytes();
  return bytes;
}

}  // namespace larder
