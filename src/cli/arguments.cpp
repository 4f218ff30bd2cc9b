#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "text/edit_distance.h"
#include "updraft/suggest.h"

namespace updraft::cli {
namespace {

// Names of commands and options are plain ASCII: a byte stands for a character.
std::u32string characters_of(std::string_view text) { return {text.begin(), text.end()}; }

template <class T>
std::optional<T> parse(std::string_view typed) {
  T value{};
  const auto [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), value);
  if (error != std::errc() || end != typed.data() + typed.size()) return std::nullopt;
  return value;
}

std::string short_number(float value) {
  std::array<char, 32> text{};
  return {text.data(),
          static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%g", static_cast<double>(value)))};
}

}  // namespace

AddOption typed_options(CLI::App& app) {
  return [&app](const std::string& names, std::string& value, const std::string& description, const char* type) {
    app.add_option(names, value, description)->type_name(type)->take_last();
  };
}

std::optional<std::string_view> closest(std::string_view typed, std::span<const std::string_view> candidates) {
  constexpr std::size_t longest = text::longest_compared;  // nobody mistypes more
  if (typed.empty() || typed.size() > longest) return std::nullopt;
  std::optional<std::string_view> best;
  const std::size_t most = std::max<std::size_t>(1, typed.size() / 3);
  std::size_t best_distance = most + 1;
  const std::u32string characters = characters_of(typed);
  for (const std::string_view candidate : candidates) {
    const bool is_beginning = typed.size() >= 3 && candidate.starts_with(typed);
    const std::size_t distance = is_beginning ? 1 : text::edit_distance(characters, characters_of(candidate), most);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view typed, std::span<const std::string_view> candidates) {
  const auto found = closest(typed, candidates);
  return found ? "; did you mean '" + std::string(*found) + "'?" : std::string();
}

std::string quote(std::string_view typed) {
  constexpr std::size_t longest = 60;
  if (typed.size() <= longest) return "'" + std::string(typed) + "'";
  std::size_t end = longest;  // not in the middle of a character
  while (end > 0 && (static_cast<unsigned char>(typed[end]) & 0xC0U) == 0x80U) --end;
  return "'" + std::string(typed.substr(0, end)) + "...'";
}

Result<std::uint64_t> read_integer(std::string_view option, std::string_view typed, std::uint64_t min,
                                   std::uint64_t max) {
  const auto value = parse<std::uint64_t>(typed);
  if (value && *value >= min && *value <= max) return *value;
  return fail(ErrorCode::invalid_argument, std::string(option) + " must be a whole number from " + std::to_string(min) +
                                               " to " + std::to_string(max) + ", not " + quote(typed));
}

Result<float> read_number(std::string_view option, std::string_view typed, float min, float max) {
  const auto value = parse<float>(typed);
  if (value && std::isfinite(*value) && *value >= min && *value <= max) return *value;
  return fail(ErrorCode::invalid_argument, std::string(option) + " must be a number from " + short_number(min) +
                                               " to " + short_number(max) + ", not " + quote(typed));
}

Result<int> read_threads(std::string_view typed) {
  constexpr std::uint64_t max_threads = 256;
  const auto threads = read_integer("--threads", typed, 0, max_threads);
  if (!threads) return tl::unexpected(threads.error());
  return static_cast<int>(*threads);
}

Result<WordRange> read_words(std::string_view option, std::string_view typed) {
  const std::size_t dash = typed.find('-');
  const auto first = parse<std::uint64_t>(typed.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse<std::uint64_t>(typed.substr(dash + 1));
  if (first && last && *first >= 1 && *last <= std::uint64_t{max_words}) {
    if (*first <= *last) return WordRange{static_cast<int>(*first), static_cast<int>(*last)};
    return fail(ErrorCode::invalid_argument,
                std::string(option) + " has its ends the wrong way round: " + quote(typed) + "; did you mean '" +
                    std::to_string(*last) + "-" + std::to_string(*first) + "'?");
  }
  return fail(ErrorCode::invalid_argument, std::string(option) + " must be a number of words from 1 to " +
                                               std::to_string(max_words) + " or a range such as 5-30, not " +
                                               quote(typed));
}

}  // namespace updraft::cli
