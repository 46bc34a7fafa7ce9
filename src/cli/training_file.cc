#include "cli/training_file.h"

#include <arrow/record_batch.h>

#include "base/progress.h"
#include "columnar/table_writer.h"

namespace larder {

Result<std::int64_t> WriteTrainingFile(FileSystem& files, HistoricalRows& rows, const TrainingFile& output,
                                       const ExecutionContext& context) {
  const TableWriterOptions options{.pool = context.pool, .parallel = context.threads != nullptr, .durable = false};
  LARDER_ASSIGN_OR_RETURN(const auto writer, CreateTableFile(files, output.path, rows.schema(), options));
  NoProgress silent;
  Progress& progress = context.progress == nullptr ? silent : *context.progress;
  progress.Begin("writing " + output.path, "rows");
  std::int64_t written = 0;
  while (true) {
    LARDER_RETURN_IF_ERROR(CheckCancelled(context));
    LARDER_ASSIGN_OR_RETURN(const auto batch, rows.Next());
    if (batch == nullptr) break;
    LARDER_RETURN_IF_ERROR(writer->Write(*batch));
    written += batch->num_rows();
    progress.Update(written, output.row_count.value_or(Progress::kUnknownTotal));
  }
  progress.End();
  LARDER_RETURN_IF_ERROR(writer->Close());
  LARDER_ASSIGN_OR_RETURN(const FileInfo info, files.Stat(output.path));
  return info.size_bytes;
}

}  // namespace larder
