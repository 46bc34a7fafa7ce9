// The events of one key that count, in the one order that every path gives them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace larder {

/// Names the rows of one key; all spans that are not empty are equally long. Borrows everything.
struct KeyEvents {
  std::span<const std::int64_t> times_us;
  std::span<const std::int64_t> created_us = {};   ///< kNoCreatedTimeUs where null; empty: all null
  std::span<const std::uint8_t> deleted = {};      ///< 1: the row deletes; empty: none does
  std::span<const std::string_view> ids = {};      ///< encoded event ids, empty where null; empty: all null
  std::span<const std::string_view> encoded = {};  ///< encoded values; empty: events of equal times may stand anyhow
};

/// Puts the indexes of the events that count into `order`, in canonical order: event time, created time, event id,
/// encoded values (point-in-time contract, §2). Of the rows of one event id the one of the greatest event and created
/// time is the event; of equal ones a deletion, then that of the greatest encoded values. A deletion takes its event
/// away, one without an event id every event of the key that is not after it. Costs a sort only where times are out of
/// order or equal.
void OrderEvents(const KeyEvents& events, std::vector<std::uint32_t>& order);

}  // namespace larder
