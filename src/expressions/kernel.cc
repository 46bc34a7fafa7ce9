#include "expressions/kernel.h"

namespace larder {

KernelCall::KernelCall(const Setup& setup) : setup_(setup) {
  for (const Vector& argument : setup_.arguments) {
    const std::uint8_t* valid = setup_.propagates_nulls ? argument.valid : nullptr;
    for (std::int64_t row = 0; valid != nullptr && row < setup_.row_count; ++row) {
      if (valid[argument.IndexOf(row)] == 0) SetNull(row);
    }
    for (std::int64_t row = 0; argument.failed != nullptr && row < setup_.row_count; ++row) {
      if (!argument.IsFailed(row)) continue;
      SetNull(row);
      MutableFailed()[row] = 1;
    }
  }
}

std::uint8_t* KernelCall::MutableValid() {
  if (valid_ == nullptr) {
    valid_ = Allocate<std::uint8_t>(arena(), setup_.row_count);
    std::memset(valid_, 1, static_cast<std::size_t>(setup_.row_count));
  }
  return valid_;
}

std::uint8_t* KernelCall::MutableFailed() {
  if (failed_ == nullptr) {
    failed_ = Allocate<std::uint8_t>(arena(), setup_.row_count);
    std::memset(failed_, 0, static_cast<std::size_t>(setup_.row_count));
  }
  return failed_;
}

void KernelCall::Fail(std::int64_t row, const Failure& why) {
  SetNull(row);
  MutableFailed()[row] = 1;
  if (first_failure_ == nullptr) first_failure_ = &why;
}

void KernelCall::RefuseConstant(std::size_t argument, Status why) {
  if (!refused_) refused_.emplace(argument, std::move(why));
}

Vector KernelCall::Finish() const {
  Vector result;
  result.type = setup_.result_type;
  result.values = values_;
  result.valid = valid_;
  result.failed = failed_;
  result.elements = elements_;
  return result;
}

}  // namespace larder
