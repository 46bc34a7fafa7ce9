// The columns of several files as those of one source.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "definitions/source.h"
#include "definitions/source_check.h"

namespace larder {

/// Collects the columns of files and gives each one type. A column that is declared has the declared type; int32 and
/// int64 make int64, float32 and float64 make float64, columns of the null type make any; equal types stay. Columns
/// stand in the order in which they are first seen.
class ColumnUnion {
 public:
  explicit ColumnUnion(const Source& source);

  /// Takes the columns of a file. Fails with kTypeMismatch, naming the column, both files and both types, when one does
  /// not go with what was seen; naming file and types when it cannot become what is declared.
  Status Add(const std::string& path, const arrow::Schema& schema);

  /// Takes a column that does not stand in the files, but in the names of their folders. Fails with kEqualNames when a
  /// file has one of this name.
  Status AddPartition(const std::string& name, ValueType guessed);

  /// Returns the columns. Fails with kMissingColumn for a declared column that no file has; the hint names the nearest.
  Result<std::vector<SourceColumn>> Finish() const;

 private:
  struct Seen {
    SourceColumn column;
    std::string path;     // of the file that gave the type
    bool is_null = true;  // every file so far has the null type
  };

  std::optional<ValueType> DeclaredType(const std::string& name) const;
  Status Merge(Seen& seen, const std::string& path, const arrow::Field& field) const;

  const Source& source_;
  std::vector<Seen> columns_;
  std::map<std::string, std::size_t> indexes_;
};

}  // namespace larder
