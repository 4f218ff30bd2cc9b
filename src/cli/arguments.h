// Reading what people type: numbers, ranges and names, with errors that say what would be right.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "updraft/result.h"
#include "updraft/task.h"

namespace CLI {
class App;
}

namespace updraft::cli {

// Adds options of a command whose values are read later, from what was typed; the last one counts.
using AddOption =
    std::function<void(const std::string& names, std::string& value, const std::string& description, const char* type)>;
[[nodiscard]] AddOption typed_options(CLI::App& app);  // which must outlive it

// The candidate that is most likely meant by `typed`, or nullopt when none is near.
[[nodiscard]] std::optional<std::string_view> closest(std::string_view typed,
                                                      std::span<const std::string_view> candidates);

// "; did you mean 'template'?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view typed, std::span<const std::string_view> candidates);

// What a user typed, for an error message: in quotes, cut when it is long.
[[nodiscard]] std::string quote(std::string_view typed);

// `option` names the option in errors: "-n must be a whole number from 1 to 64, not 'x'".
[[nodiscard]] Result<std::uint64_t> read_integer(std::string_view option, std::string_view typed, std::uint64_t min,
                                                 std::uint64_t max);
[[nodiscard]] Result<float> read_number(std::string_view option, std::string_view typed, float min, float max);
// --threads; 0: one a core.
[[nodiscard]] Result<int> read_threads(std::string_view typed);
// "12", or "5-30"
[[nodiscard]] Result<WordRange> read_words(std::string_view option, std::string_view typed);

}  // namespace updraft::cli
