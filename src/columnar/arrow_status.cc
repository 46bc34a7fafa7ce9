#include "columnar/arrow_status.h"

#include <arrow/compute/initialize.h>

#include <memory>
#include <string>

namespace larder {
namespace {

constexpr char kDetailName[] = "larder::Status";

class OurStatusDetail final : public arrow::StatusDetail {
 public:
  explicit OurStatusDetail(Status status) : status_(std::move(status)) {}
  const char* type_id() const override { return kDetailName; }
  std::string ToString() const override { return std::string(status_.message()); }
  const Status& status() const { return status_; }

 private:
  Status status_;
};

Reason ReasonOf(const arrow::Status& status) {
  if (status.IsOutOfMemory()) return Reason::kMemoryLimit;
  if (status.IsIOError()) return Reason::kIoError;
  if (status.IsCancelled()) return Reason::kInterrupted;
  if (status.IsInvalid() || status.IsSerializationError()) return Reason::kInvalidFile;
  if (status.IsNotImplemented() || status.IsTypeError()) return Reason::kTypeMismatch;
  return Reason::kInternal;
}

}  // namespace

Status FromArrow(const arrow::Status& status) {
  if (status.ok()) return {};
  if (status.detail() != nullptr && std::string_view(status.detail()->type_id()) == kDetailName) {
    return static_cast<const OurStatusDetail&>(*status.detail()).status();
  }
  return Status(ReasonOf(status), status.message());
}

arrow::Status ToArrow(const Status& status) {
  if (status.ok()) return arrow::Status::OK();
  return arrow::Status(arrow::StatusCode::UnknownError, std::string(status.message()),
                       std::make_shared<OurStatusDetail>(status));
}

Status InitializeCompute() {
  static const arrow::Status initialized = arrow::compute::Initialize();
  return FromArrow(initialized);
}

}  // namespace larder
