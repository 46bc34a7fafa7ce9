#include "columnar/ordinal_batch.h"

#include <utility>

#include <arrow/array.h>
#include <arrow/record_batch.h>

namespace larder {
namespace {

class ReadyPieces final : public OrdinalBatchPieces {
 public:
  ReadyPieces(std::vector<std::unique_ptr<OrdinalBatchStream>> streams, std::int64_t row_estimate)
      : streams_(std::move(streams)), row_estimate_(row_estimate) {}

  std::size_t count() const override { return streams_.size(); }
  std::int64_t row_estimate() const override { return row_estimate_; }
  Result<std::unique_ptr<OrdinalBatchStream>> Open(std::size_t piece) override { return std::move(streams_[piece]); }

 private:
  std::vector<std::unique_ptr<OrdinalBatchStream>> streams_;
  const std::int64_t row_estimate_;
};

class PieceStream final : public OrdinalBatchStream {
 public:
  explicit PieceStream(std::unique_ptr<OrdinalBatchPieces> pieces) : pieces_(std::move(pieces)) {}

  Result<std::optional<OrdinalBatch>> Next() override {
    while (next_piece_ < pieces_->count()) {
      if (stream_ == nullptr) {
        LARDER_ASSIGN_OR_RETURN(stream_, pieces_->Open(next_piece_));
      }
      LARDER_ASSIGN_OR_RETURN(std::optional<OrdinalBatch> batch, stream_->Next());
      if (batch.has_value()) return batch;
      stream_ = nullptr;
      ++next_piece_;
    }
    return std::optional<OrdinalBatch>();
  }

 private:
  const std::unique_ptr<OrdinalBatchPieces> pieces_;
  std::unique_ptr<OrdinalBatchStream> stream_;
  std::size_t next_piece_ = 0;
};

}  // namespace

std::unique_ptr<OrdinalBatchPieces> NewReadyPieces(std::vector<std::unique_ptr<OrdinalBatchStream>> streams,
                                                   std::int64_t row_estimate) {
  return std::make_unique<ReadyPieces>(std::move(streams), row_estimate);
}

std::unique_ptr<OrdinalBatchStream> NewPieceStream(std::unique_ptr<OrdinalBatchPieces> pieces) {
  return std::make_unique<PieceStream>(std::move(pieces));
}

}  // namespace larder
