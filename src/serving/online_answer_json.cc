#include "serving/online_answer_json.h"

#include <array>
#include <cstdint>
#include <set>

#include "base/timestamp.h"
#include "text/json_writer.h"

namespace larder {

std::string OnlineAnswerJson(const OnlineAnswer& answer, const JsonValueStyle& style) {
  std::string text = R"({"metadata":{"feature_names":[)";
  for (std::size_t i = 0; i < answer.columns.size(); ++i) {
    if (i > 0) text.push_back(',');
    AppendJsonString(answer.columns[i].name, text);
  }
  text += R"(]},"results":[)";
  for (std::size_t i = 0; i < answer.columns.size(); ++i) {
    const OnlineColumn& column = answer.columns[i];
    text += i > 0 ? R"(,{"values":[)" : R"({"values":[)";
    for (std::int64_t row = 0; row < answer.row_count; ++row) {
      if (row > 0) text.push_back(',');
      AppendJsonValue(*column.values, row, style, text);
    }
    text += R"(],"statuses":[)";
    for (std::size_t row = 0; row < column.statuses.size(); ++row) {
      if (row > 0) text.push_back(',');
      text.push_back('"');
      text += ValueStatusName(column.statuses[row]);
      text.push_back('"');
    }
    text += R"(],"event_timestamps":[)";
    for (std::size_t row = 0; row < column.event_times_us.size(); ++row) {
      if (row > 0) text.push_back(',');
      text.push_back('"');
      text += FormatInstant(column.event_times_us[row]);
      text.push_back('"');
    }
    text += "]}";
  }
  text += "]}";
  return text;
}

void CountOnlineRows(const RetrievalPlan& plan, const OnlineAnswer& answer, Counters& counters) {
  std::set<std::size_t> counted;
  for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
    const ValueSlot& slot = plan.slots[plan.outputs[i].slot];
    if (slot.origin != SlotOrigin::kView || !counted.insert(slot.view_use).second) continue;
    std::array<std::uint64_t, 4> counts{};
    for (const ValueStatus status : answer.columns[plan.key_columns.size() + i].statuses) {
      // A null value is a row that is there.
      ++counts[static_cast<std::size_t>(status == ValueStatus::kNullValue ? ValueStatus::kPresent : status)];
    }
    for (std::size_t status = 0; status < counts.size(); ++status) {
      if (counts[status] == 0) continue;
      const std::string& view = plan.views[slot.view_use].view.view->name();
      OnlineRowCounter(counters, view, static_cast<ValueStatus>(status)).Add(counts[status]);
    }
  }
}

}  // namespace larder
