// What a point-in-time join does, as a value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/value_type.h"

namespace larder {

/// Names one value column of a view and its type.
struct ValueColumn {
  std::string name;
  ValueType type;
};

/// Says which columns the key scan of a view gives, in this order: join keys, then those of the others that are there.
struct KeyLayout {
  std::vector<ValueType> keys;     ///< at least one; each `is_key()`
  bool has_event_time = true;      ///< false: rows are valid from the beginning of time
  bool has_created_time = false;   ///< false: every created time is null
  bool has_deletion_mark = false;  ///< false: no row deletes
};

/// Describes the join with one view.
struct ViewJoin {
  std::string name;                   ///< for messages and summaries; unique in the plan
  std::vector<int> left_key_columns;  ///< columns of the left side, one for each of `layout.keys`, in that order
  KeyLayout layout;
  std::int64_t ttl_us = 0;  ///< 0: unlimited; never negative
  std::vector<ValueColumn> values;
};

/// Describes a point-in-time join (point-in-time contract, §1) completely but for the data: equal plans over equal
/// tables give equal bytes, in whatever process and by whatever number of threads.
struct JoinPlan {
  int left_time_column = 0;
  bool as_known = false;  ///< a row must also have been known: created time <= t; a null one is never known
  /// Gives matched event times and statuses. Without it rows older than every ttl need not be read, and a row that is
  /// too old counts as one that is not there.
  bool match_details = false;
  std::vector<ViewJoin> views;

  /// Checks the plan against the left side: columns exist, times are timestamp[us, UTC], keys have key types that can
  /// be equal (int32 and int64 can), ttls are not negative. Fails with kTypeMismatch or kMissingColumn, naming view,
  /// column and both types.
  Status Check(const arrow::Schema& left) const;

  /// Returns the plan as JSON in one fixed form: the texts of two plans are equal if and only if the plans are.
  std::string CanonicalText() const;
};

}  // namespace larder
