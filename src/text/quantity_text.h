// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace larder {

/// Returns a whole number with commas between thousands: "1,234,567", "-12".
std::string FormatCount(std::int64_t count);
/// Returns a number of bytes with three digits or so: "0 B", "1,023 B", "1.5 KiB", "97.7 MiB", "128 GiB".
std::string FormatBytes(std::int64_t bytes);
/// Returns part / whole with one decimal: "97.4 %"; "none" when the whole is 0.
std::string FormatShare(std::int64_t part, std::int64_t whole);

}  // namespace larder
