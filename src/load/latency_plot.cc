#include "load/latency_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace larder {
namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 400;
constexpr double kLeft = 70;
constexpr double kRight = 20;
constexpr double kTop = 40;
constexpr double kBottom = 50;
constexpr int kPointsPerNine = 20;
constexpr int kMaxNines = 6;

std::string Number(double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::string EscapedXml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      escaped += c;
    }
  }
  return escaped;
}

// Where things stand: x counts nines of the percentile, y powers of ten of nanoseconds.
struct Scale {
  int nines = 1;
  int least_power = 3;
  int greatest_power = 6;

  double X(double nine) const { return kLeft + nine / nines * (kWidth - kLeft - kRight); }
  double Y(double power) const {
    return kHeight - kBottom - (power - least_power) / (greatest_power - least_power) * (kHeight - kTop - kBottom);
  }
};

Scale ScaleOf(const LatencyHistogram& spans) {
  Scale scale;
  if (spans.count() == 0) return scale;
  const double count = static_cast<double>(spans.count());
  scale.nines = std::clamp(static_cast<int>(std::floor(std::log10(count))), 1, kMaxNines);
  scale.least_power =
      static_cast<int>(std::floor(std::log10(static_cast<double>(std::max<std::int64_t>(spans.least_ns(), 1)))));
  scale.greatest_power =
      static_cast<int>(std::ceil(std::log10(static_cast<double>(std::max<std::int64_t>(spans.greatest_ns(), 2)))));
  scale.greatest_power = std::max(scale.greatest_power, scale.least_power + 1);
  return scale;
}

std::string Line(double x1, double y1, double x2, double y2) {
  return R"(<line x1=")" + Number(x1) + R"(" y1=")" + Number(y1) + R"(" x2=")" + Number(x2) + R"(" y2=")" + Number(y2) +
         "\" stroke=\"#ddd\"/>\n";
}

std::string Label(double x, double y, std::string_view anchor, std::string_view text) {
  return R"(<text x=")" + Number(x) + R"(" y=")" + Number(y) + R"(" text-anchor=")" + std::string(anchor) + "\">" +
         EscapedXml(text) + "</text>\n";
}

std::string PowerName(int power) {
  constexpr std::array<std::string_view, 4> kUnits = {"ns", "us", "ms", "s"};
  const int unit = std::min(power / 3, 3);
  return "1" + std::string(static_cast<std::size_t>(power - 3 * unit), '0') + " " +
         std::string(kUnits[static_cast<std::size_t>(unit)]);
}

std::string NineName(int nine) {
  if (nine == 0) return "0 %";
  std::string text = nine == 1 ? "90" : "99";
  if (nine > 2) text += "." + std::string(static_cast<std::size_t>(nine - 2), '9');
  return text + " %";
}

std::string Axes(const Scale& scale) {
  std::string text;
  for (int nine = 0; nine <= scale.nines; ++nine) {
    text += Line(scale.X(nine), kTop, scale.X(nine), kHeight - kBottom);
    text += Label(scale.X(nine), kHeight - kBottom + 18, "middle", NineName(nine));
  }
  for (int power = scale.least_power; power <= scale.greatest_power; ++power) {
    text += Line(kLeft, scale.Y(power), kWidth - kRight, scale.Y(power));
    text += Label(kLeft - 6, scale.Y(power) + 4, "end", PowerName(power));
  }
  return text +
         Label(kLeft + (kWidth - kLeft - kRight) / 2, kHeight - 10, "middle", "share of requests answered by then");
}

}  // namespace

std::string LatencyPlot(std::string_view title, const LatencyHistogram& spans) {
  const Scale scale = ScaleOf(spans);
  std::string text =
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="720" height="400" font-family="sans-serif" font-size="12">)";
  text += "\n<rect width=\"720\" height=\"400\" fill=\"#fff\"/>\n";
  text += Label(kLeft, kTop - 16, "start", title);
  text += Axes(scale);
  if (spans.count() > 0) {
    text += R"(<polyline fill="none" stroke="#1f6feb" stroke-width="2" points=")";
    for (int point = 0; point <= scale.nines * kPointsPerNine; ++point) {
      const double nine = static_cast<double>(point) / kPointsPerNine;
      const std::int64_t span_ns = spans.PercentileNs(1 - std::pow(10, -nine));
      text += Number(scale.X(nine)) + "," +
              Number(scale.Y(std::log10(static_cast<double>(std::max<std::int64_t>(span_ns, 1))))) + " ";
    }
    text += "\"/>\n";
  }
  return text + "</svg>\n";
}

}  // namespace larder
