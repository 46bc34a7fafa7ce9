#include "aggregates/result_column.h"

namespace larder {

ResultColumn::ResultColumn(ValueType type, std::int64_t row_count)
    : type_(type), valid_(static_cast<std::size_t>(row_count), 0), texts_(std::make_unique<Arena>()) {
  const auto count = static_cast<std::size_t>(row_count);
  store_.storage = StorageOf(ExpressionType::Of(type));
  if (store_.storage == Storage::kText) {
    store_.texts.resize(count);
  } else if (store_.storage == Storage::kList) {
    spans_.resize(count);
    elements_.storage = StorageOf(ExpressionType::Of(type.element));
    element_values_ = std::make_unique<Vector>();
  } else {
    store_.cells.resize(kCellBytes * count);
  }
}

std::string_view ResultColumn::Keep(std::string_view text) {
  text_bytes_ += static_cast<std::int64_t>(text.size());
  return KeepText(*texts_, text);
}

void ResultColumn::SetText(std::int64_t row, std::string_view value) {
  store_.texts[static_cast<std::size_t>(row)] = Keep(value);
  valid_[static_cast<std::size_t>(row)] = 1;
}

void ResultColumn::SetFrom(std::int64_t row, const Vector& values, std::int64_t index) {
  if (!values.IsValid(index)) return SetNull(row);
  switch (store_.storage) {
    case Storage::kBool:
      return SetBool(row, values.At<std::uint8_t>(index) != 0);
    case Storage::kInteger:
      return SetInteger(row, values.At<std::int64_t>(index));
    case Storage::kFloat:
      return SetFloat(row, values.At<double>(index));
    case Storage::kText:
      return SetText(row, values.At<std::string_view>(index));
    case Storage::kList:
      break;
  }
  BeginList(row);
  const auto span = values.At<ListSpan>(index);
  for (std::int64_t i = 0; i < span.length; ++i) AppendFrom(*values.elements, span.offset + i);
}

void ResultColumn::BeginList(std::int64_t row) {
  open_list_ = static_cast<std::size_t>(row);
  spans_[open_list_] = {static_cast<std::int64_t>(element_valid_.size()), 0};
  valid_[open_list_] = 1;
}

void ResultColumn::AppendText(std::string_view value) {
  elements_.texts.push_back(Keep(value));
  element_valid_.push_back(1);
  ++spans_[open_list_].length;
}

void ResultColumn::AppendNull() {
  if (elements_.storage == Storage::kText) {
    AppendText({});
  } else {
    AppendCell<std::int64_t>(0);
  }
  element_valid_.back() = 0;
}

void ResultColumn::AppendFrom(const Vector& values, std::int64_t index) {
  if (!values.IsValid(index)) return AppendNull();
  switch (elements_.storage) {
    case Storage::kBool:
      return AppendBool(values.At<std::uint8_t>(index) != 0);
    case Storage::kInteger:
      return AppendInteger(values.At<std::int64_t>(index));
    case Storage::kFloat:
      return AppendFloat(values.At<double>(index));
    case Storage::kText:
      return AppendText(values.At<std::string_view>(index));
    case Storage::kList:
      LARDER_CHECK(false);
  }
}

const void* ResultColumn::ValuesOf(Store& store) {
  if (store.storage == Storage::kText) return store.texts.data();
  if (store.storage != Storage::kBool) return store.cells.data();
  store.bools.resize(store.cells.size() / kCellBytes);
  for (std::size_t i = 0; i < store.bools.size(); ++i) {
    store.bools[i] = LoadFixed<std::int64_t>(store.cells.data() + kCellBytes * i) != 0 ? 1 : 0;
  }
  return store.bools.data();
}

Vector ResultColumn::Values() {
  Vector values;
  values.type = ExpressionType::Of(type_);
  values.valid = valid_.data();
  if (store_.storage != Storage::kList) {
    values.values = ValuesOf(store_);
    return values;
  }
  element_values_->type = ExpressionType::Of(type_.element);
  element_values_->values = ValuesOf(elements_);
  element_values_->valid = element_valid_.data();
  values.values = spans_.data();
  values.elements = element_values_.get();
  return values;
}

std::int64_t ResultColumn::byte_size() const {
  const std::size_t bytes = valid_.capacity() + element_valid_.capacity() + store_.cells.capacity() +
                            elements_.cells.capacity() +
                            sizeof(std::string_view) * (store_.texts.capacity() + elements_.texts.capacity()) +
                            sizeof(ListSpan) * spans_.capacity();
  return static_cast<std::int64_t>(bytes) + text_bytes_;
}

}  // namespace larder
