#include "columnar/csv_types.h"

#include "columnar/arrow_io.h"
#include "columnar/csv_file.h"
#include "columnar/csv_lexer.h"
#include "columnar/csv_value_kernels.h"

namespace larder {
namespace {

constexpr std::size_t kRowsAtOnce = 65'536;

constexpr std::uint8_t kInt64Bit = 1;
constexpr std::uint8_t kFloat64Bit = 2;
constexpr std::uint8_t kBoolBit = 4;
constexpr std::uint8_t kDateBit = 8;
constexpr std::uint8_t kTimestampBit = 16;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Zip codes, phone numbers and article numbers look like this: as numbers they would lose their zeros.
bool HasLeadingZero(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && IsDigit(text[1]);
}

bool IsWholeNumber(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool Fits(std::string_view text, std::uint8_t type_bit) {
  std::int64_t whole = 0;
  std::int32_t days = 0;
  double number = 0;
  bool truth = false;
  switch (type_bit) {
    case kInt64Bit:
      return !HasLeadingZero(text) && ParseCsvInt(text, whole) == CsvFit::kFits;
    case kFloat64Bit:
      if (HasLeadingZero(text) || ParseCsvFloat(text, number) != CsvFit::kFits) return false;
      return !IsWholeNumber(text) || ParseCsvInt(text, whole) == CsvFit::kFits;
    case kBoolBit:
      return ParseCsvBool(text, truth) == CsvFit::kFits;
    case kDateBit:
      return text.size() == 10 && IsDigit(text[0]) && ParseCsvDate(text, days) == CsvFit::kFits;
    default:
      // One that is too fine is an instant all the same: reading it says so, instead of turning the column to text.
      return text.size() >= 10 && IsDigit(text[0]) && ParseCsvInstant(text, whole) != CsvFit::kMisfit;
  }
}

}  // namespace

void CsvColumnGuess::Observe(std::string_view text) {
  seen_ = true;
  if (possible_ == 0) return;
  for (std::uint8_t type_bit = 1; type_bit <= kTimestampBit; type_bit = static_cast<std::uint8_t>(type_bit << 1)) {
    if ((possible_ & type_bit) != 0 && !Fits(text, type_bit)) {
      possible_ = static_cast<std::uint8_t>(possible_ & ~type_bit);
    }
  }
}

void CsvColumnGuess::Merge(const CsvColumnGuess& other) {
  seen_ = seen_ || other.seen_;
  possible_ = static_cast<std::uint8_t>(possible_ & other.possible_);
}

ValueType CsvColumnGuess::type() const {
  if (!seen_) return ValueType::Of(TypeKind::kString);
  if ((possible_ & kInt64Bit) != 0) return ValueType::Of(TypeKind::kInt64);
  if ((possible_ & kFloat64Bit) != 0) return ValueType::Of(TypeKind::kFloat64);
  if ((possible_ & kBoolBit) != 0) return ValueType::Of(TypeKind::kBool);
  if ((possible_ & kDateBit) != 0) return ValueType::Of(TypeKind::kDate);
  if ((possible_ & kTimestampBit) != 0) return ValueType::Of(TypeKind::kTimestamp);
  return ValueType::Of(TypeKind::kString);
}

void CsvGuess::Merge(const CsvGuess& other) {
  for (const auto& [name, guess] : other.columns) columns[name].Merge(guess);
}

std::map<std::string, ValueType> CsvGuess::Types() const {
  std::map<std::string, ValueType> types;
  for (const auto& [name, guess] : columns) types.emplace(name, guess.type());
  return types;
}

Result<CsvGuess> GuessCsvTypes(FileSystem& files, const std::string& path, const std::vector<std::string>& null_texts) {
  LARDER_ASSIGN_OR_RETURN(const OpenedFile opened, OpenForReading(files, path));
  LARDER_ASSIGN_OR_RETURN(auto input, OpenCsvInput(opened));
  CsvLexer lexer(std::move(input), path);
  LARDER_ASSIGN_OR_RETURN(const std::vector<std::string> names, lexer.ReadHeader());
  LARDER_RETURN_IF_ERROR(CheckCsvNames(names, path));
  const CsvNulls nulls(null_texts);
  std::vector<CsvColumnGuess> guesses(names.size());
  CsvRows rows;
  std::string scratch;
  while (true) {
    LARDER_RETURN_IF_ERROR(lexer.ReadRows(kRowsAtOnce, rows));
    if (rows.row_count() == 0) break;
    for (std::size_t column = 0; column < names.size(); ++column) {
      for (std::size_t row = 0; row < rows.row_count(); ++row) {
        const CsvField& field = rows.field(row, column);
        if (!nulls.IsNull(rows, field)) guesses[column].Observe(rows.text(field, scratch));
      }
    }
  }
  LARDER_RETURN_IF_ERROR(opened.CheckUnchanged());
  CsvGuess guess;
  for (std::size_t column = 0; column < names.size(); ++column) guess.columns.emplace(names[column], guesses[column]);
  return guess;
}

}  // namespace larder
