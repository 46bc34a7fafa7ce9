#include "online/rocksdb_status.h"

#include <string>

namespace larder {
namespace {

struct Meaning {
  Reason reason;
  std::string_view hint;
};

constexpr Meaning kDamage = {Reason::kDamaged,
                             "restore the folder of the online store from a copy, or remove it and materialize again"};

bool Tells(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// RocksDB tells most failures of files by text only.
Meaning MeaningOf(const rocksdb::Status& status, const std::string& text) {
  if (status.IsNoSpace() || Tells(text, "No space left")) return {Reason::kNoSpace, "make room on the disk"};
  if (status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() || status.IsInvalidArgument()) {
    return kDamage;
  }
  if (Tells(text, "No such file")) return kDamage;
  if (Tells(text, "Permission denied") || Tells(text, "Read-only file system")) {
    return {Reason::kReadOnly, "give the user of this program the right to write there"};
  }
  if (Tells(text, "lock hold by current process") || Tells(text, "Resource temporarily unavailable")) {
    return {Reason::kLocked, "one process owns the store: stop the other one, or a running `larder serve`"};
  }
  return {Reason::kIoError, "look at the disk and at the log of the system"};
}

}  // namespace

Status FromRocksDb(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return {};
  const std::string text = status.ToString();
  const Meaning meaning = MeaningOf(status, text);
  return Status(meaning.reason, std::string(what) + ": " + text, std::string(meaning.hint));
}

}  // namespace larder
