#include "aggregates/state_kernel.h"

namespace larder {
namespace {

class StateKernel final : public WindowKernel {
 public:
  explicit StateKernel(std::unique_ptr<AggregateState> state) : state_(std::move(state)) {}

  Status Evaluate(const KernelInput& input) override {
    const CountedEvents& events = *input.events;
    return ForEachWindow(input, [&](std::span<const KernelFunction> functions) {
      Restart(0);
      for (const EventRange& range : functions[0].ranges) {
        LARDER_RETURN_IF_ERROR(Move(events, events.Place(range.begin), events.Place(range.end)));
        for (const KernelFunction& function : functions) {
          LARDER_RETURN_IF_ERROR(state_->Finish({function.aggregate, range.time_us, function.result, range.row}));
        }
      }
      return Status();
    });
  }

 private:
  void Restart(std::int64_t at) {
    state_->Clear();
    first_ = last_ = at;
  }

  Status Move(const CountedEvents& events, std::int64_t begin, std::int64_t end) {
    if (begin >= last_) Restart(begin);
    while (first_ < begin) {
      if (state_->Remove(EventAt(events, first_++))) continue;
      Restart(begin);
    }
    for (; last_ < end; ++last_) LARDER_RETURN_IF_ERROR(state_->Add(EventAt(events, last_)));
    return Status();
  }

  static StateEvent EventAt(const CountedEvents& events, std::int64_t index) {
    StateEvent event;
    for (std::size_t i = 0; i < events.inputs.size(); ++i) event.inputs[i] = &events.inputs[i];
    event.index = index;
    event.time_us = events.times_us[index];
    return event;
  }

  std::unique_ptr<AggregateState> state_;
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
};

}  // namespace

std::unique_ptr<WindowKernel> MakeStateKernel(std::unique_ptr<AggregateState> state) {
  return std::make_unique<StateKernel>(std::move(state));
}

}  // namespace larder
