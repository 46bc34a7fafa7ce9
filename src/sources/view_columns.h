// How a plain feature view's columns come out of its source's rows, or out of rows pushed to it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "sources/bound_source.h"
#include "sources/push_check.h"
#include "sources/row_mapping.h"

namespace larder {

/// Says which columns the key scan of a view gives, in this order: join keys, then those of the others that are there.
struct ViewLayout {
  std::vector<std::string> key_names;  ///< join keys, in the order of the view's entities
  std::vector<ValueType> key_types;    ///< the entities' types
  bool has_event_time = false;         ///< the source has a timestamp
  bool has_created_time = false;       ///< the source names one, or a push has it; null where there is none
  bool has_deletion_mark = false;      ///< the source has `deleted`, or a push has the mark; no nulls
};

/// Returns the layout of a view of which only the source's own files are known; pushes have created times and marks.
ViewLayout LayoutOfView(const ViewOfSource& view, bool has_pushes);

/// Names rows that give a view's columns: bound columns, and the view as it reads them.
struct ViewBinding {
  std::shared_ptr<const BoundSource> bound;
  ViewOfSource view;
};

/// Reads the view from rows of its source: features stand under their `from`.
Result<ViewBinding> InputFromSource(const ViewOfSource& view, const std::vector<SourceColumn>& file_columns,
                                    BoundSource::Origin origin);
/// Reads the view from rows that were pushed to it: features stand under their own names, nothing is derived.
Result<ViewBinding> InputFromView(const ViewOfSource& view);

/// Returns the columns of `layout`. Fails with kMissingColumn or kTypeMismatch, naming view, column and types.
Result<std::vector<MappedColumn>> KeyColumns(const ViewBinding& input, const ViewLayout& layout);
/// Returns features and join keys by name. Fails with kUnknownFeature, kMissingColumn or kTypeMismatch.
Result<std::vector<MappedColumn>> ValueColumns(const ViewBinding& input, const std::vector<std::string>& names);

/// Holds the rows that a push makes in one view: columns stand as in ViewLayout, then the view's features in order.
struct ViewPush {
  ViewLayout layout;
  std::shared_ptr<arrow::RecordBatch> rows;
};

/// Derives and filters checked rows pushed to a source (`CheckRowsForSource`) into rows of a view on it.
Result<ViewPush> ViewRowsOfSourcePush(const ViewOfSource& view, const SourceSnapshot& snapshot,
                                      const arrow::Table& checked_rows);

/// Arranges checked rows pushed to a view (`CheckRowsForView`).
Result<ViewPush> ViewRowsOfViewPush(const ViewOfSource& view, const arrow::Table& checked_rows);

}  // namespace larder
