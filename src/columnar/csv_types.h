// The types of CSV columns: guessed from their texts, over any number of files.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "columnar/value_type.h"

namespace larder {

/// Guesses the type of one column from the texts seen. Texts: int64 (no leading zeros, no plus sign, in range), float64
/// (digits with a point or exponent; NaN, inf), bool (true, false; also True, TRUE), date (2015-01-02), timestamp (ISO
/// 8601, dates included), else string. A quoted empty text is a string; nulls say nothing. Whole numbers beyond int64
/// are strings: no digit is lost.
class CsvColumnGuess {
 public:
  /// Takes one text that is not null.
  void Observe(std::string_view text);
  /// Takes all that `other` has seen. The order of observations and merges does not matter.
  void Merge(const CsvColumnGuess& other);
  /// Returns the narrowest type that every text fits; string when none was seen.
  ValueType type() const;

  friend bool operator==(const CsvColumnGuess&, const CsvColumnGuess&) = default;

 private:
  static constexpr std::uint8_t kAnyType = 0x1f;
  std::uint8_t possible_ = kAnyType;  // one bit for each type that every text so far fits
  bool seen_ = false;
};

/// Holds the guesses for one file or several: columns by name.
struct CsvGuess {
  std::map<std::string, CsvColumnGuess> columns;
  /// Takes all that `other` has seen, columns that are new included.
  void Merge(const CsvGuess& other);
  /// Returns the type of every column.
  std::map<std::string, ValueType> Types() const;
};

/// Reads a CSV or CSV.gz file from end to end and guesses its columns. Errors as for `TableFile::Read`.
Result<CsvGuess> GuessCsvTypes(FileSystem& files, const std::string& path, const std::vector<std::string>& null_texts);

}  // namespace larder
