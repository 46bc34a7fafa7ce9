#include "lookup/current_definitions.h"

#include <algorithm>
#include <utility>

namespace larder {

CurrentDefinitions::Reader::Reader(CurrentDefinitions& definitions) : definitions_(definitions) {
  const std::lock_guard lock(definitions_.mutex_);
  definitions_.readers_.push_back(this);
}

CurrentDefinitions::Reader::~Reader() {
  const std::lock_guard lock(definitions_.mutex_);
  std::erase(definitions_.readers_, this);
}

std::uint64_t CurrentDefinitions::Reader::Begin() {
  // What is seen is shown first and looked at again afterwards: either Set's thread finds it shown, or this one finds
  // the newer number.
  std::uint64_t number = definitions_.number_.load();
  while (true) {
    seen_.store(number);
    const std::uint64_t again = definitions_.number_.load();
    if (again == number) return number;
    number = again;
  }
}

CurrentDefinitions::Numbered CurrentDefinitions::Reader::BeginAnew() {
  const std::lock_guard lock(definitions_.mutex_);
  seen_.store(definitions_.number_.load());
  return {definitions_.snapshot_, definitions_.number_.load()};
}

CurrentDefinitions::Numbered CurrentDefinitions::Get() const {
  const std::lock_guard lock(mutex_);
  return {snapshot_, number_.load()};
}

std::optional<std::int64_t> CurrentDefinitions::revision() const {
  const std::lock_guard lock(mutex_);
  return snapshot_ == nullptr ? std::nullopt : std::optional(snapshot_->revision());
}

void CurrentDefinitions::Set(std::shared_ptr<const RegistrySnapshot> snapshot) {
  const std::lock_guard lock(mutex_);
  if (snapshot_ != nullptr) older_.push_back(snapshot_);
  snapshot_ = std::move(snapshot);
  number_.fetch_add(1);
}

bool CurrentDefinitions::IsAlone() {
  const std::lock_guard lock(mutex_);
  std::erase_if(older_, [](const auto& older) { return older.expired(); });
  const std::uint64_t number = number_.load();
  return older_.empty() && std::all_of(readers_.begin(), readers_.end(), [&](const Reader* reader) {
           const std::uint64_t seen = reader->seen_.load();
           return seen == 0 || seen >= number;
         });
}

}  // namespace larder
