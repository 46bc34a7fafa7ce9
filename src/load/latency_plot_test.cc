#include "load/latency_plot.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

bool Holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(LatencyPlot, ShowsTheTail) {
  LatencyHistogram spans;
  for (int i = 0; i < 999; ++i) spans.Record(20'000);
  spans.Record(9'000'000);
  const std::string svg = LatencyPlot("a < b & c", spans);
  EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
  EXPECT_TRUE(Holds(svg, "a &lt; b &amp; c"));
  // 1,000 spans tell three nines apart; 20 us to 9 ms lie between 10 us and 10 ms.
  EXPECT_TRUE(Holds(svg, ">99.9 %<") && !Holds(svg, ">99.99 %<"));
  EXPECT_TRUE(Holds(svg, ">10 us<") && Holds(svg, ">10 ms<") && !Holds(svg, ">100 ms<") && !Holds(svg, ">1 us<"));
  // 20 us stands log10(2) = 0.301 of three powers above the bottom: 350 - 0.301 / 3 * 310 = 318.9.
  EXPECT_TRUE(Holds(svg, "points=\"70.0,318.9 "));
}

TEST(LatencyPlot, DrawsAxesWithoutSpans) {
  const std::string svg = LatencyPlot("nothing", LatencyHistogram());
  EXPECT_TRUE(Holds(svg, ">0 %<"));
  EXPECT_FALSE(Holds(svg, "polyline"));
}

}  // namespace
}  // namespace larder
