// What the differential tests do not show: how a join fails, what it gives back, what it asks its readers for.
#include "engine/point_in_time_join.h"

#include <functional>
#include <utility>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "base/cancellation.h"
#include "base/timestamp.h"
#include "engine/newest_per_key.h"

namespace larder {
namespace {

const auto kTimestamp = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");

std::shared_ptr<arrow::Array> Int64s(const std::vector<std::int64_t>& values) {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Times(const std::vector<std::int64_t>& values) {
  return Int64s(values)->View(kTimestamp).ValueOrDie();
}

std::shared_ptr<arrow::RecordBatch> Batch(const arrow::ArrayVector& columns) {
  arrow::FieldVector fields;
  for (const auto& column : columns) fields.push_back(arrow::field("x", column->type()));
  return arrow::RecordBatch::Make(arrow::schema(fields), columns[0]->length(), columns);
}

OrdinalBatch WithOrdinals(const arrow::ArrayVector& columns, const std::vector<std::uint64_t>& ordinals) {
  arrow::UInt64Builder builder;
  EXPECT_TRUE(builder.AppendValues(ordinals).ok());
  OrdinalBatch batch{Batch(columns), nullptr};
  EXPECT_TRUE(builder.Finish(&batch.ordinals).ok());
  return batch;
}

/// Gives one batch, or what `next` says.
class FakeStream final : public OrdinalBatchStream {
 public:
  using NextFunction = std::function<Result<std::optional<OrdinalBatch>>(int call)>;
  explicit FakeStream(NextFunction next) : next_(std::move(next)) {}
  Result<std::optional<OrdinalBatch>> Next() override { return next_(call_++); }

 private:
  NextFunction next_;
  int call_ = 0;
};

FakeStream::NextFunction Once(OrdinalBatch batch) {
  return [batch](int call) { return call == 0 ? std::optional(batch) : std::nullopt; };
}

struct FakeRows final : FeatureRows {
  FakeStream::NextFunction keys = Once(WithOrdinals({Int64s({1, 2}), Times({10, 20})}, {3, 4}));
  FakeStream::NextFunction values = Once(WithOrdinals({Int64s({100, 200})}, {3, 4}));
  std::vector<TimeRange> ranges;
  std::vector<std::vector<std::uint64_t>> fetched;

  Result<std::unique_ptr<OrdinalBatchPieces>> Keys(const KeyScan& scan) override {
    ranges.push_back(scan.event_time);
    return Piece(keys);
  }
  Result<std::unique_ptr<OrdinalBatchPieces>> Values(const ValueFetch& fetch) override {
    fetched.emplace_back(fetch.ordinals.begin(), fetch.ordinals.end());
    return Piece(values);
  }

  static std::unique_ptr<OrdinalBatchPieces> Piece(const FakeStream::NextFunction& next) {
    std::vector<std::unique_ptr<OrdinalBatchStream>> streams;
    streams.push_back(std::make_unique<FakeStream>(next));
    return NewReadyPieces(std::move(streams), 2);
  }
};

class PointInTimeJoin : public testing::Test {
 protected:
  PointInTimeJoin() {
    const ValueType int64 = ValueType::Of(TypeKind::kInt64);
    plan_.left_time_column = 1;
    plan_.views.push_back({"v", {0}, {{int64}, true, false, false}, 0, {{"f", int64}}});
  }

  Result<std::unique_ptr<JoinedBatchStream>> Join() {
    const auto batch = Batch({Int64s(left_keys_), Times(left_times_)});
    reader_ = arrow::RecordBatchReader::Make({batch}, batch->schema()).ValueOrDie();
    FeatureRows* rows[] = {&rows_};
    return JoinPointInTime(plan_, *reader_, rows, {memory_, nullptr, &cancellation_, nullptr, {}});
  }

  MemoryBudget memory_{1 << 20};
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  Cancellation cancellation_;
  JoinPlan plan_;
  FakeRows rows_;
  std::vector<std::int64_t> left_keys_ = {2, 1, 2};
  std::vector<std::int64_t> left_times_ = {25, 9, 20};
};

TEST_F(PointInTimeJoin, FetchesWinnersOnlyAndGivesTheLeftOrder) {
  plan_.match_details = true;
  Result<std::unique_ptr<JoinedBatchStream>> stream = Join();
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  EXPECT_EQ(rows_.fetched, (std::vector<std::vector<std::uint64_t>>{{4}}));
  Result<std::optional<JoinedBatch>> next = (*stream)->Next();
  ASSERT_TRUE(next.ok() && next->has_value());
  const JoinedView& view = (*next)->views[0];
  EXPECT_EQ(view.values[0]->ToString(), "[\n  200,\n  null,\n  200\n]");
  EXPECT_EQ(view.status->ToString(), "[\n  0,\n  1,\n  0\n]");
  EXPECT_FALSE((*stream)->Next()->has_value());
  const ViewStatistics& counts = (*stream)->statistics()[0];
  EXPECT_EQ(counts.rows_read, 2);
  EXPECT_EQ(counts.candidate_rows, 2);
  EXPECT_EQ(counts.fetched_rows, 1);
  EXPECT_EQ(counts.matched_rows, 2);
  EXPECT_EQ(counts.not_found_rows, 1);
}

/// Gives two rows of a view of any columns: the value of column "N" is N times ten, plus the row.
struct WideRows final : FeatureRows {
  std::vector<std::size_t> column_counts;

  Result<std::unique_ptr<OrdinalBatchPieces>> Keys(const KeyScan& /*scan*/) override {
    return FakeRows::Piece(Once(WithOrdinals({Int64s({1, 2}), Times({10, 20})}, {0, 1})));
  }
  Result<std::unique_ptr<OrdinalBatchPieces>> Values(const ValueFetch& fetch) override {
    column_counts.push_back(fetch.columns.size());
    arrow::ArrayVector columns;
    for (const std::string& name : fetch.columns)
      columns.push_back(Int64s({std::stoll(name) * 10, std::stoll(name) * 10 + 1}));
    return FakeRows::Piece(Once(WithOrdinals(columns, {0, 1})));
  }
};

TEST_F(PointInTimeJoin, FetchesManyColumnsInGroups) {
  plan_.views[0].values.clear();
  for (int i = 0; i < 3000; ++i) plan_.views[0].values.push_back({std::to_string(i), ValueType::Of(TypeKind::kInt64)});
  const auto batch = Batch({Int64s({2, 1}), Times({20, 10})});
  reader_ = arrow::RecordBatchReader::Make({batch}, batch->schema()).ValueOrDie();
  WideRows wide;
  FeatureRows* rows[] = {&wide};
  const auto stream = JoinPointInTime(plan_, *reader_, rows, {memory_, nullptr, nullptr, nullptr, {}});
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  const auto joined = (*stream)->Next();
  ASSERT_TRUE(joined.ok() && joined->has_value());
  for (int i = 0; i < 3000; ++i) {
    const auto& values =
        static_cast<const arrow::Int64Array&>(*(*joined)->views[0].values[static_cast<std::size_t>(i)]);
    ASSERT_EQ(values.Value(0), i * 10 + 1);
    ASSERT_EQ(values.Value(1), i * 10);
  }
  EXPECT_LE(*std::max_element(wide.column_counts.begin(), wide.column_counts.end()), 64u);
}

TEST_F(PointInTimeJoin, ReadsTheViewOnceForEachPart) {
  arrow::RecordBatchVector batches;
  for (std::int64_t i = 0; i < 4; ++i) batches.push_back(Batch({Int64s({1, 2}), Times({9 + i, 19 + i})}));
  reader_ = arrow::RecordBatchReader::Make(batches, batches[0]->schema()).ValueOrDie();
  FeatureRows* rows[] = {&rows_};
  const auto stream =
      JoinPointInTime(plan_, *reader_, rows, {memory_, nullptr, nullptr, nullptr, {}, {std::nullopt, 4}});
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE((*stream)->Next()->has_value());
  EXPECT_FALSE((*stream)->Next()->has_value());
  EXPECT_EQ(rows_.ranges, (std::vector<TimeRange>{{INT64_MIN, 20}, {INT64_MIN, 22}}));
  const ViewStatistics& counts = (*stream)->statistics()[0];
  EXPECT_EQ(counts.passes, 2);
  EXPECT_EQ(counts.matched_rows, 6);
  EXPECT_EQ(counts.not_found_rows, 2);
  EXPECT_EQ((*stream)->row_count(), 8);
}

TEST_F(PointInTimeJoin, AsksForTheTimesThatCanMatter) {
  ASSERT_TRUE(Join().ok());
  EXPECT_EQ(rows_.ranges.back(), (TimeRange{INT64_MIN, 25}));
  plan_.views[0].ttl_us = 4;
  ASSERT_TRUE(Join().ok());
  EXPECT_EQ(rows_.ranges.back(), (TimeRange{5, 25}));
  plan_.match_details = true;  // whether an older row is there matters now
  ASSERT_TRUE(Join().ok());
  EXPECT_EQ(rows_.ranges.back(), (TimeRange{INT64_MIN, 25}));
  plan_.match_details = false;
  left_times_ = {INT64_MIN + 2, 0, INT64_MAX};
  ASSERT_TRUE(Join().ok());
  EXPECT_EQ(rows_.ranges.back(), (TimeRange{INT64_MIN, INT64_MAX}));
}

TEST_F(PointInTimeJoin, ReadsNothingForAnEmptyLeftSide) {
  left_keys_.clear();
  left_times_.clear();
  Result<std::unique_ptr<JoinedBatchStream>> stream = Join();
  ASSERT_TRUE(stream.ok());
  EXPECT_FALSE((*stream)->Next()->has_value());
  EXPECT_TRUE(rows_.ranges.empty());
}

TEST_F(PointInTimeJoin, CountsRowsThatItIgnores) {
  const auto null_key = arrow::MakeArrayOfNull(arrow::int64(), 1).ValueOrDie();
  const auto null_time = arrow::MakeArrayOfNull(kTimestamp, 1).ValueOrDie();
  rows_.keys = [&](int call) -> std::optional<OrdinalBatch> {
    if (call == 0) return WithOrdinals({null_key, null_time}, {1});
    if (call == 1) return WithOrdinals({Int64s({1}), null_time}, {2});
    return std::nullopt;
  };
  Result<std::unique_ptr<JoinedBatchStream>> stream = Join();
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ((*stream)->statistics()[0].null_key_rows, 1);
  EXPECT_EQ((*stream)->statistics()[0].null_time_rows, 1);
  EXPECT_EQ((*stream)->statistics()[0].candidate_rows, 0);
}

TEST_F(PointInTimeJoin, FailsWhenTheBudgetIsFullAndGivesEverythingBack) {
  for (const JoinStrategy strategy : {JoinStrategy::kMerge, JoinStrategy::kSlots}) {
    std::int64_t needed = INT64_MAX;
    // Whatever the reservation that fails.
    for (std::int64_t limit = 0; limit < needed; limit += 8) {
      MemoryBudget memory(limit == 0 ? 1 << 20 : limit - 8);
      const auto batch = Batch({Int64s(left_keys_), Times(left_times_)});
      const auto reader = arrow::RecordBatchReader::Make({batch}, batch->schema()).ValueOrDie();
      FeatureRows* rows[] = {&rows_};
      const Status status =
          JoinPointInTime(plan_, *reader, rows, {memory, nullptr, nullptr, nullptr, {}, {strategy}}).status();
      ASSERT_EQ(memory.used_bytes(), 0) << limit;
      if (limit == 0) {
        ASSERT_TRUE(status.ok()) << status.ToString();
        needed = memory.peak_bytes();
      } else {
        ASSERT_EQ(status.reason(), Reason::kMemoryLimit) << limit;
      }
    }
  }
}

TEST_F(PointInTimeJoin, StopsWhenCancelled) {
  cancellation_.Cancel();
  EXPECT_EQ(Join().status().reason(), Reason::kInterrupted);
}

TEST_F(PointInTimeJoin, StopsWhileItGivesRows) {
  Result<std::unique_ptr<JoinedBatchStream>> stream = Join();
  ASSERT_TRUE(stream.ok());
  cancellation_.Cancel();
  EXPECT_EQ((*stream)->Next().status().reason(), Reason::kInterrupted);
  EXPECT_FALSE((*stream)->Next()->has_value()) << "a stream is finished after a failure";
}

TEST_F(PointInTimeJoin, NamesTheViewWhoseReaderFailed) {
  rows_.keys = [](int) { return Status(Reason::kFileChanged, "changed while it was read: a.parquet"); };
  const Status status = Join().status();
  EXPECT_EQ(status.reason(), Reason::kFileChanged);
  EXPECT_EQ(status.message(), "feature view 'v': changed while it was read: a.parquet");
}

TEST_F(PointInTimeJoin, RefusesAReaderThatLeavesOutRows) {
  rows_.values = Once(WithOrdinals({Int64s({100})}, {3}));
  EXPECT_EQ(Join().status().reason(), Reason::kInternal);
}

TEST_F(PointInTimeJoin, RefusesAReaderThatGivesOtherTypes) {
  rows_.keys = Once(WithOrdinals({Times({1}), Times({10})}, {3}));
  EXPECT_EQ(Join().status().reason(), Reason::kInternal);
  rows_.keys = Once(WithOrdinals({Int64s({1})}, {3}));
  EXPECT_EQ(Join().status().reason(), Reason::kInternal);
}

TEST(NewestPerKey, RefusesRowsOutOfOrderOnceARoundWasGiven) {
  FakeRows rows;
  rows.keys = [](int call) -> std::optional<OrdinalBatch> {
    if (call == 2) return std::nullopt;
    return WithOrdinals({Int64s({call}), Times({5})}, {call == 0 ? std::uint64_t{9} : std::uint64_t{8}});
  };
  NewestPerKeyPlan plan;
  plan.layout.keys = {ValueType::Of(TypeKind::kInt64)};
  const auto sink = [](const NewestRows&) { return Status(); };
  MemoryBudget large(1 << 20);
  const Result<NewestPerKeyStatistics> one_round =
      GiveNewestPerKey(plan, rows, {large, nullptr, nullptr, nullptr, {}}, sink);
  ASSERT_TRUE(one_round.ok()) << one_round.status().ToString();
  EXPECT_EQ(one_round->rows_given, 2);
  EXPECT_EQ(one_round->rounds, 1);
  // Room for the table of one slice, not for half of it to be free.
  MemoryBudget small(2048);
  EXPECT_EQ(GiveNewestPerKey(plan, rows, {small, nullptr, nullptr, nullptr, {}}, sink).status().reason(),
            Reason::kInternal);
}

TEST(NewestPerKey, GivesTheFailureOfTheSink) {
  FakeRows rows;
  NewestPerKeyPlan plan;
  plan.layout.keys = {ValueType::Of(TypeKind::kInt64)};
  plan.columns = {{"f", ValueType::Of(TypeKind::kInt64)}};
  MemoryBudget memory(1 << 20);
  const auto sink = [](const NewestRows&) { return Status(Reason::kNoSpace, "no space"); };
  EXPECT_EQ(GiveNewestPerKey(plan, rows, {memory, nullptr, nullptr, nullptr, {}}, sink).status().reason(),
            Reason::kNoSpace);
  EXPECT_EQ(memory.used_bytes(), 0);
}

}  // namespace
}  // namespace larder
