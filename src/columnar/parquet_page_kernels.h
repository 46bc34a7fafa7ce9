// Data pages of Parquet made of columns without texts: values as they lie in memory, nulls as the bits they are.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <arrow/type_fwd.h>
#include <parquet/properties.h>
#include <parquet/type_fwd.h>

namespace parquet {
class ColumnChunkMetaDataBuilder;
class ColumnDescriptor;
class ColumnWriter;
class PageWriter;
class Statistics;
}  // namespace parquet

namespace larder {

/// Says where row groups and pages end.
struct RowGroupShape {
  std::int64_t row_count = 0;   ///< of a row group; a multiple of `page_rows`
  std::int64_t page_rows = 0;   ///< of a page
  std::int64_t most_bytes = 0;  ///< a row group of more bytes in memory ends before it has all its rows
};

/// Chooses the shape for a schema: at most 131,072 rows and, as far as types tell, 16 MiB a row group, 65,536 rows and
/// 4 MiB of all columns together a page.
RowGroupShape ShapeOfRowGroups(const arrow::Schema& schema);

/// Returns what files are written with: snappy; dictionaries for strings and bytes only, where they pay.
parquet::WriterProperties::Builder WriterProperties(const parquet::SchemaDescriptor& columns, arrow::MemoryPool* pool);

/// Tells whether values of an Arrow type stand in this Parquet column as they lie in memory: 4 or 8 bytes each, no list
/// around them.
bool HasPlainPages(const arrow::DataType& type, const parquet::ColumnDescriptor& column);

/// Holds the body of a data page (version 1, plain encoding).
struct PlainPage {
  std::shared_ptr<arrow::Buffer> bytes;  ///< levels, then values; compressed or not
  std::int64_t plain_size = 0;           ///< of the bytes before compression
  std::int64_t row_count = 0;
};

/// Makes the page of `rows`, whose type HasPlainPages. A column that allows nulls gets its validity bits as one
/// bit-packed run of levels, and no values for nulls. Updates `statistics`. Fails without memory. Takes one pass over
/// the values.
arrow::Result<PlainPage> MakePlainPage(const arrow::Array& rows, const parquet::ColumnDescriptor& column,
                                       parquet::Statistics& statistics, arrow::MemoryPool* pool);

/// Returns the page compressed. Fails without memory.
arrow::Result<PlainPage> CompressPage(const PlainPage& page, arrow::util::Codec& codec, arrow::MemoryPool* pool);

/// Chooses the codec of a column by its first rows, whose type HasPlainPages: snappy, or nullptr when snappy leaves
/// more than nine tenths (random numbers), which to unpack would cost for nothing. Fails without memory.
arrow::Result<std::unique_ptr<arrow::util::Codec>> ChooseCodec(const arrow::Array& rows,
                                                               const parquet::ColumnDescriptor& column,
                                                               arrow::MemoryPool* pool);

/// Names the pages of one column of a row group, and what they say together.
struct PlainColumn {
  std::span<const PlainPage> pages;
  parquet::Statistics& statistics;
  parquet::ColumnChunkMetaDataBuilder& metadata;
};

/// Writes the pages and the metadata of the column; returns the bytes of the pages and their headers before
/// compression. Throws as the library does.
std::int64_t WritePages(const PlainColumn& column, parquet::PageWriter& writer);

/// Writes rows of a column without lists by the library. Fails or throws as it does.
arrow::Status WriteByLibrary(const arrow::Array& rows, parquet::ColumnWriter& writer,
                             parquet::ArrowWriterProperties& properties, arrow::MemoryPool* pool);

}  // namespace larder
