#include "yaml/fault_list.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace larder {

Fault Location::ToFault(std::string message, std::string hint) const {
  return {file, line, column, path, std::move(message), std::move(hint)};
}

void FaultList::Add(Fault fault) {
  if (faults_.size() >= kMaxFaults) {
    ++left_out_;
    return;
  }
  faults_.push_back(std::move(fault));
}

void FaultList::Add(const Location& location, std::string message, std::string hint) {
  Add(location.ToFault(std::move(message), std::move(hint)));
}

std::vector<Fault> FaultList::Take() {
  std::stable_sort(faults_.begin(), faults_.end(), [](const Fault& a, const Fault& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  if (left_out_ > 0) {
    faults_.push_back({"", 0, 0, "", "and " + std::to_string(left_out_) + " more faults", "mend those above first"});
  }
  left_out_ = 0;
  return std::move(faults_);
}

}  // namespace larder
