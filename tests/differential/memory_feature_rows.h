// A view's rows in memory, given as a reader of files would: batches of any size, rows nobody asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/feature_rows.h"
#include "engine/join_plan.h"
#include "tests/differential/random_values.h"

namespace larder::differential {

/// Holds the rows of one view as columns of bits.
struct FeatureTable {
  KeyLayout layout;
  std::vector<ValueColumn> values;  ///< their names are unique
  std::vector<std::vector<Bits>> key_columns;
  std::vector<Bits> event_time;  ///< of int64; as long as the others even without event time
  std::vector<Bits> created_time;
  std::vector<Bits> deleted;  ///< of bool
  std::vector<std::vector<Bits>> value_columns;
  std::vector<std::uint64_t> ordinals;  ///< ascending

  std::size_t row_count() const { return ordinals.size(); }
};

/// Says how freely rows are given.
struct ReaderHabits {
  std::uint64_t seed = 0;
  bool any_order = false;           ///< batches of keys and of values in any order
  bool prunes_by_time = false;      ///< leaves out rows outside the range asked for
  bool gives_extra = false;         ///< values of rows that nobody asked for
  std::size_t most_batch_rows = 0;  ///< 0: half of the rows
};

/// Makes a reader of `table`, which must outlive it.
std::unique_ptr<FeatureRows> NewMemoryFeatureRows(const FeatureTable& table, ReaderHabits habits);

}  // namespace larder::differential
