#include "aggregates/ordered_value.h"

#include "aggregates/value_bytes.h"

namespace larder {

OrderedValue OrderedValue::Of(const StateEvent& event, const Vector* input) {
  OrderedValue ordered{event.time_us, event.created_us, std::string(event.tie), {}};
  if (input != nullptr) AppendValueBytes(*input, event.index, ordered.value);
  return ordered;
}

void OrderedValue::Encode(std::string& out) const {
  AppendFixed64(static_cast<std::uint64_t>(time_us), out);
  AppendFixed64(static_cast<std::uint64_t>(created_us), out);
  AppendLengthPrefixed(tie, out);
  AppendLengthPrefixed(value, out);
}

bool OrderedValue::Decode(ByteReader& reader, const ValueType* type) {
  time_us = static_cast<std::int64_t>(reader.ReadFixed64());
  created_us = static_cast<std::int64_t>(reader.ReadFixed64());
  tie = reader.ReadLengthPrefixed();
  value = reader.ReadLengthPrefixed();
  return reader.ok() && (type == nullptr ? value.empty() : IsValueBytes(value, *type));
}

}  // namespace larder
