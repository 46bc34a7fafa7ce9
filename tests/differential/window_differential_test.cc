// Windows offline against the oracle, on random events and rows: values bit for bit, event times, whatever the batches,
// threads, parts and memory.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include "base/memory_budget.h"
#include "base/thread_pool.h"
#include "columnar/row_codec.h"
#include "definitions/definition_files.h"
#include "definitions/window_check.h"
#include "tests/differential/random_join.h"
#include "tests/oracle/window_oracle.h"
#include "windows/window_join_stream.h"

namespace larder::differential {
namespace {

// Replay one case with LARDER_SEED=<the seed it printed> LARDER_CASES=1.
std::uint64_t NumberFromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

constexpr std::int64_t kMuchMemory = std::int64_t{1} << 40;

// The columns of events. Of `whole` sums fit, so that cases do not end with an overflow.
const std::vector<ColumnType> kColumns = {
    {"flag", ValueType::Of(TypeKind::kBool)},    {"whole", ValueType::Of(TypeKind::kInt32)},
    {"real", ValueType::Of(TypeKind::kFloat64)}, {"narrow", ValueType::Of(TypeKind::kFloat32)},
    {"text", ValueType::Of(TypeKind::kString)},  {"id", ValueType::Of(TypeKind::kInt64)},
};

/// Holds a random window view, its events, and rows to join with it.
struct WindowCase {
  std::shared_ptr<const FeatureView> view;
  Source source;
  std::vector<oracle::WindowCall> calls;  // one for each feature
  FeatureTable table;
  RandomJoin left;
  ReaderHabits habits;
  bool as_known = false;
};

struct FunctionText {
  const char* name;
  std::vector<const char*> inputs;  // that fit; "" is none
};

const std::vector<FunctionText>& Functions() {
  static const std::vector<FunctionText> functions = {
      {"count", {"", "real", "text"}},
      {"count_null", {"real", "text"}},
      {"sum", {"whole", "real", "narrow"}},
      {"mean", {"whole", "real", "narrow"}},
      {"min", {"whole", "real", "narrow", "text"}},
      {"max", {"whole", "real", "narrow", "text"}},
      {"var_pop", {"whole", "narrow", "real"}},
      {"std_samp", {"whole", "real"}},
      {"first", {"whole", "narrow", "text"}},
      {"last", {"real", "text", "flag"}},
  };
  return functions;
}

// Adds a random window, as text and as the oracle sees it.
std::string RandomWindow(Random& random, std::int64_t span_us, oracle::WindowSpan& window) {
  const auto length = [&] { return random.Between(1, random.OneIn(2) ? 4 : span_us + 1); };
  const auto text = [](std::int64_t us) { return std::to_string(us) + "us"; };
  switch (random.Below(5)) {
    case 0:
      window.kind = oracle::WindowSpan::Kind::kLifetime;
      return "lifetime";
    case 1:
      window.kind = oracle::WindowSpan::Kind::kRows;
      window.row_count = random.Between(1, 4);
      return "{rows: " + std::to_string(window.row_count) + "}";
    case 2:
      window.kind = oracle::WindowSpan::Kind::kEvery;
      window.every_us = length();
      window.length_us = length();
      window.offset_us = random.Between(0, window.every_us - 1);
      window.ago_us = random.OneIn(2) ? 0 : length();
      return "{every: " + text(window.every_us) + ", window: " + text(window.length_us) +
             ", offset: " + text(window.offset_us) + ", ago: " + text(window.ago_us) + "}";
    default:
      window.kind = oracle::WindowSpan::Kind::kLength;
      window.length_us = length();
      return text(window.length_us);
  }
}

std::size_t ColumnNumber(const std::string& name) {
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    if (kColumns[i].name == name) return i;
  }
  return kColumns.size();
}

// Returns one line of `aggregations:`.
std::string RandomAggregation(Random& random, std::size_t number, std::int64_t span_us, WindowCase& made) {
  const FunctionText& function = Functions()[random.Below(Functions().size())];
  const std::string input = function.inputs[random.Below(function.inputs.size())];
  oracle::WindowCall call;
  call.function = function.name;
  if (!input.empty()) call.input = ColumnNumber(input);
  const bool has_where = random.OneIn(3);
  if (has_where) call.where = ColumnNumber("flag");
  const std::string window = RandomWindow(random, span_us, call.window);
  call.window.end_exclusive = random.OneIn(3);
  made.calls.push_back(call);
  return "      a" + std::to_string(number) + ": {function: " + call.function +
         (input.empty() ? "" : ", of: " + input) + ", windows: [" + window + "]" + (has_where ? ", where: flag" : "") +
         (call.window.end_exclusive ? ", end: exclusive" : "") + "}\n";
}

void MakeView(Random& random, std::int64_t span_us, WindowCase& made) {
  std::string text =
      "entities: [{name: k, type: string}]\nsources: [{name: s, path: x.csv, timestamp: t}]\nfeature_views:\n"
      "  - name: v\n    entities: [k]\n    source: s\n    aggregations:\n";
  const auto count = static_cast<std::size_t>(random.Between(1, 6));
  for (std::size_t i = 0; i < count; ++i) text += RandomAggregation(random, i, span_us, made);
  const auto set = ParseDefinitions({{"f.yaml", text}});
  ASSERT_TRUE(set.ok()) << set.status().ToString() << text;
  made.source = **set->FindSource("s");
  if (random.OneIn(2)) made.source.event_id = "id";
  std::vector<SourceColumn> columns;
  for (const ColumnType& column : kColumns) columns.push_back({column.name, column.type, TypeName(column.type)});
  std::vector<Fault> faults;
  made.view =
      std::make_shared<const FeatureView>(TypeWindowView(**set->FindFeatureView("v"), made.source, columns, faults));
  ASSERT_TRUE(faults.empty()) << faults.front().message;
}

struct CaseSize {
  std::uint64_t left_rows = 20;
  std::uint64_t events = 30;
  std::size_t keys = 3;
};

void MakeRows(Random& random, const CaseSize& size, const TableSource& source, WindowCase& made) {
  made.left.left_key_types = made.table.layout.keys;
  made.left.left_keys.resize(1);
  const std::uint64_t rows = random.Below(size.left_rows + 1);
  for (std::uint64_t row = 0; row < rows; ++row) {
    made.left.left_keys[0].push_back(random.OneIn(15) ? Bits() : source.pools[0][random.Below(size.keys)]);
    std::int64_t time_us = SaturatingAdd(source.origin_us, random.Between(-source.span_us, 2 * source.span_us));
    if (made.table.row_count() > 0 && random.OneIn(2)) {
      const Bits& near = made.table.event_time[random.Below(made.table.row_count())];
      if (near) time_us = SaturatingAdd(FromBits<std::int64_t>(*near), random.Between(-1, 1));
    }
    made.left.left_times.push_back(random.OneIn(15) ? Bits() : BitsOf(time_us));
  }
}

WindowCase MakeCase(std::uint64_t seed, const CaseSize& size) {
  Random random(seed);
  WindowCase made;
  const std::int64_t spans[] = {2, 6, 40, 1000};
  const std::int64_t origins[] = {0, 1'420'070'400'000'000, INT64_MIN, INT64_MAX};
  TableSource source{{{}}, origins[random.Below(4)], spans[random.Below(4)], size.events};
  for (std::size_t i = 0; i < size.keys; ++i) source.pools[0].push_back("key" + std::to_string(i));
  MakeView(random, source.span_us, made);
  made.table.layout.keys = {ValueType::Of(TypeKind::kString)};
  made.table.layout.has_created_time = random.OneIn(2);
  made.table.layout.has_deletion_mark = random.OneIn(3);
  for (const ColumnType& column : kColumns) made.table.values.push_back({column.name, column.type});
  FillTable(random, source, made.table);
  // Few ids, so that events meet again.
  for (Bits& id : made.table.value_columns.back()) {
    id = random.OneIn(4) ? Bits() : BitsOf(static_cast<std::int64_t>(random.Below(size.events / 3 + 1)));
  }
  // The least created time stands for none (aggregates/window_run.h, docs/concepts/windows.md).
  for (Bits& created : made.table.created_time) {
    if (created == BitsOf(INT64_MIN)) created = BitsOf(INT64_MIN + 1);
  }
  MakeRows(random, size, source, made);
  made.habits = {random.Next(), random.OneIn(2), random.OneIn(2), random.OneIn(2), 0};
  made.as_known = random.OneIn(4);
  return made;
}

oracle::Value OracleValue(ValueType type, const Bits& bits) {
  if (!bits) return {};
  switch (type.kind) {
    case TypeKind::kBool:
      return FromBits<std::uint8_t>(*bits) != 0;
    case TypeKind::kInt32:
      return std::int64_t{FromBits<std::int32_t>(*bits)};
    case TypeKind::kInt64:
      return FromBits<std::int64_t>(*bits);
    case TypeKind::kFloat32:
      return double{FromBits<float>(*bits)};
    case TypeKind::kFloat64:
      return FromBits<double>(*bits);
    default:
      return *bits;
  }
}

// The bytes that docs/formats/feature_row.md gives the values of the view's columns, behind the header of a row.
std::vector<std::string> EncodedRowsOf(const WindowCase& made) {
  Random random(1);
  std::vector<ValueType> types;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const ColumnType& column : made.view->columns) {
    types.push_back(column.type);
    arrays.push_back(MakeArray(random, column.type, made.table.value_columns[ColumnNumber(column.name)]));
  }
  const std::vector<Bits> zeros(made.table.row_count(), BitsOf(std::int64_t{0}));
  const RowLayout layout = RowLayout::Make(0, types).value();
  EncodedRows rows;
  EXPECT_TRUE(EncodeRows(layout, {arrays, MakeArray(random, ValueType::Of(TypeKind::kTimestamp), zeros)}, rows).ok());
  std::vector<std::string> texts;
  for (std::int64_t row = 0; row < rows.row_count(); ++row) texts.emplace_back(rows.row(row).substr(kRowHeaderSize));
  return texts;
}

std::vector<oracle::Event> OracleEvents(const WindowCase& made) {
  const FeatureTable& table = made.table;
  const std::vector<std::string> encoded = EncodedRowsOf(made);
  std::vector<oracle::Event> events(table.row_count());
  for (std::size_t row = 0; row < events.size(); ++row) {
    oracle::Event& event = events[row];
    event.keys = {OracleKey(table.layout.keys[0], table.key_columns[0][row])};
    if (table.event_time[row]) event.event_time_us = FromBits<std::int64_t>(*table.event_time[row]);
    if (table.layout.has_created_time && table.created_time[row]) {
      event.created_time_us = FromBits<std::int64_t>(*table.created_time[row]);
    }
    event.deleted = table.layout.has_deletion_mark && table.deleted[row] && (*table.deleted[row])[0] != 0;
    if (!made.source.event_id.empty()) {
      event.event_id = OracleKey(kColumns.back().type, table.value_columns.back()[row]);
    }
    event.encoded = encoded[row];
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      event.values.push_back(OracleValue(kColumns[i].type, table.value_columns[i][row]));
    }
  }
  return events;
}

std::vector<oracle::EntityRow> OracleRowsOf(const WindowCase& made) {
  std::vector<oracle::EntityRow> rows;
  for (std::size_t row = 0; row < made.left.left_row_count(); ++row) {
    oracle::EntityRow entity{{OracleKey(made.left.left_key_types[0], made.left.left_keys[0][row])}, std::nullopt};
    if (made.left.left_times[row]) entity.time_us = FromBits<std::int64_t>(*made.left.left_times[row]);
    rows.push_back(std::move(entity));
  }
  return rows;
}

// The bits that a value of the oracle has in a column of this type; every NaN is the one that results have.
Bits BitsOfValue(ValueType type, const oracle::Value& value) {
  if (value.index() == 0) return {};
  if (const auto* flag = std::get_if<bool>(&value)) return BitsOf(static_cast<std::uint8_t>(*flag ? 1 : 0));
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* real = std::get_if<double>(&value)) {
    const double one = std::isnan(*real) ? std::numeric_limits<double>::quiet_NaN() : *real;
    return type.kind == TypeKind::kFloat32 ? BitsOf(static_cast<float>(one)) : BitsOf(one);
  }
  const auto whole = std::get<std::int64_t>(value);
  return type.kind == TypeKind::kInt32 ? BitsOf(static_cast<std::int32_t>(whole)) : BitsOf(whole);
}

// Returns bits with any NaN as the one that results have: first and last give a stored value as it is, and the oracle
// knows a float32 as the double of its value.
Bits WithOneNan(ValueType type, const Bits& bits) {
  if (!bits || !type.is_float()) return bits;
  const bool is_nan =
      type.kind == TypeKind::kFloat32 ? std::isnan(FromBits<float>(*bits)) : std::isnan(FromBits<double>(*bits));
  return is_nan ? BitsOfValue(type, std::numeric_limits<double>::quiet_NaN()) : bits;
}

bool GivesStoredValues(const std::string& function) { return function == "first" || function == "last"; }

using Answers = std::vector<std::vector<oracle::WindowAnswer>>;

Answers AllAnswers(const WindowCase& made) {
  const std::vector<oracle::Event> events = OracleEvents(made);
  const std::vector<oracle::EntityRow> rows = OracleRowsOf(made);
  Answers wanted;
  for (const oracle::WindowCall& call : made.calls) {
    wanted.push_back(oracle::Aggregate(rows, events, call, made.as_known));
  }
  return wanted;
}

// Compares rows from `first_row` on.
void ExpectRows(const JoinedView& view, const WindowCase& made, const Answers& wanted, std::size_t first_row) {
  for (std::int64_t i = 0; i < view.event_time->length(); ++i) {
    const std::size_t row = first_row + static_cast<std::size_t>(i);
    Bits newest;
    for (std::size_t call = 0; call < wanted.size(); ++call) {
      const oracle::WindowAnswer& answer = wanted[call][row];
      const ValueType type = made.view->features[call].type;
      Bits found = BitsAt(*view.values[call], i);
      if (GivesStoredValues(made.calls[call].function)) found = WithOneNan(type, found);
      ASSERT_EQ(found, BitsOfValue(type, answer.value))
          << "row " << row << ", " << made.calls[call].function << " as " << made.view->features[call].name;
      const bool is_newer =
          answer.event_time_us && (!newest || FromBits<std::int64_t>(*newest) < *answer.event_time_us);
      if (is_newer) newest = BitsOf(*answer.event_time_us);
      ASSERT_EQ(view.status->Value(i) == static_cast<std::uint8_t>(MatchStatus::kPresent), answer.is_found);
    }
    ASSERT_EQ(BitsAt(*view.event_time, i), newest) << "row " << row;
  }
}

struct Way {
  std::uint64_t seed = 0;
  ThreadPool* threads = nullptr;
  std::int64_t part_rows = 0;
  std::int64_t memory_bytes = kMuchMemory;
};

// Joins and compares; returns the most that was in memory, 0 when it was too little.
std::int64_t ExpectSame(const WindowCase& made, const Answers& wanted, const Way& way) {
  MemoryBudget memory(way.memory_bytes);
  JoinTuning tuning;
  tuning.part_rows = way.part_rows;
  const ExecutionContext context{memory, way.threads, nullptr, nullptr, {}, tuning};
  const auto reader = NewMemoryFeatureRows(made.table, made.habits);
  bool had_memory = true;
  {
    std::vector<std::size_t> features(made.calls.size());
    for (std::size_t i = 0; i < features.size(); ++i) features[i] = i;
    WindowJoin join{"v", {0}, 1, made.table.layout, made.as_known, {}, {}};
    join.plan = PlanWindows(*made.view, made.source, features).value();
    join.row_name = [](std::uint64_t ordinal) { return "event " + std::to_string(ordinal); };
    WindowJoinStream stream({join}, {reader.get()}, LeftReader(made.left, way.seed), context);
    Random random(way.seed);
    for (std::size_t row = 0; row < made.left.left_row_count() && !testing::Test::HasFatalFailure();) {
      const std::int64_t count = random.Between(1, static_cast<std::int64_t>(made.left.left_row_count() - row));
      const auto views = stream.Next(count);
      had_memory = views.ok();
      if (!views.ok()) {
        EXPECT_TRUE(way.memory_bytes < kMuchMemory && views.status().reason() == Reason::kMemoryLimit)
            << views.status().ToString();
        break;
      }
      ExpectRows(views->front(), made, wanted, row);
      row += static_cast<std::size_t>(count);
    }
  }
  EXPECT_EQ(memory.used_bytes(), 0) << "memory was not given back";
  return had_memory ? memory.peak_bytes() : 0;
}

TEST(WindowDifferential, SmallCases) {
  const std::uint64_t first_seed = NumberFromEnvironment("LARDER_SEED", SeedFromSystem() >> 1);
  const std::uint64_t count = NumberFromEnvironment("LARDER_CASES", 4000);
  ThreadPool threads(3, 64);
  for (std::uint64_t seed = first_seed; seed < first_seed + count && !HasFailure(); ++seed) {
    const WindowCase made = MakeCase(seed, {});
    const Answers wanted = AllAnswers(made);
    ExpectSame(made, wanted, {seed, nullptr, static_cast<std::int64_t>(seed % 3)});
    if (seed % 4 == 0) ExpectSame(made, wanted, {seed + 1, &threads, 0});
    if (HasFailure()) std::cerr << "replay with LARDER_SEED=" << seed << " LARDER_CASES=1\n";
  }
  std::cout << count << " cases from LARDER_SEED=" << first_seed << "\n";
}

// With less and less memory: more passes over the events, at last a failure; never another answer.
TEST(WindowDifferential, LittleMemory) {
  const std::uint64_t first_seed = NumberFromEnvironment("LARDER_SEED", SeedFromSystem() >> 1);
  ThreadPool threads(3, 64);
  int joined = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + 12 && !HasFailure(); ++seed) {
    const WindowCase made = MakeCase(seed, {120, 900, 40});
    const Answers wanted = AllAnswers(made);
    const std::int64_t peak_bytes = ExpectSame(made, wanted, {seed});
    for (std::int64_t part = 7; part > 0; --part) {
      ThreadPool* used = part % 2 == 0 ? &threads : nullptr;
      if (ExpectSame(made, wanted, {seed, used, 0, peak_bytes * part / 8}) > 0) ++joined;
    }
    if (HasFailure()) std::cerr << "replay with LARDER_SEED=" << seed << "\n";
  }
  EXPECT_GT(joined, 0);
}

}  // namespace
}  // namespace larder::differential
