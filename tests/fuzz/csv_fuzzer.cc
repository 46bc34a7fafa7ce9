// CSV from any bytes, with columns of every type: never a crash, and a file that is read has whole rows.
#include <arrow/api.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "columnar/csv_file.h"

namespace {

using larder::TypeKind;
using larder::ValueType;

constexpr int kTypeCount = static_cast<int>(TypeKind::kList);

// Reads all columns, as the types that `first_kind` and those after it name in turn.
void ReadAll(const larder::OpenedFile& opened, int first_kind) {
  const auto named = larder::OpenCsvFile(opened, {});
  if (!named.ok()) return;
  larder::TableFileOptions options;
  options.null_texts = {"NA"};
  int kind = first_kind;
  for (const std::string& name : (*named)->schema()->field_names()) {
    options.column_types.emplace(name, ValueType::Of(static_cast<TypeKind>(kind++ % kTypeCount)));
  }
  const auto file = larder::OpenCsvFile(opened, options);
  if (!file.ok()) std::abort();
  larder::ReadRequest request;
  request.columns = (*file)->schema()->field_names();
  request.batch_row_count = 3;
  const auto stream = (*file)->Read(request);
  if (!stream.ok()) std::abort();
  std::int64_t next_row = 0;
  while (true) {
    const auto batch = (*stream)->Next();
    if (!batch.ok() || !batch->has_value()) return;
    if ((*batch)->first_row != next_row || !(*batch)->rows->ValidateFull().ok()) std::abort();
    next_row += (*batch)->rows->num_rows();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::make_shared<arrow::Buffer>(data, static_cast<std::int64_t>(size));
  const larder::OpenedFile opened = larder::OpenBytes(bytes, "fuzz.csv");
  ReadAll(opened, static_cast<int>(TypeKind::kString));
  ReadAll(opened, static_cast<int>(size % kTypeCount));
  return 0;
}
