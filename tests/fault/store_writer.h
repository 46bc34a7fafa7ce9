// What the killed writer writes, so that its judge can tell what must be there.
#pragma once

#include <cstdint>
#include <string>

namespace larder::fault {

inline constexpr int kWriterThreads = 3;
inline constexpr int kKeysPerThread = 8;

/// Returns the key of a pair of cells that one thread writes, always together.
inline std::string WriterKey(int thread, int key) {
  return "thread" + std::to_string(thread) + "-" + std::to_string(key);
}
/// Returns the value that goes with an event time.
inline std::string WriterValue(const std::string& key, std::int64_t time_us) {
  return key + " at " + std::to_string(time_us) + std::string(static_cast<std::size_t>(time_us % 200), 'v');
}
/// Tells whether the write of this event time is a deletion.
inline bool WriterDeletes(std::int64_t time_us) { return time_us % 7 == 3; }
/// Returns how many rows the loader loads each time, all with the event time of the load.
inline constexpr int kLoadedRows = 300;
inline std::string LoadedKey(int row) { return "row" + std::to_string(row); }

}  // namespace larder::fault
