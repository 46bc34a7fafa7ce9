#include "http/address.h"

#include <charconv>
#include <limits>

namespace larder::http {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

Status NoAddress(std::string_view text) {
  return Status(Reason::kUsage, "not an address: '" + std::string(text) + "'",
                "write HOST:PORT, such as 127.0.0.1:6566 or [::1]:6566");
}

}  // namespace

std::string Address::ToString() const {
  if (kind == ListenerKind::kUnixSocket) return std::string(kUnixPrefix) + path;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Address> ParseAddress(std::string_view text) {
  Address address;
  if (text.starts_with(kUnixPrefix)) {
    address.kind = ListenerKind::kUnixSocket;
    address.path = text.substr(kUnixPrefix.size());
    if (address.path.empty() || address.path.find('\0') != std::string::npos) return NoAddress(text);
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return NoAddress(text);
  std::string_view host = text.substr(0, colon);
  const bool has_brackets = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (has_brackets) host = host.substr(1, host.size() - 2);
  if (!has_brackets && host.find_first_of("[]: /") != std::string_view::npos) return NoAddress(text);
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) return NoAddress(text);
  address.host = host;
  return address;
}

}  // namespace larder::http
