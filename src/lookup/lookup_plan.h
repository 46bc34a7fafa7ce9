// What a request for features means, made ready to be looked up: tables, places in rows, and the text around values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/status.h"
#include "columnar/row_codec.h"
#include "online/online_store.h"
#include "retrieval/online_read.h"
#include "retrieval/online_tables.h"
#include "retrieval/retrieval_plan.h"

namespace larder {

/// Describes rows that one version of a view wrote.
struct StoredVersion {
  std::shared_ptr<const RowLayout> layout;
  std::vector<std::int32_t> columns;  ///< of each feature of the LookupView, in the layout; -1: the writer lacked it
};

/// Describes one look-up.
struct LookupView {
  std::uint64_t number = 0;  ///< no other look-up of a session has it
  std::shared_ptr<OnlineTable> table;
  std::int64_t ttl_us = 0;                 ///< 0: unlimited
  std::vector<std::size_t> key_places;     ///< the parts of the key, indexes into LookupPlan::keys
  std::vector<ValueType> types;            ///< of the features
  std::vector<StoredVersion> versions;     ///< all that may have written rows
  std::array<Counter*, 4> row_counters{};  ///< by ValueStatus; nullptr where rows are not counted
};

/// Names where the values of one column of the answer come from.
struct LookupColumn {
  enum class Origin : std::uint8_t { kKey, kStored, kComputed };
  Origin origin = Origin::kKey;
  std::size_t view = 0;   ///< of kStored
  std::size_t index = 0;  ///< of kKey: into keys; of kStored: feature of the view; of kComputed: slot
  ValueType type;
};

/// Names a list that a request must bring.
struct LookupList {
  std::string name;
  ValueType type;
};

/// Holds a RetrievalPlan bound to tables. Keeps no snapshot of the registry alive. Immutable, but for the counters;
/// safe to share between threads.
struct LookupPlan {
  /// Binds a plan; nullptr for one that only the plain way can answer: with lists into or out of an expression. Fails
  /// as opening tables does, and with kEqualNames when the plan's names clash.
  /// The views are numbered from `first_number` on.
  static Result<std::shared_ptr<const LookupPlan>> Make(const RetrievalPlan& plan, OnlineTables& tables,
                                                        std::uint64_t first_number);

  std::vector<LookupView> views;
  std::vector<LookupList> keys;
  std::vector<LookupList> request_values;
  std::vector<LookupColumn> columns;      ///< of the answer
  std::vector<ValueSlot> slots;           ///< as in RetrievalPlan
  std::vector<Computation> computations;  ///< the same
  std::vector<std::uint8_t> is_input;     ///< by slot: an expression reads it
  std::string head;                       ///< of the answer, up to the first value
};

}  // namespace larder
