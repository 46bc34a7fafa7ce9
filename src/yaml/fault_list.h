// Places in files that people wrote, and the faults found there.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/status.h"

namespace larder {

/// Tells where something was written. Lines and columns count from 1; 0 is unknown (an object read from the registry).
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
  std::string path;  ///< such as "feature_views[0].features.x.type"

  /// Makes a fault at this place.
  Fault ToFault(std::string message, std::string hint = {}) const;
};

inline constexpr std::size_t kMaxFaults = 1'000;

/// Collects faults up to kMaxFaults; further ones are only counted. Not thread-safe.
class FaultList {
 public:
  void Add(Fault fault);
  void Add(const Location& location, std::string message, std::string hint = {});
  bool empty() const { return faults_.empty(); }
  std::size_t size() const { return faults_.size() + left_out_; }
  /// Returns the faults by file, line and column; the last says how many were left out, if any were.
  std::vector<Fault> Take();

 private:
  std::vector<Fault> faults_;
  std::size_t left_out_ = 0;
};

}  // namespace larder
