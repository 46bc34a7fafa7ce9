#include "aggregates/aggregate_state.h"

#include <algorithm>
#include <numeric>

#include "aggregates/random_functions_test.h"

namespace larder {
namespace {

std::int64_t Below(Random& random, std::int64_t bound) {
  return static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(bound)));
}

// A state of the events [begin, end), by another way each time: split into tiles that are stored and merged in any
// order, events added in any order, some added and taken out again.
Result<TileState> AnyWay(const StatePlan& plan, const TestRun& run, const EventRange& range, Random& random) {
  std::vector<std::int64_t> events(static_cast<std::size_t>(range.end - range.begin));
  std::iota(events.begin(), events.end(), range.begin);
  std::shuffle(events.begin(), events.end(), random);
  const std::size_t tile_count = 1 + random.Below(4);
  std::vector<TileState> tiles;
  for (std::size_t i = 0; i < tile_count; ++i) tiles.emplace_back(plan);
  const EventRun view = run.View();
  for (const std::int64_t event : events) {
    TileState& tile = tiles[random.Below(tile_count)];
    LARDER_RETURN_IF_ERROR(tile.Add(view, event, event + 1));
    if (!random.OneIn(4)) continue;
    // A stranger comes and goes; a tile that cannot forget it is thrown away and filled again by the caller.
    TileState copy(plan);
    LARDER_RETURN_IF_ERROR(copy.Merge(tile));
    const std::int64_t stranger = Below(random, run.event_count());
    LARDER_RETURN_IF_ERROR(copy.Add(view, stranger, stranger + 1));
    if (copy.Remove(view, stranger)) tile = std::move(copy);
  }
  TileState state(plan);
  for (const TileState& tile : tiles) LARDER_RETURN_IF_ERROR(state.Merge(tile));
  return state;
}

void CompareWays(const WindowFunction& function, const TestRun& run, const std::vector<EventRange>& ranges,
                 Random& random) {
  std::vector<ResultColumn> expected;
  expected.emplace_back(function.aggregate.type(), static_cast<std::int64_t>(ranges.size()));
  WindowEvaluator evaluator({function});
  const std::span<const EventRange> window(ranges);
  const Status offline = evaluator.Evaluate(run.View(), {&window, 1}, expected);
  const StatePlan plan({function});
  bool failed = false;
  for (const EventRange& range : ranges) {
    Result<TileState> state = AnyWay(plan, run, range, random);
    ASSERT_TRUE(state.ok()) << state.status().ToString();
    ResultColumn result(function.aggregate.type(), 1);
    const Status online = state->Finish(0, range.time_us, result, 0);
    failed = failed || !online.ok();
    if (offline.ok() && online.ok()) {
      ASSERT_EQ(BitsText(result, 0), BitsText(expected[0], range.row))
          << function.aggregate.row().name << " of "
          << TypeName(function.aggregate.inputs().empty() ? ValueType() : function.aggregate.inputs()[0]) << ": events "
          << range.begin << " to " << range.end << " of " << run.event_count();
    }
    // Equal multisets, equal bytes.
    Result<TileState> again = AnyWay(plan, run, range, random);
    ASSERT_TRUE(again.ok());
    std::string first;
    std::string second;
    state->Encode(first);
    again->Encode(second);
    ASSERT_EQ(first, second) << function.aggregate.row().name;
  }
  EXPECT_EQ(failed, !offline.ok()) << function.aggregate.row().name << offline.ToString();
}

TEST(AggregateStateTest, AnyTilesAndAnyOrderGiveTheBitsOfTheWindow) {
  for (int round = 0; round < 150; ++round) {
    Random random(static_cast<std::uint64_t>(round));
    for (const AggregateRow& row : AggregateTable()) {
      if (!row.is_mergeable) continue;
      TestRun run;
      AddRandomTimes(random.Between(1, round % 10 == 0 ? 120 : 12), run, random);
      const WindowFunction function = RandomFunction(row, run, random);
      SCOPED_TRACE(round);
      CompareWays(function, run, RandomRanges(run, random), random);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(AggregateStateTest, HostileBytesAreRefusedOrTakenAndNeverMore) {
  for (int round = 0; round < 60; ++round) {
    Random random(static_cast<std::uint64_t>(1000 + round));
    for (const AggregateRow& row : AggregateTable()) {
      if (!row.is_mergeable) continue;
      TestRun run;
      AddRandomTimes(random.Between(1, 12), run, random);
      const WindowFunction function = RandomFunction(row, run, random);
      const StatePlan plan({function});
      TileState state(plan);
      ASSERT_TRUE(state.Add(run.View(), 0, run.event_count()).ok());
      std::string bytes;
      state.Encode(bytes);
      for (int i = 0; i < 40; ++i) {
        std::string hostile = bytes;
        const std::uint64_t changes = 1 + random.Below(4);
        for (std::uint64_t change = 0; change < changes; ++change) {
          hostile[random.Below(hostile.size())] = static_cast<char>(random.Next());
        }
        if (random.OneIn(4)) hostile.resize(random.Below(hostile.size() + 1));
        if (random.OneIn(8)) hostile += static_cast<char>(random.Next());
        TileState victim(plan);
        const std::int64_t own = random.OneIn(2) ? run.event_count() : 0;
        ASSERT_TRUE(victim.Add(run.View(), 0, own).ok());
        if (!victim.MergeEncoded(hostile).ok()) continue;
        ResultColumn result(function.aggregate.type(), 1);
        static_cast<void>(victim.Finish(0, run.times_us.back(), result, 0));
        std::string again;
        victim.Encode(again);
      }
    }
  }
}

TEST(AggregateStateTest, FunctionsOverOneColumnShareAState) {
  std::vector<WindowFunction> functions;
  for (const std::string_view name : {"sum", "mean", "std_samp", "min", "max", "count"}) {
    AggregateCall call;
    call.name = name;
    call.inputs = {ValueType::Of(TypeKind::kFloat64)};
    functions.push_back({BindAggregate(call).value(), {0}});
  }
  EXPECT_EQ(StatePlan(functions).state_count(), 3U);
  functions[1].where = 1;
  EXPECT_EQ(StatePlan(functions).state_count(), 4U);
}

TEST(AggregateStateTest, ALaterVersionIsRefused) {
  const StatePlan plan({{BindAggregate({"count", {}, {}, {}}).value(), {}}});
  TileState state(plan);
  EXPECT_EQ(state.MergeEncoded(std::string("\x02\x00", 2)).reason(), Reason::kNewerFormat);
  EXPECT_EQ(state.MergeEncoded("").reason(), Reason::kDamaged);
  EXPECT_EQ(state.MergeEncoded(std::string("\x01\x00\x00", 3)).reason(), Reason::kDamaged);
}

}  // namespace
}  // namespace larder
