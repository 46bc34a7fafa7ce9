// The state of one family of aggregates, as tiles hold it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "aggregates/aggregate_table.h"
#include "aggregates/result_column.h"
#include "base/coding.h"
#include "expressions/vector.h"

namespace larder {

/// Shows a state one event that counts for it: selected, and of families that skip nulls without a null input.
struct StateEvent {
  std::array<const Vector*, kMaxAggregateInputs> inputs{};
  std::int64_t index = 0;  ///< of the event in the inputs
  std::int64_t time_us = 0;
  std::int64_t created_us = 0;
  std::string_view tie;

  /// Returns the value of an input.
  template <class T>
  T Input(std::size_t input = 0) const {
    return inputs[input]->At<T>(index);
  }
};

/// Says which result of a state is wanted, and where it goes.
struct StateResult {
  const BoundAggregate* aggregate = nullptr;
  std::int64_t time_us = 0;  ///< the moment asked about
  ResultColumn* result = nullptr;
  std::int64_t row = 0;
};

/// Holds what the functions of one family over the same inputs need to know of a multiset of events. Nothing depends on
/// the order of the calls.
class AggregateState {
 public:
  virtual ~AggregateState() = default;
  /// Becomes the state of no events.
  virtual void Clear() = 0;
  /// Adds an event. Errors as of TileState::Add.
  virtual Status Add(const StateEvent& event) = 0;
  /// Takes out an event that was added, or returns false; see TileState::Remove.
  virtual bool Remove(const StateEvent& event) = 0;
  /// Appends the state as bytes.
  virtual void Encode(std::string& out) = 0;
  /// Adds an encoded state; false when the bytes cannot be one.
  virtual bool Merge(ByteReader& reader) = 0;
  /// Writes one result. Errors as of TileState::Finish.
  virtual Status Finish(const StateResult& to) = 0;
};

/// Tells whether one scan, and one state, serve both: the same family and inputs of the same types, and what else the
/// family needs to be equal. The caller has found that inputs and `where` are the same.
bool SharesState(const BoundAggregate& a, const BoundAggregate& b);

}  // namespace larder
