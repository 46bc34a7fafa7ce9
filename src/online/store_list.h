// The kinds of online store, one row each.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/status.h"
#include "online/online_store.h"

namespace larder {

/// Describes a kind of store: what larder.yaml calls it, and how it is opened.
struct StoreKind {
  std::string_view name;
  bool is_persistent = false;
  Result<std::unique_ptr<OnlineStore>> (*open)(const StoreOptions&) = nullptr;
};

/// Returns every kind of store.
std::span<const StoreKind> AllStoreKinds();

/// Opens a store of the kind with this name; kInvalidConfig for a name that is not in the list.
Result<std::unique_ptr<OnlineStore>> OpenOnlineStore(std::string_view kind, const StoreOptions& options);

}  // namespace larder
