#include "http/response_text.h"

#include <algorithm>
#include <array>

#include "base/timestamp.h"
#include "text/number_text.h"

namespace larder::http {
namespace {

/// Names one status.
struct Phrase {
  int status;
  std::string_view words;
};

constexpr std::array kPhrases = {
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{301, "Moved Permanently"},
    Phrase{302, "Found"},
    Phrase{304, "Not Modified"},
    Phrase{400, "Bad Request"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{413, "Content Too Large"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{422, "Unprocessable Content"},
    Phrase{429, "Too Many Requests"},
    Phrase{500, "Internal Server Error"},
    Phrase{503, "Service Unavailable"},
    Phrase{507, "Insufficient Storage"},
};

void AppendField(std::string_view name, std::string_view value, std::string& out) {
  // A control character could begin a field of its own.
  const auto append_visible = [&out](std::string_view text) {
    for (const char character : text) {
      if (static_cast<unsigned char>(character) >= 0x20 && character != 0x7F) out.push_back(character);
    }
  };
  append_visible(name);
  out.append(": ");
  append_visible(value);
  out.append("\r\n");
}

void AppendTwoDigits(std::int64_t number, std::string& out) {
  out.push_back(static_cast<char>('0' + number / 10 % 10));
  out.push_back(static_cast<char>('0' + number % 10));
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  const auto* const found =
      std::find_if(kPhrases.begin(), kPhrases.end(), [&](const Phrase& phrase) { return phrase.status == status; });
  return found != kPhrases.end() ? found->words : "Status";
}

bool HasBody(int status) { return status >= 200 && status != 204 && status != 304; }

void AppendResponseHead(const ResponseHead& head, std::string& out) {
  out.append("HTTP/1.1 ");
  AppendInteger(head.status, out);
  out.append(" ").append(ReasonPhrase(head.status)).append("\r\n");
  const bool has_body = HasBody(head.status);
  if (has_body) {
    out.append("Content-Length: ");
    AppendUnsigned(head.content_length, out);
    out.append("\r\n");
  }
  if (has_body && !head.content_type.empty()) out.append("Content-Type: ").append(head.content_type).append("\r\n");
  out.append("Date: ").append(head.date).append("\r\n");
  if (!head.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (head.minor_version == 0) {
    out.append("Connection: keep-alive\r\n");
  }
  if (head.headers != nullptr) {
    for (const auto& [name, value] : *head.headers) AppendField(name, value, out);
  }
  out.append("\r\n");
}

std::string FormatHttpDate(std::int64_t instant_us) {
  constexpr std::array<std::string_view, 7> kDays = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // day 0: Thu
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::int64_t instant_s = std::max<std::int64_t>(instant_us, 0) / kMicrosPerSecond;
  const std::int64_t days = instant_s / 86'400;
  const std::int64_t second = instant_s % 86'400;
  const CivilDate date = CivilFromDays(days);
  std::string text(kDays[static_cast<std::size_t>(days % 7)]);
  text += ", ";
  AppendTwoDigits(date.day, text);
  text.append(" ").append(kMonths[static_cast<std::size_t>(date.month - 1)]).append(" ");
  text += std::to_string(date.year) + " ";
  AppendTwoDigits(second / 3600, text);
  text += ':';
  AppendTwoDigits(second / 60 % 60, text);
  text += ':';
  AppendTwoDigits(second % 60, text);
  return text + " GMT";
}

}  // namespace larder::http
