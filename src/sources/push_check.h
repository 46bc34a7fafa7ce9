// What someone pushes, checked and turned into the rows that are kept.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "definitions/entity.h"
#include "definitions/feature_view.h"
#include "sources/source_snapshot.h"

namespace larder {

/// Says how rows are pushed.
struct PushOptions {
  std::int64_t created_us = 0;  ///< created time of rows that bring none: the server's clock
  bool deletion = false;        ///< rows delete their keys: features (and columns that no key or time needs) may lack
};

/// Checks rows that someone pushes to a source, and returns them as they are kept: the stored columns (internal types),
/// created time filled in, deletion mark. Needs every stored column; for a deletion only those that join keys
/// (`key_columns`, after derive) and event time are made of. Other columns are ignored. kMissingColumn with the nearest
/// name, kTypeMismatch, or what conversion says, with the row.
Result<std::shared_ptr<arrow::Table>> CheckRowsForSource(const SourceSnapshot& source, const arrow::Table& rows,
                                                         const std::vector<std::string>& key_columns,
                                                         const PushOptions& options);

/// Names a plain view with all that its columns depend on.
struct ViewOfSource {
  std::shared_ptr<const FeatureView> view;
  std::vector<std::shared_ptr<const Entity>> entities;  ///< as in `view->entities`
  std::shared_ptr<const Source> source;
};

/// Checks rows that someone pushes to a plain view, and returns them as they are kept: join keys, event time (under the
/// name of the source's `timestamp`; none for a source without), created time, deletion mark, features. Errors as
/// above.
Result<std::shared_ptr<arrow::Table>> CheckRowsForView(const ViewOfSource& view, const arrow::Table& rows,
                                                       const PushOptions& options);

}  // namespace larder
