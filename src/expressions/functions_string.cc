// Functions of whole texts.
#include <algorithm>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>

#include "expressions/functions_by_group.h"
#include "expressions/functions_text.h"
#include "expressions/kernel.h"
#include "expressions/vector_arrow.h"
#include "text/utf8.h"

namespace larder {
namespace {

constexpr Failure kBadText = {Reason::kInvalidData, "a text is not valid UTF-8", "try(...) gives null"};
constexpr Failure kNoMemory = {Reason::kMemoryLimit, "no memory for the texts of a batch", "use smaller batches"};

std::int64_t Length(std::string_view text) { return CharacterCount(text); }
std::int64_t ByteLength(std::string_view text) { return static_cast<std::int64_t>(text.size()); }

bool IsAscii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; });
}

struct ToLower {
  static constexpr const char* kArrowName = "utf8_lower";
  static char Ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
};
struct ToUpper {
  static constexpr const char* kArrowName = "utf8_upper";
  static char Ascii(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
};

// The case of letters beyond ASCII is Arrow's knowledge.
std::optional<std::string> ChangeCase(const char* function, std::string_view text) {
  EnsureArrowCompute();
  arrow::StringBuilder builder;
  if (!builder.Append(text).ok()) return std::nullopt;
  const auto array = builder.Finish();
  if (!array.ok()) return std::nullopt;
  const auto changed = arrow::compute::CallFunction(function, {*array});
  if (!changed.ok()) return std::nullopt;
  return static_cast<const arrow::StringArray&>(*changed->make_array()).GetString(0);
}

template <class Case>
Outcome<bool> WithCase(std::string& out, std::string_view text) {
  if (IsAscii(text)) {
    out.resize(text.size());
    std::transform(text.begin(), text.end(), out.begin(), Case::Ascii);
    return true;
  }
  if (!IsValidUtf8(text)) return kBadText;
  std::optional<std::string> changed = ChangeCase(Case::kArrowName, text);
  if (!changed) return kNoMemory;
  out = std::move(*changed);
  return true;
}

constexpr std::string_view kBlanks = " \t\n\v\f\r";

std::string_view TrimLeft(std::string_view text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
  return text;
}
std::string_view TrimRight(std::string_view text, std::string_view characters) {
  return text.substr(0, text.find_last_not_of(characters) + 1);
}
std::string_view LeftTrimmed(std::string_view text) { return TrimLeft(text, kBlanks); }
std::string_view RightTrimmed(std::string_view text) { return TrimRight(text, kBlanks); }
std::string_view Trimmed(std::string_view text) { return TrimLeft(TrimRight(text, kBlanks), kBlanks); }

// Appends unless the text would become too long.
bool Append(std::string& out, std::string_view part) {
  if (out.size() + part.size() > kMaxTextBytes) return false;
  out.append(part);
  return true;
}

void Concat(KernelCall& call) {
  auto* out = call.MakeValues<std::string_view>();
  std::string text;
  for (std::int64_t row = 0; row < call.row_count(); ++row) {
    text.clear();
    bool fits = true;
    for (std::size_t i = 0; i < call.argument_count() && fits; ++i) {
      if (call.argument(i).IsValid(row)) fits = Append(text, call.argument(i).At<std::string_view>(row));
    }
    out[row] = fits ? KeepText(call.arena(), text) : std::string_view();
    if (!fits) call.Fail(row, kTextTooLong);
  }
}

void ConcatWithSeparator(KernelCall& call) {
  auto* out = call.MakeValues<std::string_view>();
  std::string text;
  for (std::int64_t row = 0; row < call.row_count(); ++row) {
    out[row] = {};
    if (!call.argument(0).IsValid(row)) {
      call.SetNull(row);
      continue;
    }
    text.clear();
    bool fits = true;
    bool is_first = true;
    for (std::size_t i = 1; i < call.argument_count() && fits; ++i) {
      if (!call.argument(i).IsValid(row)) continue;
      if (!is_first) fits = Append(text, call.argument(0).At<std::string_view>(row));
      fits = fits && Append(text, call.argument(i).At<std::string_view>(row));
      is_first = false;
    }
    out[row] = fits ? KeepText(call.arena(), text) : std::string_view();
    if (!fits) call.Fail(row, kTextTooLong);
  }
}

Outcome<bool> Repeat(std::string& out, std::string_view text, std::int64_t count) {
  if (count < 0) return false;
  if (text.empty() || count == 0) return true;
  if (count > static_cast<std::int64_t>(kMaxTextBytes / text.size())) return kTextTooLong;
  for (std::int64_t i = 0; i < count; ++i) out.append(text);
  return true;
}

void Reverse(std::string& out, std::string_view text) {
  out.resize(text.size());
  std::size_t end = text.size();
  while (!text.empty()) {
    const std::size_t length = FirstCharacterBytes(text);
    end -= length;
    std::copy_n(text.data(), length, out.data() + end);
    text.remove_prefix(length);
  }
}

// Appends as much of `fill`, repeated, as makes `count` characters.
bool AppendFill(std::string& out, std::string_view fill, std::int64_t count) {
  const std::int64_t fill_count = CharacterCount(fill);
  for (; count >= fill_count; count -= fill_count) {
    if (!Append(out, fill)) return false;
  }
  return Append(out, fill.substr(0, CharacterOffset(fill, count)));
}

template <bool left>
Outcome<bool> PadWith(std::string& out, std::string_view text, std::int64_t width, std::string_view fill) {
  if (width < 0) return false;
  const std::int64_t missing = width - CharacterCount(text);
  if (missing <= 0 || CharacterCount(fill) == 0) {
    out.append(text.substr(0, CharacterOffset(text, width)));
    return true;
  }
  if (missing > static_cast<std::int64_t>(kMaxTextBytes)) return kTextTooLong;
  if (!left && !Append(out, text)) return kTextTooLong;
  if (!AppendFill(out, fill, missing)) return kTextTooLong;
  if (left && !Append(out, text)) return kTextTooLong;
  return true;
}
template <bool left>
Outcome<bool> Pad(std::string& out, std::string_view text, std::int64_t width) {
  return PadWith<left>(out, text, width, " ");
}

Outcome<bool> Replace(std::string& out, std::string_view text, std::string_view wanted, std::string_view with) {
  if (wanted.empty()) {
    out = text;
    return true;
  }
  for (;;) {
    const std::size_t found = text.find(wanted);
    if (!Append(out, text.substr(0, found))) return kTextTooLong;
    if (found == std::string_view::npos) return true;
    if (!Append(out, with)) return kTextTooLong;
    text.remove_prefix(found + wanted.size());
  }
}

}  // namespace

void EnsureArrowCompute() {
  // A failure would show in every call of a function, where it is reported.
  [[maybe_unused]] static const arrow::Status kInitialized = arrow::compute::Initialize();
}

std::int64_t CharacterCount(std::string_view text) {
  return static_cast<std::int64_t>(text.size()) - std::count_if(text.begin(), text.end(), IsContinuationByte);
}

std::size_t CharacterOffset(std::string_view text, std::int64_t index) {
  std::int64_t seen = 0;
  for (std::size_t offset = 0; offset < text.size(); ++offset) {
    if (IsContinuationByte(text[offset])) continue;
    if (seen == index) return offset;
    ++seen;
  }
  return text.size();
}

std::size_t FirstCharacterBytes(std::string_view text) {
  if (text.empty()) return 0;
  std::size_t length = 1;
  while (length < text.size() && IsContinuationByte(text[length])) ++length;
  return length;
}

namespace {

std::vector<FunctionRow> WholeStrings() {
  using enum FunctionGroup;
  return {
      {"length",
       kString,
       {{"(string) -> int64", Map<Length>}},
       "Counts characters (code points)",
       "length('Zürich')",
       "6"},
      {"byte_length",
       kString,
       {{"(string) -> int64", Map<ByteLength>}, {"(bytes) -> int64", Map<ByteLength>}},
       "Counts bytes, of a string those of its UTF-8",
       "byte_length('Zürich')",
       "7"},
      {"lower",
       kString,
       {{"(string) -> string", MapText<WithCase<ToLower>>}},
       "Turns letters into small ones",
       "lower('ÅRHUS')",
       "århus"},
      {"upper",
       kString,
       {{"(string) -> string", MapText<WithCase<ToUpper>>}},
       "Turns letters into capitals",
       "upper('sfo')",
       "SFO"},
      {"trim",
       kString,
       {{"(string) -> string", Map<Trimmed>}},
       "Takes blanks, tabs and line ends off both ends",
       "trim('  SFO ')",
       "SFO"},
      {"ltrim",
       kString,
       {{"(string) -> string", Map<LeftTrimmed>}},
       "Takes blanks, tabs and line ends off the beginning",
       "ltrim('  SFO') || '.'",
       "SFO."},
      {"rtrim",
       kString,
       {{"(string) -> string", Map<RightTrimmed>}},
       "Takes blanks, tabs and line ends off the end",
       "rtrim('SFO  ') || '.'",
       "SFO."},
  };
}

std::vector<FunctionRow> BuiltStrings() {
  using enum FunctionGroup;
  return {
      {"concat",
       kString,
       {{"(string...) -> string", Concat}},
       "Joins texts; nulls are skipped, all null gives ''",
       "concat('a', null, 'b')",
       "ab",
       NullRule::kOwn},
      {"concat_ws",
       kString,
       {{"(string, string...) -> string", ConcatWithSeparator}},
       "Joins texts with the first between them; nulls among them are skipped, a null separator gives null",
       "concat_ws('-', 'SFO', null, 'JFK')",
       "SFO-JFK",
       NullRule::kOwn},
      {"repeat",
       kString,
       {{"(string, int64) -> string", MapText<Repeat>}},
       "Repeats a text; null when the count is negative",
       "repeat('ab', 3)",
       "ababab"},
      {"reverse",
       kString,
       {{"(string) -> string", MapText<Reverse>}},
       "Puts the characters in reverse order",
       "reverse('abc')",
       "cba"},
      {"lpad",
       kString,
       {{"(string, int64) -> string", MapText<Pad<true>>},
        {"(string, int64, string) -> string", MapText<PadWith<true>>}},
       "Fills up to a width at the beginning, with blanks or the text given; cuts what is longer",
       "lpad('42', 5, '0')",
       "00042"},
      {"rpad",
       kString,
       {{"(string, int64) -> string", MapText<Pad<false>>},
        {"(string, int64, string) -> string", MapText<PadWith<false>>}},
       "Fills up to a width at the end, with blanks or the text given; cuts what is longer",
       "rpad('ab', 4, '*')",
       "ab**"},
      {"replace",
       kString,
       {{"(string, string, string) -> string", MapText<Replace>}},
       "Puts the third text in place of each occurrence of the second",
       "replace('a-b-c', '-', '+')",
       "a+b+c"},
  };
}

}  // namespace

std::vector<FunctionRow> StringFunctions() {
  std::vector<FunctionRow> rows = WholeStrings();
  for (FunctionRow& row : BuiltStrings()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace larder
