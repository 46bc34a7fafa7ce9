#include "base/status.h"

namespace larder {

struct Status::State {
  Reason reason;
  std::string message;
  std::string hint;
  std::vector<Fault> faults;
};

std::string Fault::Place() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line);
  if (line > 0 && column > 0) text += ":" + std::to_string(column);
  if (!path.empty()) text += (text.empty() ? "" : ": ") + path;
  return text;
}

Status::Status(Reason reason, std::string message, std::string hint)
    : state_(std::make_shared<const State>(State{reason, std::move(message), std::move(hint), {}})) {
  LARDER_CHECK(reason != Reason::kOk);
}

Status Status::FromFaults(Reason reason, std::string message, std::vector<Fault> faults) {
  LARDER_CHECK(reason != Reason::kOk);
  LARDER_CHECK(!faults.empty());
  Status status;
  status.state_ = std::make_shared<const State>(State{reason, std::move(message), {}, std::move(faults)});
  return status;
}

Reason Status::reason() const { return ok() ? Reason::kOk : state_->reason; }

std::string_view Status::message() const { return ok() ? std::string_view() : state_->message; }

std::string_view Status::hint() const { return ok() ? std::string_view() : state_->hint; }

const std::vector<Fault>& Status::faults() const {
  static const std::vector<Fault> kNone;
  return ok() ? kNone : state_->faults;
}

Status Status::WithContext(std::string_view context) const {
  if (ok()) return *this;
  State state = *state_;
  state.message = std::string(context) + ": " + state.message;
  Status status;
  status.state_ = std::make_shared<const State>(std::move(state));
  return status;
}

Status Status::WithHint(std::string hint) const {
  if (ok()) return *this;
  State state = *state_;
  state.hint = std::move(hint);
  Status status;
  status.state_ = std::make_shared<const State>(std::move(state));
  return status;
}

Status Status::WithReason(Reason reason) const {
  LARDER_CHECK(reason != Reason::kOk);
  if (ok()) return *this;
  State state = *state_;
  state.reason = reason;
  Status status;
  status.state_ = std::make_shared<const State>(std::move(state));
  return status;
}

std::string Status::ToString() const {
  if (ok()) return "ok";
  std::string text = state_->message;
  for (const Fault& fault : state_->faults) {
    const std::string place = fault.Place();
    text += "\n  " + place + (place.empty() ? "" : ": ") + fault.message;
    if (!fault.hint.empty()) text += "\n    hint: " + fault.hint;
  }
  if (!state_->hint.empty()) text += "\nhint: " + state_->hint;
  return text;
}

}  // namespace larder
