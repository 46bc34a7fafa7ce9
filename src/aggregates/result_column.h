// The results of one aggregate, a value a row, written in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/coding.h"
#include "columnar/value_type.h"
#include "expressions/vector.h"

namespace larder {

/// Holds one value for each row, all null at first. Rows are set in any order; a row that is set again keeps the last
/// value. Different rows of bool, number, date and timestamp columns may be set by several threads at once; of texts
/// and lists by one thread only.
class ResultColumn {
 public:
  ResultColumn(ValueType type, std::int64_t row_count);

  ValueType type() const { return type_; }
  std::int64_t row_count() const { return static_cast<std::int64_t>(valid_.size()); }

  void SetNull(std::int64_t row) { valid_[static_cast<std::size_t>(row)] = 0; }
  /// Sets a value; the type of the column must be laid out as the name says (`StorageOf`).
  void SetBool(std::int64_t row, bool value) { Set<std::int64_t>(row, value ? 1 : 0); }
  void SetInteger(std::int64_t row, std::int64_t value) { Set(row, value); }
  void SetFloat(std::int64_t row, double value) { Set(row, value); }
  /// Copies the text.
  void SetText(std::int64_t row, std::string_view value);
  /// Copies one value, null included, of a vector of the column's type.
  void SetFrom(std::int64_t row, const Vector& values, std::int64_t index);

  /// Begins the list of a row; what the calls below append belongs to it, until another list begins.
  void BeginList(std::int64_t row);
  void AppendBool(bool value) { AppendCell<std::int64_t>(value ? 1 : 0); }
  void AppendInteger(std::int64_t value) { AppendCell(value); }
  void AppendFloat(double value) { AppendCell(value); }
  void AppendText(std::string_view value);
  void AppendNull();
  /// Copies one value, null included, of a vector of the elements' type.
  void AppendFrom(const Vector& values, std::int64_t index);

  /// Returns all rows. Borrows: valid until the next change.
  Vector Values();
  /// Returns the memory held.
  std::int64_t byte_size() const;

 private:
  static constexpr std::size_t kCellBytes = 8;
  // Values in the layout of a type: numbers as cells of 8 bytes, texts as views of kept bytes.
  struct Store {
    Storage storage = Storage::kInteger;
    std::vector<char> cells;
    std::vector<std::string_view> texts;
    std::vector<std::uint8_t> bools;
  };

  template <class T>
  void Set(std::int64_t row, T value) {
    static_assert(sizeof(T) == kCellBytes);
    StoreFixed(value, store_.cells.data() + kCellBytes * static_cast<std::size_t>(row));
    valid_[static_cast<std::size_t>(row)] = 1;
  }
  template <class T>
  void AppendCell(T value) {
    static_assert(sizeof(T) == kCellBytes);
    elements_.cells.resize(elements_.cells.size() + kCellBytes);
    StoreFixed(value, elements_.cells.data() + elements_.cells.size() - kCellBytes);
    element_valid_.push_back(1);
    ++spans_[open_list_].length;
  }
  std::string_view Keep(std::string_view text);
  static const void* ValuesOf(Store& store);

  ValueType type_;
  Store store_;
  std::vector<std::uint8_t> valid_;
  std::vector<ListSpan> spans_;
  std::size_t open_list_ = 0;
  Store elements_;
  std::vector<std::uint8_t> element_valid_;
  std::unique_ptr<Vector> element_values_;
  std::unique_ptr<Arena> texts_;
  std::int64_t text_bytes_ = 0;
};

}  // namespace larder
