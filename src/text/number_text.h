// Numbers as text that reads back to the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace larder {

/// The most characters that a number takes.
inline constexpr std::size_t kMaxNumberChars = 32;

/// Writes what AppendFloat64 appends to `out`, which has room for kMaxNumberChars; returns the end. Numbers with few
/// decimals, which most measured values are, cost least.
char* WriteFloat64(double value, char* out);
/// Writes what AppendFloat32 appends, as WriteFloat64.
char* WriteFloat32(float value, char* out);
/// Writes what AppendInteger appends, as WriteFloat64.
char* WriteInteger(std::int64_t value, char* out);

/// Appends the fewest digits that read back to the same float64, always with a point or an exponent: `4.25`, `3.0`,
/// `-0.0`, `1e+16`, `1e-05`; plain from 0.0001 up to below 1e16, with an exponent outside. Not finite: `nan` (whatever
/// its sign and payload), `inf`, `-inf`. Never depends on the locale.
void AppendFloat64(double value, std::string& out);
/// Appends as AppendFloat64, with the fewest digits that read back to the same float32.
void AppendFloat32(float value, std::string& out);
/// Appends a decimal integer.
void AppendInteger(std::int64_t value, std::string& out);
/// Appends a decimal integer.
void AppendUnsigned(std::uint64_t value, std::string& out);

/// Returns what AppendFloat64 appends.
std::string FormatFloat64(double value);
/// Returns what AppendFloat32 appends.
std::string FormatFloat32(float value);

}  // namespace larder
