#include "windows/event_order.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "aggregates/window_run.h"

namespace larder {
namespace {

/// Compares the rows of a key by index.
class RowOrder {
 public:
  explicit RowOrder(const KeyEvents& events) : events_(events) {}

  std::pair<std::int64_t, std::int64_t> Times(std::uint32_t row) const {
    return {events_.times_us[row], events_.created_us.empty() ? kNoCreatedTimeUs : events_.created_us[row]};
  }
  bool IsDeleted(std::uint32_t row) const { return !events_.deleted.empty() && events_.deleted[row] != 0; }
  std::string_view Id(std::uint32_t row) const { return events_.ids.empty() ? std::string_view() : events_.ids[row]; }

  bool operator()(std::uint32_t a, std::uint32_t b) const {
    if (Times(a) != Times(b)) return Times(a) < Times(b);
    if (Id(a) != Id(b)) return Id(a) < Id(b);
    // Deletions stand last, so that the last row of an event is the one that decides.
    if (IsDeleted(a) != IsDeleted(b)) return IsDeleted(b);
    if (!events_.encoded.empty() && events_.encoded[a] != events_.encoded[b]) {
      return events_.encoded[a] < events_.encoded[b];
    }
    return a < b;
  }

 private:
  const KeyEvents& events_;
};

void DropReplaced(const RowOrder& rows, std::vector<std::uint32_t>& order) {
  std::optional<std::pair<std::int64_t, std::int64_t>> key_deleted_at;
  std::unordered_map<std::string_view, std::uint32_t> last_of;
  for (const std::uint32_t row : order) {
    const std::string_view id = rows.Id(row);
    if (!id.empty()) last_of[id] = row;
    if (id.empty() && rows.IsDeleted(row)) key_deleted_at = rows.Times(row);
  }
  std::erase_if(order, [&](std::uint32_t row) {
    if (rows.IsDeleted(row) || (key_deleted_at && rows.Times(row) <= *key_deleted_at)) return true;
    const std::string_view id = rows.Id(row);
    return !id.empty() && last_of[id] != row;
  });
}

}  // namespace

void OrderEvents(const KeyEvents& events, std::vector<std::uint32_t>& order) {
  order.resize(events.times_us.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  const RowOrder rows(events);
  if (!std::is_sorted(order.begin(), order.end(), rows)) std::sort(order.begin(), order.end(), rows);
  if (!events.deleted.empty() || !events.ids.empty()) DropReplaced(rows, order);
}

}  // namespace larder
