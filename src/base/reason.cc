#include "base/reason.h"

#include <array>
#include <cstddef>

namespace larder {
namespace {

constexpr std::array kReasons = {
    ReasonRow{Reason::kOk, "ok", Code::kOk, 200, 0, ""},
    ReasonRow{Reason::kUsage, "usage", Code::kInvalidArgument, 400, 2, "InvalidRequest"},
    ReasonRow{Reason::kMalformedRequest, "malformed_request", Code::kInvalidArgument, 400, 2, "InvalidRequest"},
    ReasonRow{Reason::kMalformedJson, "malformed_json", Code::kInvalidArgument, 400, 2, "InvalidRequest"},
    ReasonRow{Reason::kInvalidConfig, "invalid_config", Code::kInvalidArgument, 400, 2, "InvalidDefinition"},
    ReasonRow{Reason::kInvalidDefinition, "invalid_definition", Code::kInvalidArgument, 400, 2, "InvalidDefinition"},
    ReasonRow{Reason::kInvalidExpression, "invalid_expression", Code::kInvalidArgument, 400, 2, "InvalidDefinition"},
    ReasonRow{Reason::kInvalidTimestamp, "invalid_timestamp", Code::kInvalidArgument, 400, 2, "InvalidRequest"},
    ReasonRow{Reason::kInvalidDuration, "invalid_duration", Code::kInvalidArgument, 400, 2, "InvalidRequest"},
    ReasonRow{Reason::kInvalidReference, "invalid_reference", Code::kInvalidArgument, 400, 2, "InvalidRequest"},
    ReasonRow{Reason::kTypeMismatch, "type_mismatch", Code::kInvalidArgument, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kMissingColumn, "missing_column", Code::kInvalidArgument, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kAmbiguousColumn, "ambiguous_column", Code::kInvalidArgument, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kMissingRequestValue, "missing_request_value", Code::kInvalidArgument, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kUnequalLists, "unequal_lists", Code::kInvalidArgument, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kEqualNames, "equal_names", Code::kInvalidArgument, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kValueOutOfRange, "value_out_of_range", Code::kOutOfRange, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kInexactValue, "inexact_value", Code::kInvalidArgument, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kFutureTime, "future_time", Code::kInvalidArgument, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kInvalidFile, "invalid_file", Code::kInvalidArgument, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kInvalidData, "invalid_data", Code::kInvalidArgument, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kLimitExceeded, "limit_exceeded", Code::kResourceExhausted, 413, 2, "LimitExceeded"},
    ReasonRow{Reason::kUnknownObject, "unknown_object", Code::kNotFound, 404, 3, "NotFound"},
    ReasonRow{Reason::kUnknownFeature, "unknown_feature", Code::kNotFound, 404, 3, "NotFound"},
    ReasonRow{Reason::kUnknownVersion, "unknown_version", Code::kNotFound, 404, 3, "NotFound"},
    ReasonRow{Reason::kUnknownRoute, "unknown_route", Code::kNotFound, 404, 3, "NotFound"},
    ReasonRow{Reason::kFileNotFound, "file_not_found", Code::kNotFound, 404, 3, "NotFound"},
    ReasonRow{Reason::kNoProject, "no_project", Code::kNotFound, 404, 3, "NotFound"},
    ReasonRow{Reason::kMethodNotAllowed, "method_not_allowed", Code::kUnimplemented, 405, 2, "InvalidRequest"},
    ReasonRow{Reason::kUnsupportedMediaType, "unsupported_media_type", Code::kInvalidArgument, 415, 2,
              "InvalidRequest"},
    ReasonRow{Reason::kRequestTimeout, "request_timeout", Code::kDeadlineExceeded, 408, 1, "Unavailable"},
    ReasonRow{Reason::kConflict, "conflict", Code::kAborted, 409, 4, "Conflict"},
    ReasonRow{Reason::kObjectInUse, "object_in_use", Code::kFailedPrecondition, 409, 4, "Conflict"},
    ReasonRow{Reason::kAlreadyExists, "already_exists", Code::kAlreadyExists, 409, 4, "Conflict"},
    ReasonRow{Reason::kAlreadyRunning, "already_running", Code::kAborted, 409, 4, "Conflict"},
    ReasonRow{Reason::kNowNotAllowed, "now_not_allowed", Code::kPermissionDenied, 403, 5, "PermissionDenied"},
    ReasonRow{Reason::kPermissionDenied, "permission_denied", Code::kPermissionDenied, 403, 5, "PermissionDenied"},
    ReasonRow{Reason::kOutOfRange, "out_of_range", Code::kOutOfRange, 422, 2, "InvalidInput"},
    ReasonRow{Reason::kOverloaded, "overloaded", Code::kResourceExhausted, 429, 1, "Unavailable"},
    ReasonRow{Reason::kUnavailable, "unavailable", Code::kUnavailable, 503, 1, "Unavailable"},
    ReasonRow{Reason::kLocked, "locked", Code::kUnavailable, 503, 1, "Unavailable"},
    ReasonRow{Reason::kPortInUse, "port_in_use", Code::kUnavailable, 503, 1, "Unavailable"},
    ReasonRow{Reason::kNoSpace, "no_space", Code::kResourceExhausted, 507, 1, "StorageError"},
    ReasonRow{Reason::kMemoryLimit, "memory_limit", Code::kResourceExhausted, 507, 1, "StorageError"},
    ReasonRow{Reason::kReadOnly, "read_only", Code::kFailedPrecondition, 503, 1, "StorageError"},
    ReasonRow{Reason::kIoError, "io_error", Code::kUnavailable, 503, 1, "StorageError"},
    ReasonRow{Reason::kDamaged, "damaged", Code::kDataLoss, 503, 1, "StorageError"},
    ReasonRow{Reason::kNewerFormat, "newer_format", Code::kFailedPrecondition, 503, 1, "StorageError"},
    ReasonRow{Reason::kFileChanged, "file_changed", Code::kAborted, 503, 1, "StorageError"},
    ReasonRow{Reason::kInterrupted, "interrupted", Code::kCancelled, 503, 130, "Interrupted"},
    ReasonRow{Reason::kInternal, "internal", Code::kInternal, 500, 1, "InternalError"},
};

constexpr bool RowsStandAtTheirReason() {
  for (std::size_t i = 0; i < kReasons.size(); ++i) {
    if (static_cast<std::size_t>(kReasons[i].reason) != i) return false;
  }
  return kReasons.size() == static_cast<std::size_t>(Reason::kInternal) + 1;
}
static_assert(RowsStandAtTheirReason(), "one row for each reason, in the order of the enumeration");

constexpr std::array<std::string_view, 16> kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS"};

}  // namespace

const ReasonRow& Describe(Reason reason) { return kReasons[static_cast<std::size_t>(reason)]; }

std::optional<Reason> ReasonFromName(std::string_view name) {
  for (const ReasonRow& row : kReasons) {
    if (row.name == name) return row.reason;
  }
  return std::nullopt;
}

std::span<const ReasonRow> AllReasons() { return kReasons; }

std::string_view CodeName(Code code) { return kCodeNames[static_cast<std::size_t>(code)]; }

}  // namespace larder
