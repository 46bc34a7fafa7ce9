// What a kernel sees of one call, and how a function of plain values becomes a kernel.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/status.h"
#include "expressions/time_zone.h"
#include "expressions/vector.h"

namespace larder {

/// Says why a value cannot be computed. Kernels point to constants of this type; the arguments are added to the
/// message.
struct Failure {
  Reason reason;
  std::string_view message;
  std::string_view hint;
};

inline constexpr Failure kIntegerOverflow = {Reason::kValueOutOfRange, "integer overflow",
                                             "compute with floats (x::float64), or try(...) gives null"};
inline constexpr Failure kTextTooLong = {Reason::kLimitExceeded, "a text is longer than 1 MiB", "try(...) gives null"};

inline constexpr Failure kListTooLong = {Reason::kLimitExceeded, "a list has more than 1048576 elements",
                                         "try(...) gives null"};

/// The longest text and the longest list that a function may make.
inline constexpr std::size_t kMaxTextBytes = std::size_t{1} << 20;
inline constexpr std::int64_t kMaxListElements = std::int64_t{1} << 20;

/// Holds what a function of plain values gives: a value, null, or a failure.
template <class T>
struct Outcome {
  using Value = T;
  T value{};
  bool is_null = false;
  const Failure* failure = nullptr;

  Outcome(T of) : value(of) {}                                                    // NOLINT(google-explicit-constructor)
  Outcome(std::nullopt_t) : is_null(true) {}                                      // NOLINT(google-explicit-constructor)
  Outcome(const Failure& why) : is_null(true), failure(&why) {}                   // NOLINT(google-explicit-constructor)
  Outcome(const std::optional<T>& of) : value(of.value_or(T{})), is_null(!of) {}  // NOLINT
};

/// Gives one call to its kernel: arguments in, one value for each row out. Not thread-safe.
class KernelCall {
 public:
  /// Describes a call before its kernel runs.
  struct Setup {
    std::span<const Vector> arguments;
    std::int64_t row_count = 0;
    ExpressionType result_type;
    Arena* arena = nullptr;
    const TimeZoneDatabase* zones = nullptr;
    bool propagates_nulls = true;
  };

  explicit KernelCall(const Setup& setup);

  std::int64_t row_count() const { return setup_.row_count; }
  std::size_t argument_count() const { return setup_.arguments.size(); }
  const Vector& argument(std::size_t index) const { return setup_.arguments[index]; }
  ExpressionType result_type() const { return setup_.result_type; }
  Arena& arena() const { return *setup_.arena; }
  const TimeZoneDatabase& zones() const { return *setup_.zones; }

  /// Tells whether the row still needs a value: no null argument under NullRule::kPropagate, none that failed.
  bool IsWanted(std::int64_t row) const { return valid_ == nullptr || valid_[row] != 0; }

  /// Takes room for the result and makes it the result; the kernel sets every value.
  template <class T>
  T* MakeValues() {
    T* values = Allocate<T>(arena(), setup_.row_count);
    values_ = values;
    return values;
  }
  /// Makes the values of an argument the result: same layout, another type. Not for constants among other arguments.
  void ShareValues(const Vector& argument) {
    values_ = argument.values;
    elements_ = argument.elements;
  }
  /// Makes the elements that the spans of a list result point into.
  void SetElements(const Vector* elements) { elements_ = elements; }

  /// Makes the row null.
  void SetNull(std::int64_t row) { MutableValid()[row] = 0; }
  /// Makes the row null and failed.
  void Fail(std::int64_t row, const Failure& why);

  /// Reports that a constant argument can never be right: an error at bind. Its rows must fail all the same.
  void RefuseConstant(std::size_t argument, Status why);

  /// Returns what the kernel made.
  Vector Finish() const;
  /// Returns the first failure, for the message; nullptr when no row failed in this call.
  const Failure* first_failure() const { return first_failure_; }
  /// Returns the refused argument and why, if there is one.
  const std::optional<std::pair<std::size_t, Status>>& refused() const { return refused_; }

 private:
  std::uint8_t* MutableValid();
  std::uint8_t* MutableFailed();

  Setup setup_;
  const void* values_ = nullptr;
  const Vector* elements_ = nullptr;
  std::uint8_t* valid_ = nullptr;
  std::uint8_t* failed_ = nullptr;
  const Failure* first_failure_ = nullptr;
  std::optional<std::pair<std::size_t, Status>> refused_;
};

/// Holds one list argument of numbers: float64 (or int64) values and which of them are there.
template <class T>
struct NumberList {
  std::span<const T> values;
  const std::uint8_t* valid = nullptr;  ///< nullptr: all

  bool IsValid(std::size_t index) const { return valid == nullptr || valid[index] != 0; }
};
using FloatList = NumberList<double>;
using IntegerList = NumberList<std::int64_t>;

/// Reads one argument as the type that a function takes. Other modules of kernels add their own readers.
template <class T>
class ArgumentReader;

/// Reads values that stand in an array as they are.
template <class T, class Stored>
class PlainReader {
 public:
  static constexpr bool kIsPlain = true;
  PlainReader(KernelCall& call, std::size_t index)
      : values_(call.argument(index).template Values<Stored>()), is_constant_(call.argument(index).is_constant) {}
  bool is_constant() const { return is_constant_; }
  T Get(std::int64_t row) const { return static_cast<T>(values_[is_constant_ ? 0 : row]); }
  const Stored* values() const { return values_; }

 private:
  const Stored* values_;
  bool is_constant_;
};
/// Reads the types of plain values.
template <>
class ArgumentReader<bool> : public PlainReader<bool, std::uint8_t> {
  using PlainReader::PlainReader;
};
template <>
class ArgumentReader<std::int64_t> : public PlainReader<std::int64_t, std::int64_t> {
  using PlainReader::PlainReader;
};
template <>
class ArgumentReader<double> : public PlainReader<double, double> {
  using PlainReader::PlainReader;
};
template <>
class ArgumentReader<std::string_view> : public PlainReader<std::string_view, std::string_view> {
  using PlainReader::PlainReader;
};

template <class T>
class ArgumentReader<NumberList<T>> {
 public:
  static constexpr bool kIsPlain = false;
  ArgumentReader(KernelCall& call, std::size_t index) : lists_(call.argument(index)) {}
  NumberList<T> Get(std::int64_t row) const {
    const auto span = lists_.At<ListSpan>(row);
    if (span.length == 0) return {};
    const std::uint8_t* valid = lists_.elements->valid;
    return {{lists_.elements->Values<T>() + span.offset, static_cast<std::size_t>(span.length)},
            valid == nullptr ? nullptr : valid + span.offset};
  }

 private:
  const Vector& lists_;
};

/// Reads an argument of text that stands for something else, such as a unit or a zone: `Parse` is called once for a
/// constant (what it refuses is an error at bind), else for each row whose text differs from the row before.
template <class T, class Parse>
class ParsedReader {
 public:
  static constexpr bool kIsPlain = false;
  ParsedReader(KernelCall& call, std::size_t index) : call_(call), texts_(call.argument(index)) {
    if (!texts_.is_constant || !texts_.IsValid(0)) return;
    last_text_ = texts_.At<std::string_view>(0);
    Result<T> parsed = Parse()(call_, *last_text_);
    if (!parsed.ok()) call.RefuseConstant(index, parsed.status());
    if (parsed.ok()) last_ = std::move(parsed).value();
  }
  /// Returns what the text stands for; nullopt when it stands for nothing.
  const std::optional<T>& Get(std::int64_t row) {
    const auto text = texts_.At<std::string_view>(row);
    if (texts_.is_constant || (last_text_ && *last_text_ == text)) return last_;
    last_text_ = text;
    Result<T> parsed = Parse()(call_, text);
    last_ = parsed.ok() ? std::optional<T>(std::move(parsed).value()) : std::nullopt;
    return last_;
  }

 private:
  KernelCall& call_;
  const Vector& texts_;
  std::optional<std::string_view> last_text_;
  std::optional<T> last_;
};

/// Parses the name of a zone for an argument.
struct ZoneParse {
  Result<const TimeZone*> operator()(KernelCall& call, std::string_view name) const { return call.zones().Find(name); }
};
/// Reads the name of an IANA zone.
template <>
class ArgumentReader<std::optional<const TimeZone*>> : public ParsedReader<const TimeZone*, ZoneParse> {
  using ParsedReader::ParsedReader;
};

namespace kernel_detail {

/// Names the type in which vectors keep a value.
template <class T>
struct Stored {
  using Type = T;
};
template <>
struct Stored<bool> {
  using Type = std::uint8_t;
};

/// Tells whether a function may give no value.
template <class T>
struct IsOutcome : std::false_type {};
template <class T>
struct IsOutcome<Outcome<T>> : std::true_type {};
template <class T>
struct IsOutcome<std::optional<T>> : std::true_type {};

/// Names the value that a function gives, when it gives one.
template <class T>
struct ValueOf {
  using Type = T;
};
template <class T>
struct ValueOf<Outcome<T>> {
  using Type = T;
};
template <class T>
struct ValueOf<std::optional<T>> {
  using Type = T;
};

/// Calls a function for each row.
template <class Function>
struct Caller;

/// Calls a function of values, which gives a value, an optional (none: null) or an Outcome.
template <class R, class... A>
struct Caller<R (*)(A...)> {
  using Value = typename ValueOf<R>::Type;
  using Storage = typename Stored<Value>::Type;
  using Readers = std::tuple<ArgumentReader<std::remove_cvref_t<A>>...>;
  static constexpr std::size_t kCount = sizeof...(A);
  static constexpr bool kIsTotal = !IsOutcome<R>::value;
  static constexpr bool kIsPlain = (ArgumentReader<std::remove_cvref_t<A>>::kIsPlain && ...);

  template <auto function, std::size_t... I>
  static void Run(KernelCall& call, std::index_sequence<I...>) {
    Readers readers{ArgumentReader<std::remove_cvref_t<A>>(call, I)...};
    Storage* out = call.template MakeValues<Storage>();
    const std::int64_t row_count = call.row_count();
    if constexpr (kIsTotal && kIsPlain) {
      // Total functions may see what stands under a null; so the loop has no branch.
      if (!(std::get<I>(readers).is_constant() || ...)) {
        const auto arrays = std::make_tuple(std::get<I>(readers).values()...);
        for (std::int64_t row = 0; row < row_count; ++row) {
          out[row] = static_cast<Storage>(function(static_cast<A>(std::get<I>(arrays)[row])...));
        }
        return;
      }
    }
    for (std::int64_t row = 0; row < row_count; ++row) {
      if (!call.IsWanted(row)) {
        out[row] = Storage{};
      } else if constexpr (kIsTotal) {
        out[row] = static_cast<Storage>(function(std::get<I>(readers).Get(row)...));
      } else {
        const Outcome<Value> outcome(function(std::get<I>(readers).Get(row)...));
        out[row] = static_cast<Storage>(outcome.value);
        if (outcome.is_null) outcome.failure == nullptr ? call.SetNull(row) : call.Fail(row, *outcome.failure);
      }
    }
  }
};

/// Calls a function that writes text to its first parameter; it gives nothing, or an Outcome: false is null.
template <class Function>
struct TextCaller;
template <class R, class... A>
struct TextCaller<R (*)(std::string&, A...)> {
  using Readers = std::tuple<ArgumentReader<std::remove_cvref_t<A>>...>;
  static constexpr std::size_t kCount = sizeof...(A);

  template <auto function, std::size_t... I>
  static void Run(KernelCall& call, std::index_sequence<I...>) {
    Readers readers{ArgumentReader<std::remove_cvref_t<A>>(call, I)...};
    auto* out = call.template MakeValues<std::string_view>();
    std::string text;
    for (std::int64_t row = 0; row < call.row_count(); ++row) {
      out[row] = {};
      if (!call.IsWanted(row)) continue;
      text.clear();
      if constexpr (std::is_void_v<R>) {
        function(text, std::get<I>(readers).Get(row)...);
      } else {
        const Outcome<bool> outcome(function(text, std::get<I>(readers).Get(row)...));
        if (outcome.failure != nullptr) {
          call.Fail(row, *outcome.failure);
          continue;
        }
        if (outcome.is_null || !outcome.value) {
          call.SetNull(row);
          continue;
        }
      }
      out[row] = KeepText(call.arena(), text);
    }
  }
};

}  // namespace kernel_detail

/// Makes a kernel of a function of plain values: bool, int64, double, std::string_view, FloatList, IntegerList or a
/// type with an ArgumentReader; it gives a value, an optional or an Outcome. One that cannot fail is also called with
/// what stands under a null, so it must be defined for every argument.
template <auto function>
void Map(KernelCall& call) {
  using Caller = kernel_detail::Caller<decltype(function)>;
  Caller::template Run<function>(call, std::make_index_sequence<Caller::kCount>());
}

/// Makes a kernel of a function that writes text to its first parameter, std::string&; it returns void, or
/// Outcome<bool> (false: null).
template <auto function>
void MapText(KernelCall& call) {
  using Caller = kernel_detail::TextCaller<decltype(function)>;
  Caller::template Run<function>(call, std::make_index_sequence<Caller::kCount>());
}

}  // namespace larder
