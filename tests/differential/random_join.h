// A random point-in-time join: plan, left side, the views' tables.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "engine/join_plan.h"
#include "tests/differential/memory_feature_rows.h"
#include "tests/differential/random_values.h"
#include "tests/oracle/join_oracle.h"

namespace larder::differential {

/// Bounds the sizes of a random join.
struct JoinSize {
  std::uint64_t left_rows = 24;
  std::uint64_t view_rows = 40;
  std::uint64_t views = 3;
};

/// Holds a join whose answer both the engine and the oracle can find. The left side has key columns first, then the
/// event time, then the number of the row (int64).
struct RandomJoin {
  JoinPlan plan;
  std::vector<ValueType> left_key_types;
  std::vector<std::vector<Bits>> left_keys;  ///< by column
  std::vector<Bits> left_times;              ///< of int64
  std::vector<FeatureTable> tables;          ///< one for each view of the plan
  std::vector<ReaderHabits> habits;

  std::size_t left_row_count() const { return left_times.size(); }
};

/// Makes the join of this seed.
RandomJoin MakeRandomJoin(std::uint64_t seed, JoinSize size);

/// Returns the left side in batches of random sizes, some of 0 rows.
std::shared_ptr<arrow::RecordBatchReader> LeftReader(const RandomJoin& join, std::uint64_t seed);

/// Returns the oracle's answer for one view.
std::vector<oracle::Answer> OracleAnswers(const RandomJoin& join, std::size_t view);

/// Returns what the oracle sees of a table.
std::vector<oracle::FeatureRow> OracleRows(const FeatureTable& table);

/// Fills `table`, whose layout and values are set, with `row_count` rows at most, with keys out of `pools` and times
/// near `origin_us`.
struct TableSource {
  std::vector<std::vector<Bits>> pools;  ///< by key column
  std::int64_t origin_us = 0;
  std::int64_t span_us = 0;
  std::uint64_t row_count = 0;
};
void FillTable(Random& random, const TableSource& source, FeatureTable& table);

/// Returns a random layout for keys of these types, and random value columns.
KeyLayout RandomLayout(Random& random, std::vector<ValueType> keys);
std::vector<ValueColumn> RandomValueColumns(Random& random);

}  // namespace larder::differential
