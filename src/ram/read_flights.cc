#include "ram/read_flights.h"

#include <utility>

namespace larder {

ReadFlights::Part ReadFlights::Join(std::string_view entity_key, const StoreTicket& ticket,
                                    const std::function<bool(const StoreTicket&)>& is_good, Waiter waiter) {
  Shard& shard = ShardOf(entity_key);
  const std::scoped_lock lock(shard.mutex);
  const auto flight = shard.flights.find(entity_key);
  if (flight == shard.flights.end()) {
    shard.flights.emplace(std::string(entity_key), Flight{ticket, {}});
    return Part::kLeads;
  }
  if (!is_good(flight->second.ticket)) return Part::kAlone;
  flight->second.waiters.push_back(std::move(waiter));
  return Part::kWaits;
}

void ReadFlights::End(std::string_view entity_key, const Answer& answer) {
  std::vector<Waiter> waiters;
  {
    Shard& shard = ShardOf(entity_key);
    const std::scoped_lock lock(shard.mutex);
    const auto flight = shard.flights.find(entity_key);
    if (flight == shard.flights.end()) return;
    waiters = std::move(flight->second.waiters);
    shard.flights.erase(flight);
  }
  for (const Waiter& waiter : waiters) waiter(answer);
}

}  // namespace larder
