#include "lookup/online_answer_arrow.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>

#include <optional>
#include <utility>

#include "columnar/arrow_status.h"

namespace larder {
namespace {

// Collects the columns of the stream, each name once.
class StreamColumns {
 public:
  Status Add(const std::string& name, std::shared_ptr<arrow::Array> values) {
    for (const auto& field : fields_) {
      if (field->name() != name) continue;
      return Status(Reason::kEqualNames, "two columns of the binary answer would be named '" + name + "'",
                    "give the view an alias in a feature service, or ask for JSON");
    }
    fields_.push_back(arrow::field(name, values->type()));
    arrays_.push_back(std::move(values));
    return {};
  }

  std::shared_ptr<arrow::RecordBatch> Batch(std::int64_t row_count) const {
    return arrow::RecordBatch::Make(arrow::schema(fields_), row_count, arrays_);
  }

 private:
  arrow::FieldVector fields_;
  arrow::ArrayVector arrays_;
};

// The first column of the answer that shows the rows of a look-up.
const OnlineColumn* ColumnOf(const RetrievalPlan& plan, const OnlineAnswer& answer, std::size_t view_use) {
  for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
    const ValueSlot& slot = plan.slots[plan.outputs[i].slot];
    if (slot.origin == SlotOrigin::kView && slot.view_use == view_use) {
      return &answer.columns[plan.key_columns.size() + i];
    }
  }
  return nullptr;
}

Status AddMatch(const std::string& label, const OnlineColumn& shown, StreamColumns& columns) {
  arrow::TimestampBuilder times(ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
  arrow::StringBuilder statuses;
  for (std::size_t row = 0; row < shown.statuses.size(); ++row) {
    const bool is_found = shown.statuses[row] != ValueStatus::kNotFound;
    const bool is_null = shown.statuses[row] == ValueStatus::kNullValue;  // a row that is there
    LARDER_RETURN_IF_ERROR(FromArrow(is_found ? times.Append(shown.event_times_us[row]) : times.AppendNull()));
    LARDER_RETURN_IF_ERROR(
        FromArrow(statuses.Append(ValueStatusName(is_null ? ValueStatus::kPresent : shown.statuses[row]))));
  }
  LARDER_ASSIGN_OR_RETURN(auto time_array, FromArrow(times.Finish()));
  LARDER_ASSIGN_OR_RETURN(auto status_array, FromArrow(statuses.Finish()));
  LARDER_RETURN_IF_ERROR(columns.Add(label + "__event_time", std::move(time_array)));
  return columns.Add(label + "__status", std::move(status_array));
}

}  // namespace

Result<std::string> OnlineAnswerArrow(const RetrievalPlan& plan, const OnlineAnswer& answer) {
  StreamColumns columns;
  for (const OnlineColumn& column : answer.columns) LARDER_RETURN_IF_ERROR(columns.Add(column.name, column.values));
  for (const MatchedView& match : plan.matches) {
    const OnlineColumn* const shown = ColumnOf(plan, answer, match.view_use);
    if (shown != nullptr) LARDER_RETURN_IF_ERROR(AddMatch(match.label, *shown, columns));
  }
  const auto batch = columns.Batch(answer.row_count);
  LARDER_ASSIGN_OR_RETURN(const auto sink, FromArrow(arrow::io::BufferOutputStream::Create()));
  LARDER_ASSIGN_OR_RETURN(const auto writer, FromArrow(arrow::ipc::MakeStreamWriter(sink, batch->schema())));
  LARDER_RETURN_IF_ERROR(FromArrow(writer->WriteRecordBatch(*batch)));
  LARDER_RETURN_IF_ERROR(FromArrow(writer->Close()));
  LARDER_ASSIGN_OR_RETURN(const auto bytes, FromArrow(sink->Finish()));
  return bytes->ToString();
}

}  // namespace larder
