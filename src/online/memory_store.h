// The online store in the memory of the process: for tests, demonstrations and stores that are filled at each start.
#pragma once

#include <memory>

#include "base/status.h"
#include "online/online_store.h"

namespace larder {

/// Makes an empty store that is gone with the process; path and durability are not used.
Result<std::unique_ptr<OnlineStore>> OpenMemoryStore(const StoreOptions& options);

}  // namespace larder
