// The bytes of one feature row in an online store (docs/formats/feature_row.md).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/coding.h"
#include "base/status.h"
#include "columnar/value_type.h"

namespace larder {

inline constexpr std::size_t kRowHeaderSize = 32;

/// Holds what stands before the values of a row.
struct RowHeader {
  std::uint32_t schema_id = 0;  ///< which list of columns this row has; the caller's to give and to resolve
  std::uint16_t column_count = 0;
  bool deleted = false;  ///< the row says that there is none
  std::int64_t event_time_us = 0;
  std::optional<std::int64_t> created_time_us = std::nullopt;
};

/// Reads the header of a row; kDamaged when the bytes cannot be one, kNewerFormat when a later version wrote it. Checks
/// length and version, not the checksum.
Result<RowHeader> ReadRowHeader(std::string_view row);

/// Compares the checksum of a row with its bytes; kDamaged when they differ or it is no row. Costs a pass over it.
Status VerifyRow(std::string_view row);

/// Knows where each column of a row stands. Immutable; made once for a schema.
class RowLayout {
 public:
  /// Lays out columns of these types in this order. At most 65,535 columns (kLimitExceeded).
  static Result<RowLayout> Make(std::uint32_t schema_id, std::vector<ValueType> types);

  std::uint32_t schema_id() const { return schema_id_; }
  const std::vector<ValueType>& types() const { return types_; }
  std::size_t column_count() const { return types_.size(); }
  /// Returns where a column's value stands in the row, or, of a variable one, the end of its bytes.
  std::size_t offset(std::size_t column) const { return offsets_[column]; }
  /// Returns where the variable parts begin: the length of a row without any.
  std::size_t fixed_size() const { return fixed_size_; }
  /// Returns the columns of variable length, ascending.
  std::span<const std::size_t> variable_columns() const { return variable_columns_; }
  /// Returns the place of a variable column's predecessor's end; 0 for the first variable column.
  std::size_t previous_end_offset(std::size_t column) const { return previous_end_offsets_[column]; }

 private:
  std::uint32_t schema_id_ = 0;
  std::vector<ValueType> types_;
  std::vector<std::size_t> offsets_;
  std::vector<std::size_t> previous_end_offsets_;
  std::vector<std::size_t> variable_columns_;
  std::size_t fixed_size_ = 0;
};

/// Holds rows to encode, columns in the order of the layout, all of one length and of internal types.
struct RowColumns {
  std::span<const std::shared_ptr<arrow::Array>> values;
  std::shared_ptr<arrow::Array> event_times;              ///< timestamps without nulls
  std::shared_ptr<arrow::Array> created_times = nullptr;  ///< timestamps; nullptr: all null
  std::shared_ptr<arrow::Array> deleted = nullptr;        ///< bools; nullptr: none; null counts as false
};

/// Holds encoded rows. Reuse one object for many batches: its memory stays.
struct EncodedRows {
  std::vector<char> bytes;
  std::vector<std::uint64_t> offsets;  ///< row_count + 1 places in `bytes`

  std::int64_t row_count() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  std::string_view row(std::int64_t index) const {
    const auto i = static_cast<std::size_t>(index);
    return std::string_view(bytes.data() + offsets[i], offsets[i + 1] - offsets[i]);
  }
};

/// Encodes rows over what `rows` held. A deleted row has only nulls. kTypeMismatch when a column is not of the layout's
/// type, kInvalidData when an event time is null, kLimitExceeded when a row is longer than 1 GiB; `rows` is undefined
/// on failure. Equal values give equal bytes.
Status EncodeRows(const RowLayout& layout, const RowColumns& columns, EncodedRows& rows);

/// Reads single values out of the bytes of a row without copying; borrows layout and bytes. Safe on hostile bytes: Open
/// checks all places, so that nothing is read outside the row. Thread-safe.
class RowView {
 public:
  /// Checks header, schema id, length and the places of variable parts, not the checksum; kDamaged when they do not
  /// fit the layout, kNewerFormat for a later version.
  static Result<RowView> Open(const RowLayout& layout, std::string_view row);

  bool is_deleted() const { return (static_cast<unsigned char>(row_[5]) & 1u) != 0; }
  std::int64_t event_time_us() const { return Load<std::int64_t>(16); }
  std::optional<std::int64_t> created_time_us() const;

  bool is_null(std::size_t column) const {
    return (static_cast<unsigned char>(row_[kRowHeaderSize + column / 8]) >> (column % 8) & 1u) != 0;
  }
  /// Returns the value of a column of exactly this type and not null: int32 for dates, int64 for timestamps. Of a null
  /// it is zero.
  bool Bool(std::size_t column) const { return row_[layout_->offset(column)] != 0; }
  std::int32_t Int32(std::size_t column) const { return Load<std::int32_t>(layout_->offset(column)); }
  std::int64_t Int64(std::size_t column) const { return Load<std::int64_t>(layout_->offset(column)); }
  float Float32(std::size_t column) const { return Load<float>(layout_->offset(column)); }
  double Float64(std::size_t column) const { return Load<double>(layout_->offset(column)); }
  /// Returns the bytes of a variable column: of a string or bytes the value, of a list its encoded values, which
  /// `RowListView` reads. Empty for a null.
  std::string_view Bytes(std::size_t column) const;

 private:
  RowView(const RowLayout& layout, std::string_view row) : layout_(&layout), row_(row) {}
  template <class T>
  T Load(std::size_t offset) const {
    return LoadFixed<T>(row_.data() + offset);
  }

  const RowLayout* layout_;
  std::string_view row_;
};

/// Reads the values of one list; borrows its bytes. Safe on hostile bytes as RowView is.
class RowListView {
 public:
  /// Checks the places of all values; kDamaged when they do not fit.
  static Result<RowListView> Open(TypeKind element, std::string_view bytes);

  std::int64_t size() const { return static_cast<std::int64_t>(count_); }
  bool is_null(std::int64_t index) const;
  /// Returns a value of exactly this type and not null, as those of RowView.
  bool Bool(std::int64_t index) const;
  std::int32_t Int32(std::int64_t index) const;
  std::int64_t Int64(std::int64_t index) const;
  float Float32(std::int64_t index) const;
  double Float64(std::int64_t index) const;
  std::string_view Bytes(std::int64_t index) const;

 private:
  template <class T>
  T Load(std::int64_t index) const;

  std::string_view bytes_;
  std::size_t count_ = 0;
  std::size_t values_offset_ = 0;  // of the first value, or of the first end
};

/// Decodes columns of rows to arrays of internal types, one for each of `columns` (indexes into the layout). A row of
/// nullopt or one that is deleted gives nulls. kDamaged as RowView::Open and RowListView::Open.
Result<std::vector<std::shared_ptr<arrow::Array>>> DecodeRows(const RowLayout& layout,
                                                              std::span<const std::size_t> columns,
                                                              std::span<const std::optional<std::string_view>> rows);

}  // namespace larder
