#include "serving/jobs.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace larder {
namespace {

// Waits until a job is in a state, at most ten seconds; returns the last description.
std::string WaitFor(const Jobs& jobs, const std::string& id, const std::string& state) {
  std::string described;
  for (int i = 0; i < 1000; ++i) {
    described = *jobs.Describe(id);
    if (described.find("\"state\":\"" + state + "\"") != std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return described;
}

// Runs until it is cancelled.
Result<std::string> Endless(const Cancellation& cancellation, Progress& progress) {
  progress.Begin("turning", "rounds");
  for (std::int64_t round = 0;; ++round) {
    LARDER_RETURN_IF_ERROR(cancellation.Check());
    progress.Update(round, Progress::kUnknownTotal);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST(JobsTest, AJobTellsItsResult) {
  Jobs jobs;
  const auto id = jobs.Begin([](const Cancellation&, Progress& progress) -> Result<std::string> {
    progress.Begin("counting", "rows");
    progress.Update(3, 4);
    return std::string("{\"rows\":3}");
  });
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(WaitFor(jobs, *id, "done"),
            "{\"id\":\"job-1\",\"state\":\"done\",\"stage\":\"counting\",\"unit\":\"rows\","
            "\"done\":3,\"total\":4,\"result\":{\"rows\":3}}");
}

TEST(JobsTest, AJobTellsItsFailure) {
  Jobs jobs;
  const auto id = jobs.Begin([](const Cancellation&, Progress&) -> Result<std::string> {
    return Status(Reason::kNoSpace, "full", "make room");
  });
  ASSERT_TRUE(id.ok());
  EXPECT_NE(WaitFor(jobs, *id, "failed").find(R"("error":{"code":"RESOURCE_EXHAUSTED","reason":"no_space")"),
            std::string::npos);
}

TEST(JobsTest, FinishLetsJobsEndAndTell) {
  Jobs jobs;
  const auto id = jobs.Begin([](const Cancellation&, Progress&) -> Result<std::string> {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return std::string("1");
  });
  ASSERT_TRUE(id.ok());
  std::thread asker([&] { EXPECT_NE(WaitFor(jobs, *id, "done").find("\"result\":1"), std::string::npos); });
  jobs.Finish(std::chrono::seconds(60));
  EXPECT_NE(jobs.Describe(*id)->find("\"state\":\"done\""), std::string::npos);
  asker.join();
  EXPECT_EQ(jobs.Begin(Endless).status().reason(), Reason::kUnavailable);
}

TEST(JobsTest, FinishEndsAtItsTime) {
  Jobs jobs;
  const auto id = jobs.Begin(Endless);
  ASSERT_TRUE(id.ok());
  jobs.Finish(std::chrono::milliseconds(20));
  EXPECT_NE(jobs.Describe(*id)->find("\"state\":\"running\""), std::string::npos);
  jobs.Stop();
  EXPECT_NE(jobs.Describe(*id)->find("\"state\":\"cancelled\""), std::string::npos);
}

TEST(JobsTest, AJobCanBeCancelled) {
  Jobs jobs;
  const auto id = jobs.Begin(Endless);
  ASSERT_TRUE(id.ok());
  ASSERT_TRUE(jobs.Cancel(*id).ok());
  EXPECT_NE(WaitFor(jobs, *id, "cancelled").find("\"reason\":\"interrupted\""), std::string::npos);
}

TEST(JobsTest, JobsAreBoundedAndStop) {
  Jobs jobs;
  for (std::size_t i = 0; i < Jobs::kMaxRunning; ++i) ASSERT_TRUE(jobs.Begin(Endless).ok());
  EXPECT_EQ(jobs.Begin(Endless).status().reason(), Reason::kOverloaded);
  jobs.Stop();
  EXPECT_EQ(jobs.Begin(Endless).status().reason(), Reason::kUnavailable);
  EXPECT_EQ(jobs.Describe("job-99").status().reason(), Reason::kUnknownObject);
  EXPECT_EQ(jobs.Cancel("x").reason(), Reason::kUnknownObject);
}

}  // namespace
}  // namespace larder
