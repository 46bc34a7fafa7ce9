// Backups: a project's registry, online store and pushed rows in one folder (docs/formats/backup.md).
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "retrieval/online_tables.h"
#include "retrieval/project.h"

namespace larder {

/// Tells what a backup holds.
struct BackupSummary {
  std::string folder;
  std::int64_t created_us = 0;
  std::int64_t file_count = 0;
  std::int64_t byte_count = 0;
};

/// Copies what the project stores to a new folder (absolute), whole or not at all, and durable; reads and writes go on.
/// The copy is of one revision of the registry; every write acknowledged before the call is in it. Costs a pass over
/// all stored bytes. Fails with kAlreadyExists when the folder is there, kConflict when definitions are applied again
/// and again meanwhile.
Result<BackupSummary> BackUp(Project& project, OnlineTables& tables, const std::string& folder);

/// Verifies a backup: its list of files, and the size and checksum of each. kDamaged names the file.
Result<BackupSummary> VerifyBackup(FileSystem& files, const std::string& folder);

/// Makes the project what the backup in `folder` holds. The backup is verified before anything is changed. All is
/// copied beside its place, and only then put there: what fails before leaves the project as it was, what fails after
/// is mended by calling again with `replace`. Fails with kAlreadyExists when the project stores something and `replace`
/// is not set. To be called while no process has the project's online store.
Result<BackupSummary> RestoreBackup(Project& project, const std::string& folder, bool replace);

}  // namespace larder
