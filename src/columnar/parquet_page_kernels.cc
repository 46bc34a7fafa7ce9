#include "columnar/parquet_page_kernels.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>
#include <arrow/util/compression.h>
#include <parquet/column_page.h>
#include <parquet/column_writer.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>
#include <parquet/types.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

namespace larder {
namespace {

// Little-endian: the levels' length and values are copied as they are.
static_assert(std::endian::native == std::endian::little);

constexpr std::int64_t kLengthBytes = 4;
constexpr std::int64_t kMostHeaderBytes = 5;  // of a run's length
constexpr std::int64_t kAlignment = 64;
constexpr std::int64_t kWorthPercent = 90;

constexpr std::int64_t kMaxRowGroupRows = 1 << 17;
constexpr std::int64_t kMaxRowGroupBytes = std::int64_t{16} << 20;
constexpr std::int64_t kMaxPageRows = 1 << 16;
constexpr std::int64_t kLeastPageRows = 256;
constexpr std::int64_t kMaxPagesBytes = std::int64_t{4} << 20;
constexpr std::int64_t kTextBytes = 16;  // of a value without one size: a guess

std::int64_t WidthOf(parquet::Type::type physical) {
  return physical == parquet::Type::INT32 || physical == parquet::Type::FLOAT ? 4 : 8;
}

// Appends `number` seven bits at a time; returns the end.
std::uint8_t* PutVarint(std::uint64_t number, std::uint8_t* to) {
  for (; number >= 0x80; number >>= 7) *to++ = static_cast<std::uint8_t>(number | 0x80);
  *to++ = static_cast<std::uint8_t>(number);
  return to;
}

// The validity of rows as levels: one run of equal ones, or one run of bits. Written so that it ends at `end`.
class Levels {
 public:
  explicit Levels(const arrow::Array& rows) : rows_(rows), bit_bytes_((rows.length() + 7) / 8) {
    const bool is_mixed = rows.null_count() != 0 && rows.null_count() != rows.length();
    std::uint8_t* end = header_;
    if (is_mixed) {
      end = PutVarint(static_cast<std::uint64_t>(bit_bytes_) << 1 | 1, header_);
    } else {
      end = PutVarint(static_cast<std::uint64_t>(rows.length()) << 1, header_);
      bit_bytes_ = 1;
    }
    header_size_ = end - header_;
    is_mixed_ = is_mixed;
  }

  std::int64_t size() const { return kLengthBytes + header_size_ + bit_bytes_; }

  // Writes them; returns the bits, one for each row; nullptr when all are alike.
  const std::uint8_t* Write(std::uint8_t* to) const {
    const auto length = static_cast<std::uint32_t>(header_size_ + bit_bytes_);
    std::memcpy(to, &length, sizeof length);
    std::memcpy(to + kLengthBytes, header_, static_cast<std::size_t>(header_size_));
    std::uint8_t* const bits = to + kLengthBytes + header_size_;
    bits[bit_bytes_ - 1] = 0;
    if (!is_mixed_) {
      bits[0] = rows_.null_count() == 0 ? 1 : 0;
      return nullptr;
    }
    arrow::internal::CopyBitmap(rows_.null_bitmap_data(), rows_.offset(), rows_.length(), bits, 0);
    return bits;
  }

 private:
  const arrow::Array& rows_;
  std::int64_t bit_bytes_;
  std::uint8_t header_[kMostHeaderBytes + 1] = {};
  std::int64_t header_size_ = 0;
  bool is_mixed_ = false;
};

// Copies the values whose bit is set, close together; returns how many. `to` has room for all of them.
template <class Word>
std::int64_t CopySet(const Word* values, const std::uint8_t* bits, std::int64_t count, Word* to) {
  constexpr std::int64_t kStep = 64;
  Word* out = to;
  for (std::int64_t begin = 0; begin < count; begin += kStep) {
    const std::int64_t length = std::min(kStep, count - begin);
    std::uint64_t set = 0;
    std::memcpy(&set, bits + begin / 8, static_cast<std::size_t>((length + 7) / 8));
    if (set == ~std::uint64_t{0}) {
      std::memcpy(out, values + begin, kStep * sizeof(Word));
      out += kStep;
      continue;
    }
    // Without branches: which rows are null cannot be foreseen.
    for (std::int64_t i = 0; i < length; ++i) {
      *out = values[begin + i];
      out += (set >> i) & 1;
    }
  }
  return out - to;
}

// The values of a page that are there, and how many rows have none.
struct PageValues {
  const std::uint8_t* bytes;
  std::int64_t count;
  std::int64_t null_count;
};

template <class ParquetType>
void Count(const PageValues& values, parquet::Statistics& statistics) {
  static_cast<parquet::TypedStatistics<ParquetType>&>(statistics)
      .Update(reinterpret_cast<const typename ParquetType::c_type*>(values.bytes), values.count, values.null_count);
}

void CountValues(const PageValues& values, parquet::Statistics& statistics) {
  switch (statistics.physical_type()) {
    case parquet::Type::INT32:
      return Count<parquet::Int32Type>(values, statistics);
    case parquet::Type::FLOAT:
      return Count<parquet::FloatType>(values, statistics);
    case parquet::Type::DOUBLE:
      return Count<parquet::DoubleType>(values, statistics);
    default:
      return Count<parquet::Int64Type>(values, statistics);
  }
}

}  // namespace

RowGroupShape ShapeOfRowGroups(const arrow::Schema& schema) {
  std::int64_t row_bytes = 1;
  for (const auto& field : schema.fields()) {
    const int width = field->type()->bit_width();
    row_bytes += width > 0 ? (width + 7) / 8 : kTextBytes;
  }
  RowGroupShape shape{0, kMaxPageRows, 2 * kMaxRowGroupBytes};
  while (shape.page_rows > kLeastPageRows && shape.page_rows * row_bytes > kMaxPagesBytes) shape.page_rows /= 2;
  const std::int64_t pages = std::max<std::int64_t>(kMaxRowGroupBytes / (shape.page_rows * row_bytes), 1);
  shape.row_count = std::min(kMaxRowGroupRows, pages * shape.page_rows);
  return shape;
}

parquet::WriterProperties::Builder WriterProperties(const parquet::SchemaDescriptor& columns, arrow::MemoryPool* pool) {
  parquet::WriterProperties::Builder builder;
  builder.memory_pool(pool)->compression(parquet::Compression::SNAPPY)->disable_dictionary();
  builder.max_row_group_length(kMaxRowGroupRows);
  // For numbers the attempt costs more than the writing.
  for (int i = 0; i < columns.num_columns(); ++i) {
    const parquet::ColumnDescriptor& column = *columns.Column(i);
    if (column.physical_type() == parquet::Type::BYTE_ARRAY) builder.enable_dictionary(column.path());
  }
  return builder;
}

bool HasPlainPages(const arrow::DataType& type, const parquet::ColumnDescriptor& column) {
  if (column.max_repetition_level() != 0 || column.max_definition_level() > 1) return false;
  switch (type.id()) {
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
      return column.physical_type() == parquet::Type::INT32;
    case arrow::Type::INT64:
      return column.physical_type() == parquet::Type::INT64;
    case arrow::Type::TIMESTAMP:
      // Seconds become milliseconds.
      return column.physical_type() == parquet::Type::INT64 &&
             static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::MICRO;
    case arrow::Type::FLOAT:
      return column.physical_type() == parquet::Type::FLOAT;
    case arrow::Type::DOUBLE:
      return column.physical_type() == parquet::Type::DOUBLE;
    default:
      return false;
  }
}

arrow::Result<PlainPage> MakePlainPage(const arrow::Array& rows, const parquet::ColumnDescriptor& column,
                                       parquet::Statistics& statistics, arrow::MemoryPool* pool) {
  const std::int64_t width = WidthOf(column.physical_type());
  const bool has_levels = column.max_definition_level() > 0;
  if (!has_levels && rows.null_count() != 0) return arrow::Status::Invalid("a null in a column that allows none");
  const Levels levels(rows);
  const std::int64_t levels_size = has_levels ? levels.size() : 0;
  // Values begin aligned; the levels end where they begin.
  const std::int64_t values_begin = (levels_size + kAlignment - 1) / kAlignment * kAlignment;
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(values_begin + rows.length() * width, pool));
  std::uint8_t* const begin = buffer->mutable_data() + values_begin - levels_size;
  std::uint8_t* const to = buffer->mutable_data() + values_begin;
  const std::uint8_t* const bits = has_levels ? levels.Write(begin) : nullptr;
  const std::uint8_t* const values = rows.data()->buffers[1]->data() + rows.offset() * width;
  std::int64_t count = rows.length() - rows.null_count();
  if (bits == nullptr) {
    if (count > 0) std::memcpy(to, values, static_cast<std::size_t>(count * width));
  } else if (width == 4) {
    count = CopySet(reinterpret_cast<const std::uint32_t*>(values), bits, rows.length(),
                    reinterpret_cast<std::uint32_t*>(to));
  } else {
    count = CopySet(reinterpret_cast<const std::uint64_t*>(values), bits, rows.length(),
                    reinterpret_cast<std::uint64_t*>(to));
  }
  CountValues({to, count, rows.null_count()}, statistics);
  const std::int64_t size = levels_size + count * width;
  return PlainPage{arrow::SliceBuffer(std::move(buffer), values_begin - levels_size, size), size, rows.length()};
}

arrow::Result<PlainPage> CompressPage(const PlainPage& page, arrow::util::Codec& codec, arrow::MemoryPool* pool) {
  const std::int64_t most = codec.MaxCompressedLen(page.plain_size, page.bytes->data());
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(most, pool));
  ARROW_ASSIGN_OR_RAISE(const std::int64_t size,
                        codec.Compress(page.plain_size, page.bytes->data(), most, buffer->mutable_data()));
  ARROW_RETURN_NOT_OK(buffer->Resize(size, /*shrink_to_fit=*/true));
  return PlainPage{std::move(buffer), page.plain_size, page.row_count};
}

arrow::Result<std::unique_ptr<arrow::util::Codec>> ChooseCodec(const arrow::Array& rows,
                                                               const parquet::ColumnDescriptor& column,
                                                               arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(auto codec, arrow::util::Codec::Create(arrow::Compression::SNAPPY));
  const auto statistics = parquet::Statistics::Make(&column, pool);
  ARROW_ASSIGN_OR_RAISE(const PlainPage page, MakePlainPage(rows, column, *statistics, pool));
  ARROW_ASSIGN_OR_RAISE(const PlainPage packed, CompressPage(page, *codec, pool));
  if (packed.bytes->size() * 100 > page.plain_size * kWorthPercent) codec = nullptr;
  return codec;
}

std::int64_t WritePages(const PlainColumn& column, parquet::PageWriter& writer) {
  std::int64_t total_bytes = 0;
  for (const PlainPage& page : column.pages) {
    const auto row_count = static_cast<std::int32_t>(page.row_count);
    total_bytes +=
        writer.WriteDataPage(parquet::DataPageV1(page.bytes, row_count, parquet::Encoding::PLAIN,
                                                 parquet::Encoding::RLE, parquet::Encoding::RLE, page.plain_size));
  }
  parquet::EncodedStatistics statistics = column.statistics.Encode();
  statistics.set_is_signed(column.statistics.descr()->sort_order() == parquet::SortOrder::SIGNED);
  if (statistics.is_set()) column.metadata.SetStatistics(statistics);
  writer.Close(false, false);
  return total_bytes;
}

arrow::Status WriteByLibrary(const arrow::Array& rows, parquet::ColumnWriter& writer,
                             parquet::ArrowWriterProperties& properties, arrow::MemoryPool* pool) {
  const bool is_nullable = writer.descr()->max_definition_level() > 0;
  std::vector<std::int16_t> levels(is_nullable ? static_cast<std::size_t>(rows.length()) : 0);
  for (std::size_t i = 0; i < levels.size(); ++i) levels[i] = rows.IsValid(static_cast<std::int64_t>(i)) ? 1 : 0;
  parquet::ArrowWriteContext context(pool, &properties);
  return writer.WriteArrow(is_nullable ? levels.data() : nullptr, nullptr, rows.length(), rows, &context, is_nullable);
}

}  // namespace larder
