// What a mistyped name was meant to be.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace larder {

/// Returns the candidate that is fewest edits away from `name` (insert, delete, replace, swap of neighbours; capitals
/// count as equal to small letters), the first of equals; none when all are further than a third of the name's length
/// (at least 1, at most 4 edits). Names beyond 256 bytes match nothing. Cost: candidates x length x length.
std::optional<std::string> NearestName(std::string_view name, std::span<const std::string> candidates);
std::optional<std::string> NearestName(std::string_view name, std::span<const std::string_view> candidates);

/// Returns `did you mean 'x'?` for the nearest candidate, or nothing: the hint of an error.
std::string DidYouMean(std::string_view name, std::span<const std::string> candidates);
std::string DidYouMean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace larder
