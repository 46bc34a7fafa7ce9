// Files whose reading ends when the user wants it to.
#pragma once

#include <memory>

#include "base/cancellation.h"
#include "base/file_system.h"

namespace larder {

/// Returns `files` with one difference: once `cancellation` is cancelled, opening and reading fail with kInterrupted.
/// So whatever a command reads, Ctrl-C ends it at the next read, and nothing has to pass the wish on. For commands that
/// read first and change something afterwards, all or nothing; both arguments must outlive it and the files opened.
std::unique_ptr<FileSystem> NewInterruptibleFiles(FileSystem& files, const Cancellation& cancellation);

}  // namespace larder
