#include "online/store_list.h"

#include <array>
#include <string>

#include "online/memory_store.h"
#include "online/rocksdb_store.h"

namespace larder {
namespace {

constexpr std::array kStoreKinds = {
    StoreKind{"rocksdb", true, [](const StoreOptions& options) { return OpenRocksDbStore(options); }},
    StoreKind{"memory", false, OpenMemoryStore},
};

}  // namespace

std::span<const StoreKind> AllStoreKinds() { return kStoreKinds; }

Result<std::unique_ptr<OnlineStore>> OpenOnlineStore(std::string_view kind, const StoreOptions& options) {
  std::string names;
  for (const StoreKind& row : kStoreKinds) {
    if (row.name == kind) return row.open(options);
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  }
  return Status(Reason::kInvalidConfig, "unknown type of online store: '" + std::string(kind) + "'",
                "one of: " + names);
}

}  // namespace larder
