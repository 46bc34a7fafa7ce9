#include "bindings/memory_table.h"

#include <utility>

#include <arrow/record_batch.h>
#include <arrow/table.h>

#include "columnar/arrow_status.h"
#include "columnar/csv_file.h"

namespace larder {
namespace {

class TableSlices final : public TableBatchStream {
 public:
  TableSlices(std::shared_ptr<arrow::Table> table, std::int64_t batch_row_count)
      : table_(std::move(table)), batches_(*table_) {
    batches_.set_chunksize(batch_row_count);
  }

  Result<std::optional<TableBatch>> Next() override {
    while (next_row_ < table_->num_rows()) {
      std::shared_ptr<arrow::RecordBatch> rows;
      LARDER_RETURN_IF_ERROR(FromArrow(batches_.ReadNext(&rows)));
      if (rows == nullptr) break;
      if (rows->num_rows() == 0) continue;
      const std::int64_t first_row = std::exchange(next_row_, next_row_ + rows->num_rows());
      return std::optional(TableBatch{std::move(rows), first_row});
    }
    return std::optional<TableBatch>();
  }

 private:
  const std::shared_ptr<arrow::Table> table_;
  arrow::TableBatchReader batches_;
  std::int64_t next_row_ = 0;
};

class MemoryTable final : public TableFile {
 public:
  MemoryTable(std::shared_ptr<arrow::Table> table, const std::string& name) : table_(std::move(table)) {
    info_.path = name;
    groups_.push_back({.first_row = 0, .row_count = table_->num_rows()});
  }

  const FileInfo& info() const override { return info_; }
  FileFormat format() const override { return FileFormat::kArrow; }
  const std::shared_ptr<arrow::Schema>& schema() const override { return table_->schema(); }
  const std::vector<RowGroup>& row_groups() const override { return groups_; }
  ColumnBounds Bounds(int /*row_group*/, const std::string& /*column*/) const override { return {}; }
  std::int64_t StoredBytes(int /*row_group*/, const std::vector<std::string>& /*columns*/) const override { return 0; }
  Status CheckUnchanged() const override { return {}; }

  Result<std::unique_ptr<TableBatchStream>> Read(const ReadRequest& request) const override {
    std::vector<int> columns;
    for (const std::string& name : request.columns) {
      columns.push_back(schema()->GetFieldIndex(name));
      if (columns.back() < 0) return Status(Reason::kMissingColumn, "no column '" + name + "': " + info_.path);
    }
    const bool is_empty = request.row_groups && request.row_groups->empty();
    LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Table> chosen, FromArrow(table_->SelectColumns(columns)));
    if (is_empty) chosen = chosen->Slice(0, 0);
    return std::unique_ptr<TableBatchStream>(std::make_unique<TableSlices>(std::move(chosen), request.batch_row_count));
  }

 private:
  const std::shared_ptr<arrow::Table> table_;
  FileInfo info_;
  std::vector<RowGroup> groups_;
};

}  // namespace

Result<std::unique_ptr<TableFile>> NewMemoryTable(std::shared_ptr<arrow::Table> table, const std::string& name) {
  LARDER_RETURN_IF_ERROR(CheckCsvNames(table->schema()->field_names(), name));
  return std::unique_ptr<TableFile>(std::make_unique<MemoryTable>(std::move(table), name));
}

}  // namespace larder
