// The events of window views as cells of an online store (docs/formats/window_events.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/join_key.h"
#include "columnar/row_codec.h"
#include "online/online_store.h"
#include "windows/key_windows.h"

namespace larder {

/// Says how events came into the store: a materialization replaces those without an event id, and its own.
enum class EventOrigin : char { kSource = 'S', kPush = 'P' };

/// Tells apart the events without an id of one writer: unique in a table among writers of all times.
struct EventBatchNumber {
  EventOrigin origin = EventOrigin::kPush;
  std::uint64_t number = 0;  ///< of a push: a random number
};

/// Holds events to be stored; arrays of internal types and of one length.
struct EventRows {
  std::vector<std::shared_ptr<arrow::Array>> keys;        ///< as the view's entities
  std::vector<std::shared_ptr<arrow::Array>> values;      ///< as FeatureView::columns
  std::shared_ptr<arrow::Array> event_times;              ///< timestamps
  std::shared_ptr<arrow::Array> created_times = nullptr;  ///< timestamps; nullptr: none
  std::shared_ptr<arrow::Array> deleted = nullptr;        ///< bools; nullptr: none deletes
  std::optional<std::size_t> event_id;                    ///< index into `values`
  std::span<const std::uint64_t> numbers;                 ///< of the rows within their batch, each once
};

/// Makes the writes of events and keeps the bytes that they borrow. Rows without key or event time are left out and
/// counted. Reuse one object for many batches.
class EventCellWriter {
 public:
  /// Encodes rows over what was held; `layout` is of FeatureView::columns. Fails as EncodeJoinKeys and EncodeRows do.
  Status Encode(const RowLayout& layout, const EventRows& rows, EventBatchNumber batch);

  std::span<const CellWrite> writes() const { return writes_; }
  std::int64_t ignored_count() const { return ignored_count_; }

 private:
  JoinKeyBatch keys_;
  JoinKeyBatch ids_;
  EncodedRows rows_;
  std::string bytes_;
  std::vector<CellWrite> writes_;
  std::int64_t ignored_count_ = 0;
};

/// Returns the write that marks a table as one that was materialized or pushed to.
CellWrite TableMark();

/// Tells whether a stored cell is an event that a materialization of [from, to] replaces, one without an event id or of
/// a source, or one that is not after the horizon.
struct ReplacedEvents {
  std::int64_t from_us = INT64_MIN;
  std::int64_t to_us = INT64_MAX;
  std::int64_t horizon_us = INT64_MIN;

  bool Contains(const ScannedCell& cell) const;
};

/// Says which events to read. Borrowed for the time of the call.
struct EventRead {
  const WindowPlan& plan;
  const RowLayout& layout;               ///< of FeatureView::columns
  std::span<const std::size_t> columns;  ///< of the plan's columns: places in the layout
  std::int64_t time_us = 0;              ///< the moment asked about
};

/// Holds the events of keys.
struct StoredEvents {
  EventBatch batch;
  std::vector<BatchRange> keys;  ///< one for each key, in their order
};

/// Reads what the windows at a moment may hold of each key: events of the time they reach over, all that have an event
/// id, and the deletion of the key. A null key has no events. Fails with kLimitExceeded for a key of more than
/// kMaxStoredKeyEvents events in reach, which is named, and with kDamaged.
inline constexpr std::int64_t kMaxStoredKeyEvents = 10'000'000;
Result<StoredEvents> ReadEvents(OnlineTable& table, const JoinKeyBatch& keys, const EventRead& read);

}  // namespace larder
