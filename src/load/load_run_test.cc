#include "load/load_run.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "http/handler.h"
#include "http/server.h"
#include "load/load_report.h"

namespace larder {
namespace {

// Answers `/echo` with the body, `/missing` with 404, `/close` and closes, `/never` not at all; `/stall` waits once.
class TestHandler final : public http::Handler {
 public:
  void Handle(http::Request& request, http::Responder responder) override {
    ++request_count;
    if (request.path == "/never") return kept_.push_back(std::move(responder));
    if (request.path == "/stall" && request_count == 50) std::this_thread::sleep_for(std::chrono::milliseconds(400));
    http::Response response;
    response.status = request.path == "/missing" ? 404 : 200;
    if (request.path == "/close") response.headers.emplace_back("Connection", "close");
    response.body = request.TakeBody();
    responder.Send(std::move(response));
  }
  http::Response Refuse(const Status& /*status*/) override { return {}; }

  std::atomic<int> request_count{0};

 private:
  std::vector<http::Responder> kept_;  // a responder that goes answers
};

class LoadTest : public testing::Test {
 protected:
  LoadTest() {
    http::ServerOptions options;
    options.listen = {*http::ParseAddress("127.0.0.1:0")};
    options.loop_count = 1;
    auto started = http::StartServer(options, handler_, *clock_);
    EXPECT_TRUE(started.ok()) << started.status().ToString();
    server_ = std::move(started).value();
    options_.address = server_->addresses().front();
    options_.path = "/echo";
    options_.duration_ns = 60'000'000'000;
  }

  Result<LoadMeasurement> Run() {
    return RunLoad({options_, *bodies_, expected_ ? &*expected_ : nullptr, *clock_, cancellation_});
  }

  const std::unique_ptr<Clock> clock_ = NewSystemClock();
  TestHandler handler_;
  std::unique_ptr<http::Server> server_;
  LoadRunOptions options_;
  std::unique_ptr<RequestBodies> bodies_ = NewFixedBodies({"some", "bodies"});
  std::optional<ExpectedValues> expected_;
  Cancellation cancellation_;
};

TEST_F(LoadTest, ClosedLoopSendsAsManyAsAskedFor) {
  options_.connection_count = 5;
  options_.pipelined_count = 3;
  options_.thread_count = 2;
  options_.max_request_count = 301;
  const auto measured = Run();
  ASSERT_TRUE(measured.ok()) << measured.status().ToString();
  EXPECT_TRUE(measured->is_clean());
  EXPECT_EQ(measured->answer_count, 301U);
  EXPECT_EQ(measured->latencies.count(), 301U);
  EXPECT_EQ(measured->statuses, (std::map<int, std::uint64_t>{{200, 301}}));
  EXPECT_EQ(handler_.request_count, 301);
  // Each thread sends "some" and "bodies" in turn: 76 and 75, 75 and 75.
  EXPECT_EQ(measured->body_bytes, 151U * 4 + 150U * 6);
  EXPECT_GE(measured->sent_bytes, measured->body_bytes);
  EXPECT_TRUE(LoadOutcome(*measured).ok());
}

TEST_F(LoadTest, OpenLoopSendsAtItsRate) {
  options_.connection_count = 4;
  options_.rate = 2000;
  options_.duration_ns = 250'000'000;
  options_.pipelined_count = 1000;
  const auto measured = Run();
  ASSERT_TRUE(measured.ok()) << measured.status().ToString();
  EXPECT_EQ(measured->statuses.size(), 1U);
  // Due at 0, 0.5, ... 249.5 ms: what a slow machine could not send in time is counted too.
  EXPECT_EQ(measured->answer_count + measured->unsent_count, 500U);
  EXPECT_EQ(measured->latencies.count(), 500U);
}

TEST_F(LoadTest, WarmUpIsNotCounted) {
  options_.rate = 1000;
  options_.warm_up_ns = 100'000'000;
  options_.duration_ns = 100'000'000;
  options_.pipelined_count = 1000;
  const auto measured = Run();
  ASSERT_TRUE(measured.ok()) << measured.status().ToString();
  EXPECT_EQ(measured->answer_count + measured->unsent_count, 100U);
  EXPECT_GE(handler_.request_count, 100);
}

// One stall of 400 ms at 1,000 requests a second: whoever was due in its first half waited at least 200 ms, also those
// that could not be sent because the connection was taken.
TEST_F(LoadTest, OpenLoopCountsWhoHadToWaitInLine) {
  options_.path = "/stall";
  options_.rate = 1000;
  options_.duration_ns = 900'000'000;
  const auto measured = Run();
  ASSERT_TRUE(measured.ok()) << measured.status().ToString();
  EXPECT_EQ(measured->latencies.count(), 900U);
  EXPECT_GE(measured->latencies.PercentileNs(1 - 190.0 / 900), 200'000'000);
}

TEST_F(LoadTest, ClosedLoopSeesOneStallOnly) {
  options_.path = "/stall";
  options_.max_request_count = 1000;
  const auto measured = Run();
  ASSERT_TRUE(measured.ok()) << measured.status().ToString();
  EXPECT_GE(measured->latencies.greatest_ns(), 400'000'000);
  EXPECT_LT(measured->latencies.PercentileNs(0.5), 400'000'000);
}

TEST_F(LoadTest, CountsOtherStatuses) {
  options_.path = "/missing";
  options_.max_request_count = 10;
  const auto measured = Run();
  ASSERT_TRUE(measured.ok()) << measured.status().ToString();
  EXPECT_FALSE(measured->is_clean());
  EXPECT_EQ(measured->statuses, (std::map<int, std::uint64_t>{{404, 10}}));
  const Status outcome = LoadOutcome(*measured);
  EXPECT_EQ(outcome.reason(), Reason::kUnavailable);
  EXPECT_NE(outcome.message().find("10 by another status than 200"), std::string::npos) << outcome.message();
  EXPECT_NE(outcome.message().find("an answer has status 404: some"), std::string::npos) << outcome.message();
}

TEST_F(LoadTest, ComparesValues) {
  expected_ = ExpectedValues{1, {{.name = "f", .floats = {0.5}}}};
  const std::string right = R"({"metadata":{"feature_names":["f"]},"results":[{"values":[]}]})";
  const std::string wrong = R"({"metadata":{"feature_names":["f"]},"results":[{"values":[0.5]}]})";
  bodies_ = NewFixedBodies({right, right, wrong, right});
  options_.max_request_count = 8;
  const auto measured = Run();
  ASSERT_TRUE(measured.ok()) << measured.status().ToString();
  EXPECT_EQ(measured->different_count, 2U);
  EXPECT_FALSE(LoadOutcome(*measured).ok());
}

TEST_F(LoadTest, MakesClosedConnectionsAgain) {
  options_.path = "/close";
  options_.connection_count = 2;
  options_.max_request_count = 6;
  const auto measured = Run();
  ASSERT_TRUE(measured.ok()) << measured.status().ToString();
  EXPECT_EQ(measured->answer_count, 6U);
  EXPECT_EQ(measured->unanswered_count, 0U);
}

TEST_F(LoadTest, GivesUpOnLateAnswers) {
  options_.path = "/never";
  options_.max_request_count = 2;
  options_.timeout_ns = 100'000'000;
  const auto measured = Run();
  ASSERT_TRUE(measured.ok()) << measured.status().ToString();
  EXPECT_EQ(measured->answer_count, 0U);
  EXPECT_EQ(measured->unanswered_count, 2U);
  EXPECT_NE(LoadOutcome(*measured).message().find("did not come within 100 ms"), std::string::npos);
}

TEST_F(LoadTest, FailsWithoutServer) {
  server_.reset();
  EXPECT_EQ(Run().status().reason(), Reason::kUnavailable);
}

TEST_F(LoadTest, StopsWhenCancelled) {
  options_.rate = 100;
  cancellation_.Cancel();
  const auto measured = Run();
  ASSERT_TRUE(measured.ok()) << measured.status().ToString();
  EXPECT_EQ(measured->answer_count, 0U);
}

TEST_F(LoadTest, RefusesNonsense) {
  const auto refused = [&](auto change) {
    const LoadRunOptions kept = options_;
    change(options_);
    EXPECT_EQ(Run().status().reason(), Reason::kUsage);
    options_ = kept;
  };
  refused([](LoadRunOptions& options) { options.connection_count = 0; });
  refused([](LoadRunOptions& options) { options.pipelined_count = 1001; });
  refused([](LoadRunOptions& options) { options.thread_count = 2; });
  refused([](LoadRunOptions& options) { options.rate = -1; });
  refused([](LoadRunOptions& options) { options.duration_ns = 0; });
  refused([](LoadRunOptions& options) { options.timeout_ns = INT64_MAX; });
}

TEST(LoadReport, TellsWhatWasMeasured) {
  LoadRunOptions options;
  options.rate = 50;
  options.row_count = 10;
  LoadMeasurement measured;
  for (int i = 1; i <= 100; ++i) measured.latencies.Record(i * 1000);
  measured.answer_count = 100;
  measured.statuses[200] = 100;
  measured.begin_ns = 0;
  measured.end_ns = 2'000'000'000;
  const std::string json = LoadReportJson(options, measured);
  for (const char* part : {R"("mode":"open")", R"("requests_per_second":50.000)", R"("rows_per_second":500.000)",
                           R"("min":1.000)", R"("p50":50.0)", R"("max":100.000)", R"("statuses":{"200":100})"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
  }
  const std::string text = LoadReportText(options, measured);
  EXPECT_NE(text.find("50 requests/s, 500 rows/s"), std::string::npos) << text;
  EXPECT_NE(text.find("p99 99."), std::string::npos) << text;
  EXPECT_EQ(text.find("p99.9"), std::string::npos) << "a percentile of too few spans: " << text;
}

}  // namespace
}  // namespace larder
