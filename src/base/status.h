// Errors as values: Status and Result<T>.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/reason.h"

namespace larder {

/// Holds one of several faults found together, with its place. Lines and columns count from 1; 0 is unknown.
struct Fault {
  std::string file;  ///< as the user would name it; empty when there is none
  int line = 0;
  int column = 0;
  std::string path;     ///< such as "feature_views[0].ttl"; empty when there is none
  std::string message;  ///< what is wrong: one line, no full stop
  std::string hint;     ///< what to do: one line; may be empty

  /// Returns "file:line:column: path: message" without the parts that are unknown.
  std::string Place() const;
};

/// Tells whether something was done, and if not why. Costs a null pointer when ok. A message says what failed, `: ` and
/// the values; the hint says what to do. Safe to copy and to read from several threads.
class [[nodiscard]] Status {
 public:
  /// Makes the status "ok".
  Status() = default;

  /// Makes a failure. `reason` must not be kOk.
  Status(Reason reason, std::string message, std::string hint = {});

  /// Makes a failure that carries every fault found. `faults` must not be empty; the message counts them.
  static Status FromFaults(Reason reason, std::string message, std::vector<Fault> faults);

  bool ok() const { return state_ == nullptr; }
  Reason reason() const;
  Code code() const { return Describe(reason()).code; }
  std::string_view message() const;
  std::string_view hint() const;
  const std::vector<Fault>& faults() const;

  /// Returns this failure with `context` and ": " before its message; ok stays ok.
  Status WithContext(std::string_view context) const;
  /// Returns this failure with another hint; ok stays ok.
  Status WithHint(std::string hint) const;
  /// Returns this failure under another reason; ok stays ok.
  Status WithReason(Reason reason) const;

  /// Returns message, faults and hint as text of several lines for a person; "ok" when ok.
  std::string ToString() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

/// Holds a value or the status of its failure. Reading the value of a failure is a programmer's error (CHECK).
template <class T>
class [[nodiscard]] Result {
 public:
  using ValueType = T;

  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  template <class U>
  requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Status> && !std::is_same_v<std::remove_cvref_t<U>, Result>)
      Result(U&& value)  // NOLINT(google-explicit-constructor)
      : content_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Status status) : content_(std::in_place_index<1>, std::move(status)) {  // NOLINT(google-explicit-constructor)
    LARDER_CHECK(!std::get<1>(content_).ok());
  }

  bool ok() const { return content_.index() == 0; }
  Status status() const { return ok() ? Status() : std::get<1>(content_); }

  T& value() & {
    LARDER_CHECK(ok());
    return std::get<0>(content_);
  }
  const T& value() const& {
    LARDER_CHECK(ok());
    return std::get<0>(content_);
  }
  T&& value() && {
    LARDER_CHECK(ok());
    return std::get<0>(std::move(content_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Status> content_;
};

}  // namespace larder

#define LARDER_CONCAT_INNER(a, b) a##b
#define LARDER_CONCAT(a, b) LARDER_CONCAT_INNER(a, b)

/// Returns the status of `expression` from this function unless it is ok.
#define LARDER_RETURN_IF_ERROR(expression)           \
  do {                                               \
    ::larder::Status larder_status_ = (expression);  \
    if (!larder_status_.ok()) return larder_status_; \
  } while (false)

/// Puts the value of a Result into `target` (a declaration or a place), or returns its status from this function.
#define LARDER_ASSIGN_OR_RETURN(target, expression) \
  LARDER_ASSIGN_OR_RETURN_INNER(LARDER_CONCAT(larder_result_, __LINE__), target, expression)
#define LARDER_ASSIGN_OR_RETURN_INNER(result, target, expression) \
  auto result = (expression);                                     \
  if (!result.ok()) return result.status();                       \
  target = std::move(result).value()
