// The closed list of reasons why something fails, and what each means at every edge of the program.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace larder {

/// Names the status codes of gRPC; the numbers are gRPC's.
enum class Code : std::uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
};

/// Says what went wrong. One reason is one situation for a caller; the table in reason.cc maps it to a gRPC code, an
/// HTTP status, an exit code and a Python exception. Add a reason there and here, nowhere else.
enum class Reason : std::uint8_t {
  kOk,
  // The user's mistake: the text cannot be understood (HTTP 400, exit 2).
  kUsage,
  kMalformedRequest,
  kMalformedJson,
  kInvalidConfig,
  kInvalidDefinition,
  kInvalidExpression,
  kInvalidTimestamp,
  kInvalidDuration,
  kInvalidReference,
  // The user's mistake: understood, and does not fit (HTTP 422, exit 2).
  kTypeMismatch,
  kMissingColumn,
  kAmbiguousColumn,
  kMissingRequestValue,
  kUnequalLists,
  kEqualNames,
  kValueOutOfRange,
  kInexactValue,
  kFutureTime,
  kInvalidFile,
  kInvalidData,
  // Over a limit (HTTP 413, exit 2).
  kLimitExceeded,
  // Something asked for does not exist (HTTP 404, exit 3).
  kUnknownObject,
  kUnknownFeature,
  kUnknownVersion,
  kUnknownRoute,
  kFileNotFound,
  kNoProject,
  // HTTP only.
  kMethodNotAllowed,
  kUnsupportedMediaType,
  kRequestTimeout,
  // Conflict with what is there or what another does (HTTP 409, exit 4).
  kConflict,
  kObjectInUse,
  kAlreadyExists,
  kAlreadyRunning,
  // Not allowed (HTTP 403, exit 5).
  kNowNotAllowed,
  kPermissionDenied,
  // A window reaches below the retained horizon (HTTP 422, exit 2).
  kOutOfRange,
  // The machine or its files (exit 1).
  kOverloaded,
  kUnavailable,
  kLocked,
  kPortInUse,
  kNoSpace,
  kMemoryLimit,
  kReadOnly,
  kIoError,
  kDamaged,
  kNewerFormat,
  kFileChanged,
  // Stopped by the user (exit 130).
  kInterrupted,
  // A defect of Larder (HTTP 500, exit 1).
  kInternal,
};

/// Describes one reason at every edge.
struct ReasonRow {
  Reason reason;
  std::string_view name;  ///< snake_case, as in the "reason" of an HTTP error body
  Code code;
  int http_status;
  int exit_code;
  std::string_view python_exception;
};

/// Returns the row of `reason`. Never fails.
const ReasonRow& Describe(Reason reason);

/// Returns the reason with this snake_case name, if there is one.
std::optional<Reason> ReasonFromName(std::string_view name);

/// Returns every reason, in the order of the enumeration.
std::span<const ReasonRow> AllReasons();

/// Returns gRPC's name of a code, such as "NOT_FOUND".
std::string_view CodeName(Code code);

}  // namespace larder
