// Every call of the file system fails once, under each of a project's works: none crashes, none leaves half of its
// work, and the same work done again gives what it always gives.
#include <arrow/api.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fault_file_system.h"
#include "base/logger.h"
#include "columnar/arrow_status.h"
#include "columnar/table_writer.h"
#include "retrieval/apply.h"
#include "retrieval/historical.h"
#include "retrieval/materialize.h"
#include "retrieval/push.h"
#include "tests/arrow_text.h"
#include "tests/fault/test_folder.h"

namespace larder::fault {
namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;
// No work here makes so many calls: a loop that goes on is a fault of the test.
constexpr std::int64_t kMaxCalls = 5'000;

std::shared_ptr<arrow::Table> TableOf(const std::shared_ptr<arrow::RecordBatch>& batch) {
  return arrow::Table::FromRecordBatches({batch}).ValueOrDie();
}

/// A small project over files of three formats, on a disk that fails by order.
class ProjectFiles : public testing::Test {
 protected:
  ProjectFiles() {
    WriteText("larder.yaml", "project: faults\nonline_store: {type: memory}\n");
    WriteText("features/views.yaml",
              "entities: [{name: k, type: string}]\n"
              "sources:\n"
              "  - {name: first, path: first/, timestamp: t}\n"
              "  - {name: second, path: second.csv, timestamp: t}\n"
              "feature_views:\n"
              "  - {name: v, entities: [k], source: first, features: {x: int64}}\n"
              "  - {name: w, entities: [k], source: second, features: {y: int64}}\n");
    EXPECT_TRUE(disk_->MakeFolders(Path("first")).ok());
    WriteRows("first/a.parquet", R"(["a", "b"])", "[1, 2]");
    WriteRows("first/b.parquet", R"(["b", "c"])", "[3, 4]");
    WriteText("second.csv", "k,t,y\na,1970-01-01T00:00:00Z,7\n");
    WriteRows("rows.arrow", R"(["c", "b", "a", "z"])", "[0, 0, 0, 0]", 2 * kHourUs);
    Restart();
  }

  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  void WriteText(const std::string& name, const std::string& text) {
    EXPECT_TRUE(disk_->MakeFolders(Path("features")).ok());
    EXPECT_TRUE(WriteFileAtomically(*disk_, Path(name), text).ok());
  }

  static std::shared_ptr<arrow::RecordBatch> Rows(const std::string& keys, const std::string& values,
                                                  std::int64_t time_us) {
    const auto key = ArrayOf(TypeKind::kString, keys);
    arrow::TimestampBuilder times(ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
    for (std::int64_t row = 0; row < key->length(); ++row) EXPECT_TRUE(times.Append(time_us + row).ok());
    return BatchOf({{"k", key}, {"t", times.Finish().ValueOrDie()}, {"x", ArrayOf(TypeKind::kInt64, values)}});
  }

  void WriteRows(const std::string& name, const std::string& keys, const std::string& values,
                 std::int64_t time_us = 0) {
    const auto rows = Rows(keys, values, time_us);
    const auto kept = name == "rows.arrow" ? rows->RemoveColumn(2).ValueOrDie() : rows;
    const auto writer = CreateTableFile(*disk_, Path(name), kept->schema());
    ASSERT_TRUE(writer.ok()) << writer.status().ToString();
    ASSERT_TRUE((*writer)->Write(*kept).ok());
    ASSERT_TRUE((*writer)->Close().ok());
  }

  // Opens the project anew, as another process would.
  void Restart() {
    files_.Heal();
    tables_.reset();
    project_ = OpenProject({files_, *clock_, logger_}, folder_.path()).value();
    tables_ = OnlineTables::Open(*project_, counters_).value();
  }

  ExecutionContext Execution() { return {memory_, project_->threads(), nullptr, nullptr, ""}; }

  Status Apply() {
    LARDER_ASSIGN_OR_RETURN(const PlannedApply planned, PlanApply(*project_, "a test"));
    return CarryOut(*project_, planned).status();
  }

  // Writes the training set as `historical --output` does, and returns it as text.
  Result<std::string> Historical() {
    HistoricalRequest request;
    request.features = {{"v", "w"}, "", false};
    request.entities = Path("rows.arrow");
    LARDER_ASSIGN_OR_RETURN(const auto rows, GetHistorical(*project_, request, Execution()));
    LARDER_ASSIGN_OR_RETURN(const auto writer, CreateTableFile(files_, Path("out/training.csv"), rows->schema()));
    std::string text;
    while (true) {
      LARDER_ASSIGN_OR_RETURN(const auto batch, rows->Next());
      if (batch == nullptr) break;
      LARDER_RETURN_IF_ERROR(writer->Write(*batch));
      for (const auto& column : batch->columns()) text += column->ToString();
    }
    LARDER_RETURN_IF_ERROR(writer->Close());
    return text;
  }

  Result<std::string> Materialize() {
    MaterializeRequest request;
    request.to_us = 3 * kHourUs;
    LARDER_RETURN_IF_ERROR(larder::Materialize(*project_, *tables_, request, Execution()).status());
    return StoredRows();
  }

  Result<std::string> StoredRows() {
    std::string text;
    for (const TableStatistics& table : tables_->store().Tables()) {
      LARDER_ASSIGN_OR_RETURN(const auto opened, tables_->store().OpenTable(table.name));
      LARDER_ASSIGN_OR_RETURN(const auto scan, opened->Scan(ScanCells::kRows));
      ScannedCell cell;
      while (true) {
        LARDER_ASSIGN_OR_RETURN(const bool found, scan->Next(cell));
        if (!found) break;
        text += table.name.view + ": " + std::string(cell.key.entity_key) + " = " + std::string(cell.value) + "\n";
      }
    }
    return text;
  }

  Status PushRow() {
    PushRequest request;
    request.target = "v";
    request.rows = TableOf(Rows(R"(["a"])", "[9]", kHourUs));
    return Push(*project_, tables_.get(), request).status();
  }

  std::vector<std::string> FilesIn(const std::string& name) {
    std::vector<std::string> names;
    const auto listed = disk_->List(Path(name));
    if (!listed.ok()) return names;
    for (const FileInfo& file : *listed) names.push_back(file.path.substr(file.path.rfind('/') + 1));
    return names;
  }

  // Calls `work` again and again; at the n-th time the n-th call of the file system fails, until no call was left to
  // fail. `after` looks at what the work left, with the disk healed.
  void FailEveryCall(const std::function<Status()>& work, const std::function<void(const Status&)>& after) {
    for (std::int64_t n = 1;; ++n) {
      ASSERT_LT(n, kMaxCalls);
      SCOPED_TRACE("call " + std::to_string(n));
      const std::int64_t before = files_.TotalCallCount();
      files_.FailAnyCall(n, Reason::kIoError);
      const Status status = work();
      const bool reached = files_.TotalCallCount() - before >= n;
      files_.Heal();
      if (!status.ok()) {
        ASSERT_TRUE(reached) << status.ToString();
        // A source that cannot be read while definitions are checked is a fault of its place in them.
        EXPECT_TRUE(status.reason() == Reason::kIoError || status.reason() == Reason::kInvalidDefinition);
        EXPECT_NE(status.ToString().find("fault by order"), std::string::npos) << status.ToString();
      }
      after(status);
      if (HasFatalFailure() || !reached) return;
    }
  }

  TestFolder folder_;
  const std::unique_ptr<FileSystem> disk_ = NewPosixFileSystem();
  FaultFileSystem files_{*disk_};
  const std::unique_ptr<Clock> clock_ = NewSystemClock();
  Logger logger_{*clock_, LogLevel::kError, NewStandardErrorSink()};
  Counters counters_;
  MemoryBudget memory_{std::int64_t{1} << 28};
  std::unique_ptr<Project> project_;
  std::unique_ptr<OnlineTables> tables_;
};

TEST_F(ProjectFiles, AnApplyIsWholeOrNotThere) {
  FailEveryCall([this] { return Apply(); },
                [this](const Status& status) {
                  EXPECT_EQ(project_->Snapshot().value()->current().feature_views().size(), status.ok() ? 2u : 0u);
                  ASSERT_TRUE(disk_->RemoveFolder(Path(".larder")).ok() || !status.ok());
                  Restart();
                });
}

TEST_F(ProjectFiles, ATrainingSetIsWholeOrTheOldOneStays) {
  ASSERT_TRUE(Apply().ok());
  ASSERT_TRUE(disk_->MakeFolders(Path("out")).ok());
  const std::string whole = Historical().value();
  EXPECT_NE(whole.find('7'), std::string::npos);
  const std::string content = ReadWholeFile(*disk_, Path("out/training.csv"), 1 << 20).value();
  std::string made;
  FailEveryCall(
      [&]() -> Status {
        EXPECT_TRUE(WriteFileAtomically(*disk_, Path("out/training.csv"), "old").ok());
        LARDER_ASSIGN_OR_RETURN(made, Historical());
        return {};
      },
      [&](const Status& status) {
        const std::string now = ReadWholeFile(*disk_, Path("out/training.csv"), 1 << 20).value();
        EXPECT_EQ(now, status.ok() ? content : "old");
        if (status.ok()) {
          EXPECT_EQ(made, whole);
        }
        EXPECT_EQ(FilesIn("out"), std::vector<std::string>{"training.csv"});
      });
}

TEST_F(ProjectFiles, AMaterializationDoneAgainEndsTheSame) {
  ASSERT_TRUE(Apply().ok());
  const std::string whole = Materialize().value();
  EXPECT_EQ(std::count(whole.begin(), whole.end(), '\n'), 4);
  Restart();
  FailEveryCall([this] { return Materialize().status(); },
                [&](const Status& status) {
                  if (status.ok()) {
                    EXPECT_EQ(StoredRows().value(), whole);
                  }
                  EXPECT_EQ(Materialize().value(), whole);
                  Restart();
                });
}

TEST_F(ProjectFiles, APushIsKeptWholeOrNotAtAll) {
  ASSERT_TRUE(Apply().ok());
  ASSERT_TRUE(disk_->MakeFolders(Path("out")).ok());
  const std::string without = Historical().value();
  ASSERT_TRUE(PushRow().ok());
  const std::string with = Historical().value();
  ASSERT_NE(with, without);
  Restart();
  FailEveryCall(
      [this] {
        EXPECT_TRUE(disk_->RemoveFolder(Path(".larder/offline")).ok());
        return PushRow();
      },
      [&](const Status& status) {
        EXPECT_EQ(Historical().value(), status.ok() ? with : without);
        EXPECT_TRUE(FilesIn(".larder/offline/pushed/view/v/1").size() == (status.ok() ? 1u : 0u));
        if (!status.ok()) {
          EXPECT_EQ(StoredRows().value(), "");
        }
        Restart();
      });
}

}  // namespace
}  // namespace larder::fault
