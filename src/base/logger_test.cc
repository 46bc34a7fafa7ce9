#include "base/logger.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace larder {
namespace {

class LoggerTest : public testing::Test {
 protected:
  Logger::Sink Keep() {
    return [this](std::string_view line) { lines_.emplace_back(line); };
  }

  const ManualClock clock_{0};
  std::vector<std::string> lines_;
};

TEST_F(LoggerTest, WritesTimeLevelAndText) {
  Logger logger(clock_, LogLevel::kInfo, Keep());
  logger.Debug("not this");
  logger.Info("hello");
  logger.Error("bad");
  EXPECT_EQ(lines_, (std::vector<std::string>{"1970-01-01T00:00:00.000000Z info: hello\n",
                                              "1970-01-01T00:00:00.000000Z error: bad\n"}));
  EXPECT_FALSE(logger.IsOn(LogLevel::kDebug));
  EXPECT_TRUE(logger.IsOn(LogLevel::kWarning));
}

TEST_F(LoggerTest, AMessageIsOneLine) {
  Logger logger(clock_, LogLevel::kDebug, Keep());
  logger.Warning("a\nb\x1b[31m\t");
  EXPECT_EQ(lines_.at(0), "1970-01-01T00:00:00.000000Z warning: a\\nb\\x1b[31m\\x09\n");
  logger.Debug(std::string(Logger::kMaxMessageBytes + 1, 'x'));
  EXPECT_EQ(lines_.at(1).size(), std::string("1970-01-01T00:00:00.000000Z debug: ...\n").size() + 8192);
}

TEST_F(LoggerTest, LinesOfThreadsDoNotMix) {
  Logger logger(clock_, LogLevel::kDebug, Keep());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&logger] {
      for (int k = 0; k < 100; ++k) logger.Info("same");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines_, std::vector<std::string>(400, "1970-01-01T00:00:00.000000Z info: same\n"));
}

}  // namespace
}  // namespace larder
