#include "base/counters.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <thread>

namespace larder {
namespace {

TEST(CountersTest, TheSameNameAndLabelsAreOneObject) {
  Counters counters;
  Counter& ok = counters.GetCounter({"larder_requests_total", "Requests"}, {{"code", "200"}});
  Counter& bad = counters.GetCounter({"larder_requests_total", "Requests"}, {{"code", "400"}});
  EXPECT_NE(&ok, &bad);
  EXPECT_EQ(&ok, &counters.GetCounter({"larder_requests_total", "Requests"}, {{"code", "200"}}));
}

TEST(CountersTest, WritesPrometheusText) {
  Counters counters;
  counters.GetCounter({"b_total", "Things counted"}, {{"name", "q\"\\\n"}, {"kind", "x"}}).Add(3);
  counters.GetGauge({"a_bytes", "Bytes held"}).Set(1.5);
  constexpr std::array kBounds = {0.5, 1.0};
  Histogram& histogram = counters.GetHistogram({"c_seconds", "Time taken"}, kBounds, {{"route", "/health"}});
  for (const double value : {0.25, 0.5, 0.75, 4.0, std::numeric_limits<double>::quiet_NaN()}) histogram.Observe(value);
  EXPECT_EQ(counters.ToPrometheusText(),
            "# HELP a_bytes Bytes held\n"
            "# TYPE a_bytes gauge\n"
            "a_bytes 1.5\n"
            "# HELP b_total Things counted\n"
            "# TYPE b_total counter\n"
            "b_total{name=\"q\\\"\\\\\\n\",kind=\"x\"} 3\n"
            "# HELP c_seconds Time taken\n"
            "# TYPE c_seconds histogram\n"
            "c_seconds_bucket{route=\"/health\",le=\"0.5\"} 2\n"
            "c_seconds_bucket{route=\"/health\",le=\"1.0\"} 3\n"
            "c_seconds_bucket{route=\"/health\",le=\"+Inf\"} 4\n"
            "c_seconds_sum{route=\"/health\"} 5.5\n"
            "c_seconds_count{route=\"/health\"} 4\n");
}

TEST(CountersTest, ThreadsLoseNothing) {
  Counters counters;
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([&counters] {
      for (int i = 0; i < 1000; ++i) {
        counters.GetCounter({"n_total", "n"}).Add();
        counters.GetGauge({"g", "g"}).Add(1.0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counters.GetCounter({"n_total", "n"}).value(), 4000U);
  EXPECT_EQ(counters.GetGauge({"g", "g"}).value(), 4000.0);
}

TEST(CountersTest, TheNumberOfSeriesIsBounded) {
  Counters counters;
  for (std::size_t i = 0; i < Counters::kMaxSeries; ++i) {
    counters.GetCounter({"n_total", "n"}, {{"i", std::to_string(i)}});
  }
  Counter& beyond = counters.GetCounter({"n_total", "n"}, {{"i", "beyond"}});
  EXPECT_EQ(&beyond, &counters.GetCounter({"n_total", "n"}, {{"i", "further"}}));
  EXPECT_EQ(counters.ToPrometheusText().find("beyond"), std::string::npos);
}

}  // namespace
}  // namespace larder
