// From the tables of the registry to a snapshot.
#pragma once

#include <memory>

#include "base/status.h"
#include "registry/registry_snapshot.h"
#include "registry/sqlite_file.h"

namespace larder {

/// Reads everything that definitions say, inside the transaction that is open. Fails with kDamaged when a text does not
/// have its fingerprint or cannot be read.
Result<std::shared_ptr<const RegistrySnapshot>> LoadSnapshot(SqliteFile& file);

/// Reads the revision.
Result<std::int64_t> LoadRevision(SqliteFile& file);

/// Fails with kDamaged, naming the file and what is wrong in it.
Status DamagedRegistry(const SqliteFile& file, const std::string& problem);

}  // namespace larder
