#include "registry/sqlite_file.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace larder {
namespace {

constexpr int kRetryPauseMs = 10;

struct Remedy {
  Reason reason;
  std::string_view hint;
};

constexpr Remedy kNoRights = {Reason::kPermissionDenied,
                              "check the owner and the rights of the file and of its folder"};
constexpr Remedy kNoSpaceLeft = {Reason::kNoSpace, "free space on the disk; nothing was changed"};

Remedy RemedyOfCannotOpen(int system_error) {
  switch (system_error) {
    case EACCES:
    case EPERM:
      return kNoRights;
    case EROFS:
      return {Reason::kReadOnly, "the file system is mounted read-only; put the registry elsewhere"};
    case ENOSPC:
    case EDQUOT:
      return kNoSpaceLeft;
    default:
      return {Reason::kIoError, "check `registry: path` in larder.yaml: it must be a file in a folder"};
  }
}

// SQLite tries again without writing when it may not write, and so hides why a new file cannot be made.
int WhyCannotOpen(const std::string& path, int system_error) {
  if (system_error != 0 && system_error != ENOENT) return system_error;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return faccessat(AT_FDCWD, folder.empty() ? "." : folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

Remedy RemedyOf(int code, int system_error) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return {Reason::kLocked, "another process is writing to it; try again when it is done"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    // Our statements are fixed: one that SQLite does not understand means tables that are not ours.
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
      return {Reason::kDamaged,
              "restore it from a backup; or move it away and `larder apply` again (versions start anew)"};
    case SQLITE_READONLY:
      return {Reason::kReadOnly, "give this user the right to write to the file and to its folder"};
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return kNoRights;
    case SQLITE_FULL:
      return kNoSpaceLeft;
    case SQLITE_CANTOPEN:
      return RemedyOfCannotOpen(system_error);
    case SQLITE_NOMEM:
      return {Reason::kMemoryLimit, "free memory and try again"};
    case SQLITE_IOERR:
      if (system_error == ENOSPC || system_error == EDQUOT) return kNoSpaceLeft;
      return {Reason::kIoError, "check the disk; nothing was changed"};
    default:
      return {Reason::kInternal, ""};
  }
}

}  // namespace

Status SqliteFile::Failure(int code, std::string_view what) const {
  const int extended = handle_ != nullptr ? sqlite3_extended_errcode(handle_) : code;
  int system_error = handle_ != nullptr ? sqlite3_system_errno(handle_) : 0;
  if ((code & 0xff) == SQLITE_CANTOPEN) system_error = WhyCannotOpen(options_.path, system_error);
  // The code of the call counts: a later cleanup may have replaced the connection's.
  const Remedy remedy = RemedyOf((extended & 0xff) == (code & 0xff) ? extended : code, system_error);
  const char* words = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  return Status(remedy.reason, "cannot " + std::string(what) + " the registry: " + options_.path + ": " + words,
                std::string(remedy.hint));
}

Result<std::unique_ptr<SqliteFile>> SqliteFile::Open(const Options& options) {
  std::error_code error;
  const bool exists = std::filesystem::exists(options.path, error);
  if (!exists && !options.create) {
    return Status(Reason::kFileNotFound, "no registry: " + options.path, "`larder apply` makes it");
  }
  if (!exists) {
    const std::filesystem::path folder = std::filesystem::path(options.path).parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) {
      const Remedy remedy = RemedyOfCannotOpen(error.value());
      return Status(remedy.reason, "cannot make the folder of the registry: " + options.path + ": " + error.message(),
                    std::string(remedy.hint));
    }
  }
  std::unique_ptr<SqliteFile> file(new SqliteFile(options));
  LARDER_RETURN_IF_ERROR(file->Connect());
  return file;
}

Status SqliteFile::Connect() {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (options_.create ? SQLITE_OPEN_CREATE : 0);
  if (const int code = sqlite3_open_v2(options_.path.c_str(), &handle_, flags, nullptr); code != SQLITE_OK) {
    return Failure(code, "open");
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, options_.busy_timeout_ms);
  // A schema that somebody tampered with cannot call functions.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  LARDER_RETURN_IF_ERROR(UseWriteAheadLog());
  return Execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;");
}

// The change to WAL takes the whole file and does not wait by itself while another process does the same.
Status SqliteFile::UseWriteAheadLog() {
  for (int waited_ms = 0;; waited_ms += kRetryPauseMs) {
    const int code = sqlite3_exec(handle_, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return Status();
    if ((code & 0xff) != SQLITE_BUSY || waited_ms >= options_.busy_timeout_ms) return Failure(code, "open");
    sqlite3_sleep(kRetryPauseMs);
  }
}

SqliteFile::~SqliteFile() { sqlite3_close_v2(handle_); }

Status SqliteFile::Execute(const char* statements) {
  const int code = sqlite3_exec(handle_, statements, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Status() : Failure(code, "use");
}

Result<SqliteStatement> SqliteStatement::Prepare(SqliteFile& file, std::string_view text) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(file.handle(), text.data(), static_cast<int>(text.size()), &statement, nullptr);
  if (code != SQLITE_OK) return file.Failure(code, "read");
  return SqliteStatement(file, statement);
}

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : file_(other.file_),
      statement_(std::exchange(other.statement_, nullptr)),
      next_parameter_(other.next_parameter_),
      bind_failure_(other.bind_failure_) {}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

SqliteStatement& SqliteStatement::Bind(std::int64_t value) {
  bind_failure_ = std::max(bind_failure_, sqlite3_bind_int64(statement_, next_parameter_++, value));
  return *this;
}

SqliteStatement& SqliteStatement::Bind(std::string_view value) {
  // An empty view may have no data, which SQLite would take for null.
  const char* data = value.empty() ? "" : value.data();
  bind_failure_ = std::max(bind_failure_, sqlite3_bind_text64(statement_, next_parameter_++, data, value.size(),
                                                              SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::Bind(std::optional<std::int64_t> value) {
  if (value) return Bind(*value);
  bind_failure_ = std::max(bind_failure_, sqlite3_bind_null(statement_, next_parameter_++));
  return *this;
}

Result<bool> SqliteStatement::Step() {
  if (bind_failure_ != SQLITE_OK) return file_->Failure(bind_failure_, "use");
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return file_->Failure(code, sqlite3_stmt_readonly(statement_) != 0 ? "read" : "write");
}

Status SqliteStatement::Run() {
  const Result<bool> has_row = Step();
  sqlite3_reset(statement_);
  next_parameter_ = 1;
  return has_row.status();
}

std::int64_t SqliteStatement::Integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::optional<std::int64_t> SqliteStatement::OptionalInteger(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return Integer(column);
}

std::string SqliteStatement::Text(int column) const {
  const auto* text = static_cast<const char*>(static_cast<const void*>(sqlite3_column_text(statement_, column)));
  if (text == nullptr) return "";
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<SqliteTransaction> SqliteTransaction::Begin(SqliteFile& file, Kind kind) {
  LARDER_RETURN_IF_ERROR(file.Execute(kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN"));
  return SqliteTransaction(file);
}

SqliteTransaction::SqliteTransaction(SqliteTransaction&& other) noexcept : file_(std::exchange(other.file_, nullptr)) {}

SqliteTransaction::~SqliteTransaction() {
  // After some failures SQLite has rolled back by itself; then there is nothing to do.
  if (file_ != nullptr && sqlite3_get_autocommit(file_->handle()) == 0) {
    sqlite3_exec(file_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Status SqliteTransaction::Commit() {
  LARDER_RETURN_IF_ERROR(file_->Execute("COMMIT"));
  file_ = nullptr;
  return Status();
}

}  // namespace larder
