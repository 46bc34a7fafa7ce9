// Whether a file that is about to be written will find room.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.h"
#include "base/status.h"

namespace larder {

/// Describes the file. `bytes` is what its rows take in memory at least, texts counted as empty: an Arrow file takes
/// that much on disk too, others may take less.
struct ExpectedOutput {
  std::string path;  ///< absolute
  std::int64_t bytes = 0;
};

/// Returns a sentence for the user when the disk may be too small for the file, and an empty text when it seems large
/// enough or cannot be asked. Fails with kNoSpace when the file cannot fit. The file that stands at the path counts as
/// taken: it goes only when the new one is whole.
Result<std::string> CheckOutputSpace(FileSystem& files, const ExpectedOutput& output);

}  // namespace larder
