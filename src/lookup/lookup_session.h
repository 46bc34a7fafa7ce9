// Answers to POST /get-online-features, one after another: parse, resolve, read, compute, write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "base/counters.h"
#include "expressions/vector.h"
#include "lookup/current_definitions.h"
#include "lookup/entity_values.h"
#include "lookup/lookup_plan.h"
#include "lookup/request_body.h"
#include "lookup/row_texts.h"
#include "lookup/shape_cache.h"
#include "lookup/stored_view.h"
#include "lookup/text_buffer.h"
#include "lookup/value_writer.h"
#include "retrieval/online_tables.h"
#include "retrieval/project.h"

namespace larder {

/// Answers requests whose form is the usual one; what is not, is left to the plain way (ReadOnline and
/// OnlineAnswerJson), which gives the same bytes. All memory stays between requests: once the shape of a request is
/// known and its rows are in memory, an answer allocates nothing and takes no lock. Not thread-safe: one for each event
/// loop, and for each worker that answers.
class LookupSession {
 public:
  /// Answers of more values than this (rows times columns) are not for a thread that must not wait.
  static constexpr std::int64_t kMaxValuesAtOnce = 20'000;

  /// Holds what a session answers from. Borrowed, but for the number.
  struct Options {
    const Project& project;
    OnlineTables& tables;
    CurrentDefinitions& definitions;
    std::size_t text_bytes = 0;  ///< the most that texts of rows may take
  };
  explicit LookupSession(const Options& options);

  /// Answers a request by its body. Whatever the outcome, nothing has changed but counters.
  LookupOutcome Answer(std::string_view body, MayWait may_wait);
  /// Returns the body of the answer that is done; good until the next one.
  std::string_view text() const { return out_.text(); }

 private:
  LookupOutcome AnswerParsed(MayWait may_wait);
  const LookupPlan* FindPlan();
  LookupOutcome ReadAll(const LookupPlan& plan, const MemoryPin& pin, MayWait may_wait);
  bool Compute(const LookupPlan& plan, Arena& arena);
  bool Write(const LookupPlan& plan);
  void WriteKey(const EntityValues& values, const LookupColumn& column);
  void WriteComputed(const Vector& values, const LookupColumn& column);
  void MakePlainTail();

  const Project& project_;
  OnlineTables& tables_;
  CurrentDefinitions::Reader reader_;
  std::uint64_t number_ = 0;  ///< of the definitions that the plans were made of
  ShapeCache plans_;
  std::uint64_t view_count_ = 0;  ///< look-ups that plans were made with
  RowTexts texts_;
  Counter& text_hits_;
  RequestBody body_;
  std::vector<EntityValues> keys_;
  std::vector<EntityValues> request_values_;
  std::deque<StoredView> views_;  ///< they stay where they are
  std::vector<Vector> slots_;
  std::vector<Vector> inputs_;
  std::vector<std::byte> arena_bytes_;
  TextBuffer out_;
  ValueWriter text_;
  // What follows the values of columns that have no rows of their own: all present, since the epoch.
  std::int64_t plain_row_count_ = -1;
  TextBuffer plain_times_;
  TextBuffer plain_tail_;
};

}  // namespace larder
