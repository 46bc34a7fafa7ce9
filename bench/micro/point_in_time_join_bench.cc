// The engine alone: both sides and the output in memory, no files.
// Usage: point_in_time_join_bench [left rows] [right rows] [features] [threads] [keys]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <sys/resource.h>

#include "base/check.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "base/timestamp.h"
#include "engine/newest_per_key.h"
#include "engine/point_in_time_join.h"

namespace larder {
namespace {

constexpr std::int64_t kBatchRows = 64 * 1024;
constexpr std::int64_t kSpanUs = 30 * kMicrosPerDay;

struct Sizes {
  std::int64_t left_rows = 1'000'000;
  std::int64_t right_rows = 1'000'000;
  int features = 20;
  int threads = 1;
  std::uint64_t keys = 100'000;
};

std::shared_ptr<arrow::Array> RandomInt64s(Random& random, std::int64_t count, std::uint64_t bound) {
  arrow::Int64Builder builder;
  LARDER_CHECK(builder.Reserve(count).ok());
  for (std::int64_t i = 0; i < count; ++i) builder.UnsafeAppend(static_cast<std::int64_t>(random.Below(bound)));
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> RandomTimes(Random& random, std::int64_t count) {
  return RandomInt64s(random, count, kSpanUs)->View(ToArrow(ValueType::Of(TypeKind::kTimestamp))).ValueOrDie();
}

std::shared_ptr<arrow::Array> RandomFloats(Random& random, std::int64_t count) {
  arrow::FloatBuilder builder;
  LARDER_CHECK(builder.Reserve(count).ok());
  for (std::int64_t i = 0; i < count; ++i) builder.UnsafeAppend(static_cast<float>(random.Fraction()));
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::RecordBatch> MakeBatch(const arrow::ArrayVector& columns) {
  arrow::FieldVector fields;
  for (const auto& column : columns) fields.push_back(arrow::field("x", column->type()));
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), columns[0]->length(), columns);
}

std::shared_ptr<arrow::UInt64Array> Ordinals(std::int64_t begin, std::int64_t count) {
  arrow::UInt64Builder builder;
  LARDER_CHECK(builder.Reserve(count).ok());
  for (std::int64_t i = 0; i < count; ++i) builder.UnsafeAppend(static_cast<std::uint64_t>(begin + i));
  std::shared_ptr<arrow::UInt64Array> array;
  LARDER_CHECK(builder.Finish(&array).ok());
  return array;
}

class ReadyStream final : public OrdinalBatchStream {
 public:
  explicit ReadyStream(std::span<const OrdinalBatch> batches) : batches_(batches) {}
  Result<std::optional<OrdinalBatch>> Next() override {
    if (next_ == batches_.size()) return std::optional<OrdinalBatch>();
    return std::optional<OrdinalBatch>(batches_[next_++]);
  }

 private:
  const std::span<const OrdinalBatch> batches_;
  std::size_t next_ = 0;
};

/// Holds random rows: int64 key, event time, created time; float32 features. Gives all of them, asked for or not.
class ReadyRows final : public FeatureRows {
 public:
  ReadyRows(Random& random, const Sizes& sizes) {
    for (std::int64_t begin = 0; begin < sizes.right_rows; begin += kBatchRows) {
      const std::int64_t count = std::min(kBatchRows, sizes.right_rows - begin);
      arrow::ArrayVector columns;
      for (int i = 0; i < sizes.features; ++i) columns.push_back(RandomFloats(random, count));
      const auto ordinals = Ordinals(begin, count);
      const auto times = RandomTimes(random, count);
      keys_.push_back({MakeBatch({RandomInt64s(random, count, sizes.keys), times, times}), ordinals});
      values_.push_back({MakeBatch(columns), ordinals});
    }
  }

  Result<std::unique_ptr<OrdinalBatchPieces>> Keys(const KeyScan& /*scan*/) override { return Pieces(keys_); }
  Result<std::unique_ptr<OrdinalBatchPieces>> Values(const ValueFetch& /*fetch*/) override { return Pieces(values_); }

 private:
  // As many as a file of some row groups would give.
  static constexpr std::size_t kPieces = 16;

  static std::unique_ptr<OrdinalBatchPieces> Pieces(const std::vector<OrdinalBatch>& batches) {
    std::vector<std::unique_ptr<OrdinalBatchStream>> streams;
    std::int64_t rows = 0;
    for (std::size_t i = 0; i < kPieces; ++i) {
      const std::size_t begin = batches.size() * i / kPieces;
      const std::size_t end = batches.size() * (i + 1) / kPieces;
      streams.push_back(std::make_unique<ReadyStream>(std::span(batches).subspan(begin, end - begin)));
      for (std::size_t j = begin; j < end; ++j) rows += batches[j].rows->num_rows();
    }
    return NewReadyPieces(std::move(streams), rows);
  }

  std::vector<OrdinalBatch> keys_;
  std::vector<OrdinalBatch> values_;
};

JoinPlan MakePlan(const Sizes& sizes) {
  JoinPlan plan;
  plan.left_time_column = 1;
  ViewJoin view{"view", {0}, {{ValueType::Of(TypeKind::kInt64)}, true, true, false}, kMicrosPerDay, {}};
  for (int i = 0; i < sizes.features; ++i) view.values.push_back({"f", ValueType::Of(TypeKind::kFloat32)});
  plan.views.push_back(std::move(view));
  return plan;
}

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void RunJoin(const JoinPlan& plan, const arrow::RecordBatchVector& left, FeatureRows& rows, ThreadPool* threads) {
  MemoryBudget memory(std::int64_t{64} << 30);
  const auto reader = arrow::RecordBatchReader::Make(left, left.front()->schema()).ValueOrDie();
  FeatureRows* views[] = {&rows};
  const auto start = std::chrono::steady_clock::now();
  auto stream = JoinPointInTime(plan, *reader, views, {memory, threads, nullptr, nullptr, {}});
  LARDER_CHECK(stream.ok());
  const double matched_s = SecondsSince(start);
  std::int64_t row_count = 0;
  while (true) {
    auto next = (*stream)->Next();
    LARDER_CHECK(next.ok());
    if (!next->has_value()) break;
    row_count += (*next)->left->num_rows();
  }
  std::printf("%lld rows, %.0f%% matched: match and fetch %.3f s, all %.3f s, budget peak %.0f MB\n",
              static_cast<long long>(row_count),
              100.0 * static_cast<double>((*stream)->statistics()[0].matched_rows) / static_cast<double>(row_count),
              matched_s, SecondsSince(start), static_cast<double>(memory.peak_bytes()) / 1e6);
}

void RunNewest(const JoinPlan& plan, FeatureRows& rows, ThreadPool* threads) {
  MemoryBudget memory(std::int64_t{64} << 30);
  const NewestPerKeyPlan newest{plan.views[0].layout, {}, plan.views[0].values};
  const auto start = std::chrono::steady_clock::now();
  const auto statistics = GiveNewestPerKey(newest, rows, {memory, threads, nullptr, nullptr, {}},
                                           [](const NewestRows&) { return Status(); });
  LARDER_CHECK(statistics.ok());
  std::printf("newest per key: %lld of %lld rows, %.3f s\n", static_cast<long long>(statistics->rows_given),
              static_cast<long long>(statistics->rows_read), SecondsSince(start));
}

int Run(const Sizes& sizes) {
  Random random(1);
  ReadyRows rows(random, sizes);
  arrow::RecordBatchVector left;
  for (std::int64_t begin = 0; begin < sizes.left_rows; begin += kBatchRows) {
    const std::int64_t count = std::min(kBatchRows, sizes.left_rows - begin);
    left.push_back(MakeBatch({RandomInt64s(random, count, sizes.keys), RandomTimes(random, count)}));
  }
  std::optional<ThreadPool> threads;
  if (sizes.threads > 1) threads.emplace(sizes.threads, 64);
  const JoinPlan plan = MakePlan(sizes);
  for (int repeat = 0; repeat < 5; ++repeat) RunJoin(plan, left, rows, threads.has_value() ? &*threads : nullptr);
  RunNewest(plan, rows, threads.has_value() ? &*threads : nullptr);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("peak resident %.0f MB, inputs included\n", static_cast<double>(usage.ru_maxrss) / 1e3);
  return 0;
}

}  // namespace
}  // namespace larder

int main(int argc, char** argv) {
  larder::Sizes sizes;
  if (argc > 1) sizes.left_rows = std::atoll(argv[1]);
  if (argc > 2) sizes.right_rows = std::atoll(argv[2]);
  if (argc > 3) sizes.features = std::atoi(argv[3]);
  if (argc > 4) sizes.threads = std::atoi(argv[4]);
  if (argc > 5) sizes.keys = std::strtoull(argv[5], nullptr, 10);
  return larder::Run(sizes);
}
