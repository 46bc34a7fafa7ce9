#include "tests/differential/random_join.h"

#include <algorithm>
#include <utility>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include "base/check.h"
#include "base/timestamp.h"

namespace larder::differential {
namespace {

constexpr TypeKind kKeyKinds[] = {TypeKind::kBool,  TypeKind::kInt32, TypeKind::kInt64,     TypeKind::kString,
                                  TypeKind::kBytes, TypeKind::kDate,  TypeKind::kTimestamp, TypeKind::kString};
constexpr TypeKind kValueKinds[] = {TypeKind::kBool,    TypeKind::kInt32,   TypeKind::kInt64,
                                    TypeKind::kFloat32, TypeKind::kFloat64, TypeKind::kString,
                                    TypeKind::kBytes,   TypeKind::kDate,    TypeKind::kTimestamp};
constexpr std::int64_t kOrigins[] = {0,         0, 1'420'070'400'000'000, INT64_MIN, INT64_MIN + 3, INT64_MAX - 3,
                                     INT64_MAX, -1};
constexpr std::int64_t kSpans[] = {2, 8, 40, 1000, 2 * kMicrosPerDay};
constexpr std::int64_t kTtls[] = {0, 0, 1, 2, 7, 50, kMicrosPerDay, INT64_MAX - 1, INT64_MAX};

template <class T, std::size_t n>
T OneOf(Random& random, const T (&values)[n]) {
  return values[random.Below(n)];
}

// The keys, times and numbers that all sides of a case draw from.
struct Case {
  Random random;
  JoinSize size;
  RandomJoin join;
  std::vector<std::vector<Bits>> pools{};  // by left key column
  std::vector<bool> is_narrow{};           // int32 and int64 may meet in this column
  std::int64_t origin_us = 0;
  std::int64_t span_us = 0;
};

void MakeKeys(Case& made) {
  Random& random = made.random;
  const auto column_count = static_cast<std::size_t>(random.Between(1, random.OneIn(4) ? 5 : 3));
  for (std::size_t i = 0; i < column_count; ++i) {
    const ValueType type = ValueType::Of(OneOf(random, kKeyKinds));
    made.join.left_key_types.push_back(type);
    made.is_narrow.push_back(type.kind == TypeKind::kInt32 || random.OneIn(2));
    made.pools.push_back(RandomKeyPool(random, type, made.is_narrow.back()));
  }
}

void MakeView(Case& made, std::size_t number) {
  Random& random = made.random;
  ViewJoin view;
  view.name = "view" + std::to_string(number);
  std::vector<int> columns(made.pools.size());
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = static_cast<int>(i);
  std::shuffle(columns.begin(), columns.end(), random);
  columns.resize(
      static_cast<std::size_t>(random.Between(1, static_cast<std::int64_t>(std::min(columns.size(), std::size_t{4})))));
  // The same key columns as another view: the left side's work is shared.
  if (number > 0 && random.OneIn(3)) columns = made.join.plan.views.front().left_key_columns;
  view.left_key_columns = columns;

  TableSource source{{}, made.origin_us, made.span_us, random.OneIn(10) ? 0 : made.size.view_rows};
  std::vector<ValueType> types;
  for (const int column : columns) {
    const auto place = static_cast<std::size_t>(column);
    ValueType type = made.join.left_key_types[place];
    if (type.is_integer() && made.is_narrow[place] && random.OneIn(2)) {
      type = ValueType::Of(type.kind == TypeKind::kInt32 ? TypeKind::kInt64 : TypeKind::kInt32);
    }
    types.push_back(type);
    source.pools.push_back(made.pools[place]);
  }
  view.layout = RandomLayout(random, std::move(types));
  view.ttl_us = OneOf(random, kTtls);
  view.values = RandomValueColumns(random);
  FeatureTable table{view.layout, view.values, {}, {}, {}, {}, {}, {}};
  FillTable(random, source, table);
  made.join.plan.views.push_back(std::move(view));
  made.join.tables.push_back(std::move(table));
  made.join.habits.push_back({random.Next(), random.OneIn(2), random.OneIn(2), random.OneIn(2), 0});
}

// Often a time at the very edge of some row: its event or created time, or its ttl, give or take a microsecond.
std::int64_t RandomLeftTime(Case& made) {
  Random& random = made.random;
  const std::int64_t anywhere_us = SaturatingAdd(made.origin_us, random.Between(-made.span_us, 2 * made.span_us));
  const auto view = static_cast<std::size_t>(random.Below(made.join.tables.size()));
  const FeatureTable& table = made.join.tables[view];
  if (table.row_count() == 0 || random.OneIn(3)) return anywhere_us;
  const std::size_t row = random.Below(table.row_count());
  const Bits& bits = random.OneIn(3) ? table.created_time[row] : table.event_time[row];
  if (!bits.has_value()) return anywhere_us;
  const std::int64_t ttl_us = random.OneIn(2) ? made.join.plan.views[view].ttl_us : 0;
  return SaturatingAdd(SaturatingAdd(FromBits<std::int64_t>(*bits), ttl_us), random.Between(-1, 1));
}

void MakeLeft(Case& made) {
  Random& random = made.random;
  const std::uint64_t row_count = random.OneIn(20) ? 0 : random.Below(made.size.left_rows + 1);
  const std::uint64_t null_in = random.OneIn(3) ? 0 : 12;
  made.join.left_keys.resize(made.pools.size());
  for (std::uint64_t row = 0; row < row_count; ++row) {
    for (std::size_t i = 0; i < made.pools.size(); ++i) {
      const bool is_null = null_in != 0 && random.OneIn(null_in);
      const Bits& key = made.pools[i][random.Below(made.pools[i].size())];
      made.join.left_keys[i].push_back(is_null ? Bits() : KeyAs(made.join.left_key_types[i], key));
    }
    const bool is_null = null_in != 0 && random.OneIn(null_in);
    made.join.left_times.push_back(is_null ? Bits() : BitsOf(RandomLeftTime(made)));
  }
}

}  // namespace

KeyLayout RandomLayout(Random& random, std::vector<ValueType> keys) {
  KeyLayout layout;
  layout.keys = std::move(keys);
  layout.has_event_time = !random.OneIn(8);
  layout.has_created_time = random.OneIn(2);
  layout.has_deletion_mark = random.OneIn(3);
  return layout;
}

std::vector<ValueColumn> RandomValueColumns(Random& random) {
  std::vector<ValueColumn> columns;
  for (std::uint64_t left = random.Below(5); left > 0; --left) {
    const TypeKind kind = OneOf(random, kValueKinds);
    const ValueType type = random.OneIn(6) ? ValueType::ListOf(kind) : ValueType::Of(kind);
    columns.push_back({"f" + std::to_string(left), type});
  }
  return columns;
}

void FillTable(Random& random, const TableSource& source, FeatureTable& table) {
  const std::uint64_t row_count = random.Below(source.row_count + 1);
  const std::uint64_t null_in = random.OneIn(3) ? 0 : 10;
  const std::uint64_t value_null_in = random.OneIn(3) ? 0 : 4;
  table.key_columns.resize(source.pools.size());
  table.value_columns.resize(table.values.size());
  std::uint32_t file = 0;
  std::uint64_t file_row = 0;
  for (std::uint64_t row = 0; row < row_count; ++row) {
    for (std::size_t i = 0; i < source.pools.size(); ++i) {
      const bool is_null = null_in != 0 && random.OneIn(null_in);
      const Bits& key = source.pools[i][random.Below(source.pools[i].size())];
      table.key_columns[i].push_back(is_null ? Bits() : KeyAs(table.layout.keys[i], key));
    }
    const std::int64_t event_us = SaturatingAdd(source.origin_us, random.Between(-source.span_us, source.span_us));
    const bool has_event_time = null_in == 0 || !random.OneIn(null_in);
    table.event_time.push_back(has_event_time ? Bits(BitsOf(event_us)) : Bits());
    const std::int64_t created_us = SaturatingAdd(event_us, random.Between(-2, random.OneIn(2) ? 2 : source.span_us));
    const std::int64_t extreme_us = random.OneIn(2) ? INT64_MIN : INT64_MAX;
    table.created_time.push_back(random.OneIn(5) ? Bits() : BitsOf(random.OneIn(20) ? extreme_us : created_us));
    table.deleted.push_back(random.OneIn(5) ? Bits() : BitsOf(static_cast<std::uint8_t>(random.OneIn(5))));
    for (std::size_t i = 0; i < table.values.size(); ++i) {
      table.value_columns[i].push_back(RandomBits(random, table.values[i].type, value_null_in));
    }
    if (random.OneIn(10)) {
      ++file;
      file_row = 0;
    }
    file_row += random.OneIn(4) ? random.Below(100) + 1 : 1;
    table.ordinals.push_back(MakeOrdinal(file, file_row));
  }
}

RandomJoin MakeRandomJoin(std::uint64_t seed, JoinSize size) {
  Case made{Random(seed), size, {}};
  made.origin_us = OneOf(made.random, kOrigins);
  made.span_us = OneOf(made.random, kSpans);
  MakeKeys(made);
  const std::uint64_t view_count = made.random.Between(1, static_cast<std::int64_t>(size.views));
  for (std::uint64_t i = 0; i < view_count; ++i) MakeView(made, i);
  MakeLeft(made);
  made.join.plan.left_time_column = static_cast<int>(made.pools.size());
  made.join.plan.as_known = made.random.OneIn(3);
  made.join.plan.match_details = made.random.OneIn(2);
  return std::move(made.join);
}

std::shared_ptr<arrow::RecordBatchReader> LeftReader(const RandomJoin& join, std::uint64_t seed) {
  Random random(seed);
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (std::size_t i = 0; i < join.left_key_types.size(); ++i) {
    fields.push_back(arrow::field("k" + std::to_string(i), ToArrow(join.left_key_types[i])));
    arrays.push_back(MakeArray(random, join.left_key_types[i], join.left_keys[i]));
  }
  const ValueType timestamp = ValueType::Of(TypeKind::kTimestamp);
  fields.push_back(arrow::field("t", ToArrow(timestamp)));
  arrays.push_back(MakeArray(random, timestamp, join.left_times));
  arrow::Int64Builder numbers;
  const auto row_count = static_cast<std::int64_t>(join.left_row_count());
  for (std::int64_t row = 0; row < row_count; ++row) LARDER_CHECK(numbers.Append(row).ok());
  fields.push_back(arrow::field("row", arrow::int64()));
  arrays.push_back(numbers.Finish().ValueOrDie());

  const std::shared_ptr<arrow::Schema> schema = arrow::schema(std::move(fields));
  const std::shared_ptr<arrow::RecordBatch> all = arrow::RecordBatch::Make(schema, row_count, std::move(arrays));
  arrow::RecordBatchVector batches;
  for (std::int64_t begin = 0; begin < row_count;) {
    const std::int64_t length =
        std::min(random.Between(0, std::max<std::int64_t>(row_count / 2, 4)), row_count - begin);
    batches.push_back(all->Slice(begin, length));
    begin += length;
  }
  return arrow::RecordBatchReader::Make(std::move(batches), schema).ValueOrDie();
}

std::vector<oracle::FeatureRow> OracleRows(const FeatureTable& table) {
  const auto time_of = [](const Bits& bits) {
    return bits.has_value() ? std::optional(FromBits<std::int64_t>(*bits)) : std::nullopt;
  };
  std::vector<oracle::FeatureRow> rows;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    oracle::FeatureRow made;
    for (std::size_t i = 0; i < table.layout.keys.size(); ++i) {
      made.keys.push_back(OracleKey(table.layout.keys[i], table.key_columns[i][row]));
    }
    made.event_time_us = table.layout.has_event_time ? time_of(table.event_time[row]) : INT64_MIN;
    if (table.layout.has_created_time) made.created_time_us = time_of(table.created_time[row]);
    made.deleted = table.layout.has_deletion_mark && table.deleted[row] == BitsOf(std::uint8_t{1});
    made.ordinal = table.ordinals[row];
    for (const std::vector<Bits>& column : table.value_columns) made.values.push_back(column[row]);
    rows.push_back(std::move(made));
  }
  return rows;
}

std::vector<oracle::Answer> OracleAnswers(const RandomJoin& join, std::size_t view) {
  const ViewJoin& plan = join.plan.views[view];
  std::vector<oracle::EntityRow> entities;
  for (std::size_t row = 0; row < join.left_row_count(); ++row) {
    oracle::EntityRow entity;
    for (const int column : plan.left_key_columns) {
      const auto place = static_cast<std::size_t>(column);
      entity.keys.push_back(OracleKey(join.left_key_types[place], join.left_keys[place][row]));
    }
    const Bits& time = join.left_times[row];
    if (time.has_value()) entity.time_us = FromBits<std::int64_t>(*time);
    entities.push_back(std::move(entity));
  }
  const oracle::View oracle_view{OracleRows(join.tables[view]), plan.values.size(), plan.ttl_us, join.plan.as_known};
  return oracle::Join(entities, oracle_view);
}

}  // namespace larder::differential
