// How a long job tells how far it is.
#pragma once

#include <cstdint>
#include <string_view>

namespace larder {

/// Hears how far a job is. Called from one thread at a time, a few times a second at most.
class Progress {
 public:
  /// Stands for a total that is not known.
  static constexpr std::int64_t kUnknownTotal = -1;

  virtual ~Progress() = default;
  /// Begins a stage, such as "materialize last_flight"; `unit` is the plural of what is counted, such as "rows".
  virtual void Begin(std::string_view stage, std::string_view unit) = 0;
  /// Tells that `done` of `total` units are done; `total` may grow, or be kUnknownTotal.
  virtual void Update(std::int64_t done, std::int64_t total) = 0;
  /// Ends the stage, done or failed.
  virtual void End() = 0;
};

/// Hears and says nothing.
class NoProgress final : public Progress {
 public:
  void Begin(std::string_view /*stage*/, std::string_view /*unit*/) override {}
  void Update(std::int64_t /*done*/, std::int64_t /*total*/) override {}
  void End() override {}
};

}  // namespace larder
