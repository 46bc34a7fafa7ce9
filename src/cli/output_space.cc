#include "cli/output_space.h"

#include "columnar/file_format.h"
#include "text/quantity_text.h"

namespace larder {

Result<std::string> CheckOutputSpace(FileSystem& files, const ExpectedOutput& output) {
  LARDER_ASSIGN_OR_RETURN(const FileFormat format, FileFormatOf(output.path));
  const Result<std::int64_t> free_bytes = files.FreeBytes(output.path.substr(0, output.path.find_last_of('/') + 1));
  if (!free_bytes.ok() || *free_bytes >= output.bytes) return std::string();
  const std::string sizes = FormatBytes(output.bytes) + " to write, " + FormatBytes(*free_bytes) + " free";
  if (format != FileFormat::kArrow) return "the disk may be too small for " + output.path + ": up to " + sizes;
  return Status(Reason::kNoSpace, "the disk is too small for the output: " + output.path + ": at least " + sizes,
                "free space, name a file on another disk, or write Parquet, which is smaller");
}

}  // namespace larder
