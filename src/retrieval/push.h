// New rows and deletions from outside: online, offline or both.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "retrieval/online_tables.h"
#include "retrieval/project.h"

namespace larder {

/// Says what to push where.
struct PushRequest {
  std::string target;  ///< name of a source (raw columns; derive and where run) or of a plain view
  std::shared_ptr<arrow::Table> rows;
  bool online = true;
  bool offline = true;
  bool deletion = false;  ///< the rows name keys that are deleted
};

/// Tells what a push did.
struct PushOutcome {
  std::int64_t row_count = 0;
  std::int64_t offline_sequence = 0;  ///< of the rows kept offline; 0: none were
  struct View {
    std::string name;
    std::int64_t rows_written = 0;
    std::int64_t rows_older = 0;    ///< not written: the store holds a newer row of the key
    std::int64_t rows_ignored = 0;  ///< without key or time
  };
  std::vector<View> views;  ///< those written online
};

/// Checks all rows, then keeps them offline, then writes them online: a failure of a check writes nothing. Every row
/// needs key and time; a time more than `clock_skew` ahead of the clock is kFutureTime. `tables` may be nullptr when
/// nothing goes online. Fails with kUnknownObject, and as CheckRowsForSource and CheckRowsForView do.
Result<PushOutcome> Push(Project& project, OnlineTables* tables, const PushRequest& request);

}  // namespace larder
