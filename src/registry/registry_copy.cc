#include "registry/registry_copy.h"

#include "registry/sqlite_file.h"

namespace larder {

Status CopyRegistry(const std::string& from, const std::string& to) {
  SqliteFile::Options options;
  options.path = from;
  options.create = false;
  LARDER_ASSIGN_OR_RETURN(const auto file, SqliteFile::Open(options));
  LARDER_ASSIGN_OR_RETURN(SqliteStatement copy, SqliteStatement::Prepare(*file, "VACUUM INTO ?"));
  return copy.Bind(std::string_view(to)).Run();
}

}  // namespace larder
