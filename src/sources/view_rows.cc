#include "sources/view_rows.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sources/bound_source.h"
#include "sources/row_stream.h"
#include "sources/stored_files.h"

namespace larder {
namespace {

/// Holds files of one kind and how the view reads them.
struct RowsOfKind {
  std::shared_ptr<const StoredFiles> files;
  ViewBinding input;
  std::shared_ptr<const RowMapping> keys;
};

/// Names one file in the order of ordinals.
struct FileOfView {
  std::size_t kind = 0;
  std::size_t file = 0;  ///< index in the files of the kind
};

constexpr std::size_t kFromSource = 0;
constexpr std::size_t kPushedToSource = 1;
constexpr std::size_t kPushedToView = 2;

// As many files as an ordinal can name.
constexpr std::size_t kMaxFilesOfView = std::size_t{1} << 24;

SourceFileList ToFileList(const std::vector<PushedFile>& pushed) {
  SourceFileList list;
  for (const PushedFile& file : pushed) list.files.push_back({.info = file.info});
  return list;
}

/// Puts two lists of pushed files in the order of pushes.
std::vector<FileOfView> MergePushes(const ViewRowsRequest& request) {
  struct Push {
    std::uint64_t sequence;
    FileOfView file;
  };
  std::vector<Push> pushes;
  for (std::size_t i = 0; i < request.pushed_to_source.size(); ++i) {
    pushes.push_back({request.pushed_to_source[i].sequence, {kPushedToSource, i}});
  }
  for (std::size_t i = 0; i < request.pushed_to_view.size(); ++i) {
    pushes.push_back({request.pushed_to_view[i].sequence, {kPushedToView, i}});
  }
  std::ranges::stable_sort(pushes, {}, &Push::sequence);
  std::vector<FileOfView> files;
  for (const Push& push : pushes) files.push_back(push.file);
  return files;
}

class RowsOfView final : public ViewRows {
 public:
  Status Open(FileSystem& files, const ViewRowsRequest& request) {
    const bool has_pushes = !request.pushed_to_source.empty() || !request.pushed_to_view.empty();
    layout_ = LayoutOfView(request.view, has_pushes);
    snapshot_ = request.snapshot;
    kinds_[kFromSource].files = snapshot_->stored_files();
    kinds_[kFromSource].input = {.bound = kinds_[kFromSource].files->bound(), .view = request.view};
    LARDER_ASSIGN_OR_RETURN(kinds_[kPushedToSource].input,
                            InputFromSource(request.view, snapshot_->file_columns(), BoundSource::Origin::kPushed));
    LARDER_ASSIGN_OR_RETURN(kinds_[kPushedToView].input, InputFromView(request.view));
    PinPushed(files, kinds_[kPushedToSource], request.pushed_to_source);
    PinPushed(files, kinds_[kPushedToView], request.pushed_to_view);
    for (RowsOfKind& kind : kinds_) LARDER_RETURN_IF_ERROR(MapKeys(kind));
    for (std::size_t i = 0; i < snapshot_->files().size(); ++i) order_.push_back({kFromSource, i});
    std::ranges::copy(MergePushes(request), std::back_inserter(order_));
    if (order_.size() > kMaxFilesOfView) {
      return Status(Reason::kLimitExceeded,
                    "feature view '" + request.view.view->name() + "' has more than " +
                        std::to_string(kMaxFilesOfView) + " files: those of its source and one for each push",
                    "push more rows at a time, and join files of small pushes");
    }
    for (const FileOfView& file : order_) infos_.push_back(kinds_[file.kind].files->files()[file.file].info);
    KeepColumns(request.view);
    return {};
  }

  const ViewLayout& layout() const override { return layout_; }
  const std::vector<FileInfo>& files() const override { return infos_; }

  Result<std::unique_ptr<OrdinalBatchStream>> OpenKeys(const ViewScan& scan) const override {
    return NewRowStream(KeyParts(scan));
  }
  Result<std::unique_ptr<OrdinalBatchPieces>> KeyPieces(const ViewScan& scan, bool use_threads) const override {
    return NewRowPieces(KeyParts(scan), use_threads);
  }

  Result<std::unique_ptr<OrdinalBatchStream>> Fetch(const std::vector<std::string>& columns,
                                                    std::span<const std::uint64_t> ordinals) const override {
    LARDER_ASSIGN_OR_RETURN(std::vector<RowPart> parts, ValueParts(columns, ordinals));
    return NewRowStream(std::move(parts));
  }
  Result<std::unique_ptr<OrdinalBatchPieces>> ValuePieces(const std::vector<std::string>& columns,
                                                          std::span<const std::uint64_t> ordinals,
                                                          bool use_threads) const override {
    LARDER_ASSIGN_OR_RETURN(std::vector<RowPart> parts, ValueParts(columns, ordinals));
    return NewRowPieces(std::move(parts), use_threads);
  }

  std::string NameRow(std::uint64_t ordinal) const override {
    const FileOfView& file = order_[OrdinalFile(ordinal)];
    return kinds_[file.kind].files->NameRow(file.file, OrdinalRow(ordinal));
  }

 private:
  std::vector<RowPart> KeyParts(const ViewScan& scan) const {
    std::vector<RowPart> parts;
    parts.reserve(order_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const RowsOfKind& kind = kinds_[order_[i].kind];
      InstantRange range = scan.event_time;
      if (scan.is_unchanged && !scan.is_unchanged(infos_[i])) range.from_us = INT64_MIN;
      RowPart part = PartOf(i, kind.keys);
      part.ranges = PruneByTime(*kind.input.bound, range);
      std::ranges::move(PruneByColumns(*kind.input.bound, scan.key_ranges), std::back_inserter(part.ranges));
      if (scan.exact && layout_.has_event_time) {
        part.exact = ExactTimes{.output = layout_.key_names.size(), .range = range};
      }
      parts.push_back(std::move(part));
    }
    return parts;
  }

  Result<std::vector<RowPart>> ValueParts(const std::vector<std::string>& columns,
                                          std::span<const std::uint64_t> ordinals) const {
    std::array<std::shared_ptr<const RowMapping>, 3> mappings;
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
      LARDER_ASSIGN_OR_RETURN(std::vector<MappedColumn> outputs, ValueColumns(kinds_[i].input, columns));
      LARDER_ASSIGN_OR_RETURN(mappings[i], RowMapping::Make(kinds_[i].input.bound, std::move(outputs), false));
    }
    std::vector<RowPart> parts;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const std::span<const std::uint64_t> rows = OrdinalsOfFile(ordinals, static_cast<std::uint32_t>(i));
      if (rows.empty()) continue;
      RowPart part = PartOf(i, mappings[order_[i].kind]);
      part.rows = rows;
      parts.push_back(std::move(part));
    }
    return parts;
  }

  static void PinPushed(FileSystem& files, RowsOfKind& kind, const std::vector<PushedFile>& pushed) {
    const StoredFilesOptions options{.files = &files, .own = true};
    kind.files = std::make_shared<const StoredFiles>(options, kind.input.bound, ToFileList(pushed));
  }

  Status MapKeys(RowsOfKind& kind) const {
    LARDER_ASSIGN_OR_RETURN(std::vector<MappedColumn> outputs, KeyColumns(kind.input, layout_));
    LARDER_ASSIGN_OR_RETURN(kind.keys, RowMapping::Make(kind.input.bound, std::move(outputs), true));
    // Faults of features show here, before anything is read.
    std::vector<std::string> features;
    for (const Feature& feature : kind.input.view.view->features) features.push_back(feature.name);
    return ValueColumns(kind.input, features).status();
  }

  RowPart PartOf(std::size_t i, std::shared_ptr<const RowMapping> mapping) const {
    return {.files = kinds_[order_[i].kind].files,
            .file = order_[i].file,
            .ordinal_file = static_cast<std::uint32_t>(i),
            .mapping = std::move(mapping)};
  }

  void KeepColumns(const ViewOfSource& view) const {
    std::vector<std::string> columns = layout_.key_names;
    for (const Feature& feature : view.view->features) columns.push_back(feature.from);
    snapshot_->KeepDecoded(columns);
  }

  ViewLayout layout_;
  std::shared_ptr<SourceSnapshot> snapshot_;
  std::array<RowsOfKind, 3> kinds_;
  std::vector<FileOfView> order_;  // by the file of ordinals
  std::vector<FileInfo> infos_;    // as `order_`
};

}  // namespace

Result<std::unique_ptr<ViewRows>> ViewRows::Open(FileSystem& files, const ViewRowsRequest& request) {
  auto rows = std::make_unique<RowsOfView>();
  LARDER_RETURN_IF_ERROR(rows->Open(files, request));
  return std::unique_ptr<ViewRows>(std::move(rows));
}

}  // namespace larder
