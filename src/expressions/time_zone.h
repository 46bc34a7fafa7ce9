// IANA time zones: from the system's compiled files to offsets from UTC, for every instant.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"

namespace larder {

/// Holds the rules of one zone. Immutable.
class TimeZone {
 public:
  virtual ~TimeZone() = default;

  /// Returns seconds to add to UTC for local time at this instant: before the first transition the zone's first
  /// offset, after the last one what the rule in the file's footer says, however far in the future.
  virtual std::int64_t OffsetSeconds(std::int64_t instant_us) const = 0;

  /// Returns local wall-clock microseconds, saturated at the ends of int64.
  std::int64_t ToLocal(std::int64_t instant_us) const;

  /// Returns the instant of a wall-clock time. One that occurs twice means the first; one that a gap leaves out is
  /// read with the offset before the gap, so it lies as far after the gap's end as it stood after its start.
  std::int64_t FromLocal(std::int64_t local_us) const;
};

/// Parses a TZif file (RFC 8536, versions 1 to 4). Fails with kDamaged on anything else; never crashes.
Result<std::shared_ptr<const TimeZone>> ParseTimeZone(std::string_view content);

/// Returns the folder that TZDIR names (as for the C library), else "/usr/share/zoneinfo".
std::string TimeZoneFolder();

/// Finds zones by name in a folder of TZif files, and keeps what it has read. Thread-safe.
class TimeZoneDatabase {
 public:
  /// Reads from `folder`, such as "/usr/share/zoneinfo", when a zone is first asked for.
  explicit TimeZoneDatabase(std::string folder = TimeZoneFolder());

  /// Returns the zone of an IANA name such as "Europe/Berlin". Fails with kValueOutOfRange when there is none. The
  /// pointer lives as long as the database.
  Result<const TimeZone*> Find(std::string_view name) const;

 private:
  std::string folder_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, std::shared_ptr<const TimeZone>> zones_;
};

}  // namespace larder
