// Rows of several files, mapped to the columns asked for, with their ordinals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "columnar/ordinal_batch.h"
#include "sources/row_mapping.h"
#include "sources/stored_files.h"

namespace larder {

/// Leaves out rows by an event time among the columns that are given.
struct ExactTimes {
  std::size_t output = 0;  ///< index of the column: timestamp; rows where it is null stay
  InstantRange range;
};

/// Names one file to read and what to make of its rows.
struct RowPart {
  std::shared_ptr<const StoredFiles> files;
  std::size_t file = 0;            ///< index in `files`
  std::uint32_t ordinal_file = 0;  ///< the file of the ordinals to give
  std::shared_ptr<const RowMapping> mapping;
  std::vector<UsefulRange> ranges = {};
  std::optional<std::span<const std::uint64_t>> rows = std::nullopt;  ///< ordinals: exactly these rows
  std::optional<ExactTimes> exact = std::nullopt;
  std::shared_ptr<const TableFile> table = nullptr;  ///< with it, of the file only `row_groups`
  std::vector<int> row_groups = {};
  bool parallel = true;     ///< decodes columns on Arrow's threads
  bool gives_more = false;  ///< with `rows`: others may come along
};

/// Streams the parts one after another. All mappings give the same columns. Batches of no rows are left out.
std::unique_ptr<OrdinalBatchStream> NewRowStream(std::vector<RowPart> parts);

/// Cuts the parts into pieces of some megabytes, in their order: row groups of large files, small files together. Opens
/// large files; fails as StoredFiles::Open does. `use_threads` tells whether pieces will be read at the same time.
Result<std::unique_ptr<OrdinalBatchPieces>> NewRowPieces(std::vector<RowPart> parts, bool use_threads);

/// Returns those of the ordinals (ascending) that are of this file.
std::span<const std::uint64_t> OrdinalsOfFile(std::span<const std::uint64_t> ordinals, std::uint32_t file);

/// Returns the ranges that prune row groups by event time, if the time is a stored column (or another name of one).
std::vector<UsefulRange> PruneByTime(const BoundSource& bound, const InstantRange& range);
/// Returns the ranges that prune row groups by columns (after derive) that are stored ones; others prune nothing.
std::vector<UsefulRange> PruneByColumns(const BoundSource& bound, std::span<const ColumnRange> ranges);

}  // namespace larder
