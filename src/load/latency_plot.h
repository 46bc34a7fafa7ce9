// Latencies as a picture: percentiles against time, for a page or a report.
#pragma once

#include <string>
#include <string_view>

#include "load/latency_histogram.h"

namespace larder {

/// Returns an SVG picture: latency (logarithmic) by percentile (0, 90, 99, 99.9 ... at equal distances), which shows
/// the tail. An empty histogram gives axes alone.
std::string LatencyPlot(std::string_view title, const LatencyHistogram& spans);

}  // namespace larder
