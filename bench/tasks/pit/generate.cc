// Writes a table of the point-in-time tasks. Usage: pit_generate FILE.parquet NAME=VALUE ...
//   left=1 (keys and event_timestamp only), rows, keys, seed, distribution=uniform|zipf|hot, sorted=1, late, ties,
//   nulls, features=COUNT, type=float32|float64, prefix=NAME (features are NAME0, NAME1, ...)
// Snappy, no dictionaries, row groups of 1,000,000 rows: what a careful writer of features does.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "bench/tasks/pit/generated_rows.h"

namespace larder::bench {
namespace {

constexpr std::uint64_t kRowGroupRows = 1'000'000;

struct Column {
  std::shared_ptr<arrow::Field> field;
  std::function<std::shared_ptr<arrow::Array>(std::uint64_t begin, std::uint64_t count)> make;
};

template <class Builder, class Value>
std::shared_ptr<arrow::Array> Build(const std::shared_ptr<arrow::DataType>& type, std::uint64_t begin,
                                    std::uint64_t count, Value value) {
  Builder builder(type, arrow::default_memory_pool());
  if (!builder.Reserve(static_cast<std::int64_t>(count)).ok()) std::abort();
  for (std::uint64_t row = begin; row < begin + count; ++row) {
    if (const auto given = value(row)) {
      builder.UnsafeAppend(*given);
    } else {
      builder.UnsafeAppendNull();
    }
  }
  return builder.Finish().ValueOrDie();
}

class Arguments {
 public:
  Arguments(int count, char** texts) {
    for (int i = 2; i < count; ++i) {
      const std::string text = texts[i];
      values_[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
    }
  }
  std::string Text(const std::string& name, const std::string& otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  std::uint64_t Number(const std::string& name) const { return std::strtoull(Text(name, "0").c_str(), nullptr, 10); }

 private:
  std::map<std::string, std::string> values_;
};

TableShape ShapeOf(const Arguments& arguments) {
  TableShape shape;
  shape.rows = arguments.Number("rows");
  shape.keys = arguments.Number("keys");
  shape.seed = arguments.Number("seed");
  const std::string distribution = arguments.Text("distribution", "uniform");
  if (distribution == "zipf") shape.distribution = KeyDistribution::kZipf;
  if (distribution == "hot") shape.distribution = KeyDistribution::kHot;
  shape.is_time_sorted = arguments.Number("sorted") != 0;
  shape.late = arguments.Number("late");
  shape.ties = arguments.Number("ties");
  shape.nulls = arguments.Number("nulls");
  return shape;
}

std::vector<Column> ColumnsOf(const Arguments& arguments, const GeneratedRows& rows) {
  const auto instant = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  const bool is_left = arguments.Number("left") != 0;
  std::vector<Column> columns;
  const auto add = [&](const std::string& name, const std::shared_ptr<arrow::DataType>& type, auto make) {
    columns.push_back({arrow::field(name, type), std::move(make)});
  };
  add("id", arrow::int64(), [&rows](std::uint64_t begin, std::uint64_t count) {
    return Build<arrow::Int64Builder>(arrow::int64(), begin, count, [&](auto row) { return rows.Key(row); });
  });
  add(is_left ? "event_timestamp" : "seen", instant, [&rows, instant](std::uint64_t begin, std::uint64_t count) {
    return Build<arrow::TimestampBuilder>(instant, begin, count, [&](auto row) { return rows.SeenUs(row); });
  });
  if (is_left) return columns;
  add("known", instant, [&rows, instant](std::uint64_t begin, std::uint64_t count) {
    return Build<arrow::TimestampBuilder>(instant, begin, count,
                                          [&](auto row) { return std::optional<std::int64_t>(rows.KnownUs(row)); });
  });
  const bool is_double = arguments.Text("type", "float32") == "float64";
  for (std::uint64_t i = 0; i < arguments.Number("features"); ++i) {
    const std::string name = arguments.Text("prefix", "f") + std::to_string(i);
    if (is_double) {
      add(name, arrow::float64(), [&rows, i](std::uint64_t begin, std::uint64_t count) {
        return Build<arrow::DoubleBuilder>(arrow::float64(), begin, count,
                                           [&](auto row) { return rows.Float64(i, row); });
      });
    } else {
      add(name, arrow::float32(), [&rows, i](std::uint64_t begin, std::uint64_t count) {
        return Build<arrow::FloatBuilder>(arrow::float32(), begin, count,
                                          [&](auto row) { return rows.Float32(i, row); });
      });
    }
  }
  return columns;
}

std::shared_ptr<arrow::Table> MakeRows(const std::vector<Column>& columns, const std::shared_ptr<arrow::Schema>& schema,
                                       std::uint64_t begin, std::uint64_t count) {
  arrow::ArrayVector arrays(columns.size());
  std::vector<std::thread> threads;
  const std::size_t thread_count = std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t first = 0; first < thread_count; ++first) {
    threads.emplace_back([&, first] {
      for (std::size_t i = first; i < columns.size(); i += thread_count) arrays[i] = columns[i].make(begin, count);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return arrow::Table::Make(schema, arrays, static_cast<std::int64_t>(count));
}

arrow::Status Write(const std::string& path, const Arguments& arguments) {
  const TableShape shape = ShapeOf(arguments);
  if (shape.rows == 0 || shape.rows > GeneratedRows::kSpanUs || shape.keys == 0) {
    return arrow::Status::Invalid("rows and keys must be given");
  }
  const GeneratedRows rows(shape);
  const std::vector<Column> columns = ColumnsOf(arguments, rows);
  arrow::FieldVector fields;
  for (const Column& column : columns) fields.push_back(column.field);
  const auto schema = arrow::schema(fields);
  const auto properties = parquet::WriterProperties::Builder()
                              .compression(parquet::Compression::SNAPPY)
                              ->disable_dictionary()
                              ->max_row_group_length(kRowGroupRows)
                              ->build();
  ARROW_ASSIGN_OR_RAISE(const auto file, arrow::io::FileOutputStream::Open(path));
  ARROW_ASSIGN_OR_RAISE(const auto writer,
                        parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), file, properties));
  for (std::uint64_t begin = 0; begin < shape.rows; begin += kRowGroupRows) {
    const std::uint64_t count = std::min(kRowGroupRows, shape.rows - begin);
    ARROW_RETURN_NOT_OK(writer->WriteTable(*MakeRows(columns, schema, begin, count), kRowGroupRows));
  }
  ARROW_RETURN_NOT_OK(writer->Close());
  return file->Close();
}

}  // namespace
}  // namespace larder::bench

int main(int count, char** texts) {
  if (count < 3) {
    std::fputs("usage: pit_generate FILE.parquet rows=N keys=N ...\n", stderr);
    return 2;
  }
  const arrow::Status status = larder::bench::Write(texts[1], larder::bench::Arguments(count, texts));
  if (!status.ok()) std::fprintf(stderr, "pit_generate: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
