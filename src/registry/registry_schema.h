// The tables of the registry's file (docs/formats/registry.md).
#pragma once

#include <cstdint>

#include "base/status.h"
#include "registry/sqlite_file.h"

namespace larder {

/// Marks a SQLite file as Larder's: "Lrdr".
inline constexpr std::int64_t kRegistryApplicationId = 0x4c726472;
/// Counts the changes of the tables that an older Larder cannot read.
inline constexpr std::int64_t kRegistryFormatVersion = 1;

/// Makes the tables in an empty file; in another one checks that it is a registry this Larder can read. Fails with
/// kNewerFormat, kDamaged.
Status PrepareRegistryFile(SqliteFile& file);

}  // namespace larder
