// SQLite as the registry needs it: the one file that knows its functions is sqlite_file.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace larder {

/// Holds one open SQLite file in WAL mode, synchronous=FULL, with foreign keys. Not thread-safe. Failures name the file
/// and the remedy: kLocked, kDamaged, kReadOnly, kPermissionDenied, kNoSpace, kMemoryLimit, kIoError; kInternal for a
/// statement that is wrong.
class SqliteFile {
 public:
  struct Options {
    std::string path;
    bool create = true;
    int busy_timeout_ms = 5'000;
  };
  static Result<std::unique_ptr<SqliteFile>> Open(const Options& options);
  ~SqliteFile();
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  /// Runs statements that take and return nothing.
  Status Execute(const char* statements);
  /// Returns the failure of the last call with this result code; `what` says what was tried.
  Status Failure(int code, std::string_view what) const;

  const std::string& path() const { return options_.path; }
  sqlite3* handle() { return handle_; }

 private:
  explicit SqliteFile(Options options) : options_(std::move(options)) {}
  Status Connect();
  Status UseWriteAheadLog();

  Options options_;
  sqlite3* handle_ = nullptr;
};

/// Holds one prepared statement. Parameters are bound in order from the first, columns are read in order; both are
/// checked by SQLite only, so texts of statements and calls must agree. The file outlives it. Not thread-safe.
class SqliteStatement {
 public:
  static Result<SqliteStatement> Prepare(SqliteFile& file, std::string_view text);
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&&) = delete;
  ~SqliteStatement();

  /// Binds the next parameter. Texts need not outlive the call.
  SqliteStatement& Bind(std::int64_t value);
  SqliteStatement& Bind(std::string_view value);
  SqliteStatement& Bind(std::optional<std::int64_t> value);

  /// Moves to the next row; false at the end.
  Result<bool> Step();
  /// Runs a statement that returns no rows, and makes it ready to be bound again.
  Status Run();

  std::int64_t Integer(int column) const;
  std::optional<std::int64_t> OptionalInteger(int column) const;
  std::string Text(int column) const;

 private:
  SqliteStatement(SqliteFile& file, sqlite3_stmt* statement) : file_(&file), statement_(statement) {}

  SqliteFile* file_;
  sqlite3_stmt* statement_;
  int next_parameter_ = 1;
  int bind_failure_ = 0;
};

/// Holds a transaction, rolled back when it goes without Commit.
class SqliteTransaction {
 public:
  enum class Kind : std::uint8_t {
    kRead,   ///< sees one state of the file from its first read to its end
    kWrite,  ///< takes the right to write at once, waiting up to the busy timeout
  };
  static Result<SqliteTransaction> Begin(SqliteFile& file, Kind kind);
  SqliteTransaction(SqliteTransaction&& other) noexcept;
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();

  /// Makes all changes durable.
  Status Commit();

 private:
  explicit SqliteTransaction(SqliteFile& file) : file_(&file) {}

  SqliteFile* file_;
};

}  // namespace larder
