#include "intent/figures.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "reward/tokens.h"
#include "text/ascii.h"

namespace updraft::intent {
namespace {

using reward::contains;

constexpr std::string_view numbers = "0 0.0 0,0";
constexpr std::string_view days = "0 0. 0st 0nd 0rd 0th";
constexpr std::string_view whole_dates = "0-0-0 0.0.0 0.0. 0/0/0";
constexpr std::string_view times = "0am 0pm 0:0am 0:0pm 0.0am 0.0pm 0-0am 0-0pm 0am-0pm 0pm-0pm 0am-0am 0h0";
constexpr std::string_view before_half_of_day = "0 0:0 0.0 0-0";
constexpr std::string_view lengths = "0px 0mm 0cm 0inch";
constexpr std::string_view units = "px pixel pixels mm cm inch inches";
constexpr std::string_view units_of_sizes = "in ft feet m";  // alone, these are other words
constexpr std::string_view ratios = "16:9 9:16 4:3 3:4 4:5 5:4 1:1 3:2 2:3 21:9 16:10";
constexpr std::string_view currencies = "eur euro euros usd gbp dollar dollars buck bucks quid";
constexpr std::string_view reductions = "off discount rabatt";
constexpr std::string_view months =
    "jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october nov "
    "november dec december januar februar mai juni juli oktober okt dezember dez";

constexpr std::string_view weekdays =
    "mon monday tue tues tuesday wed weds wednesday thu thur thurs thursday fri friday sat saturday sun sunday";

struct Word {
  std::string_view typed;
  std::string lower;
  std::string shape;  // lower, but with 0 for each run of digits and x for a multiplication sign: "1080x1080" is "0x0"
};

std::string shape_of(std::string_view lower) {
  std::string shape;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (!text::is_digit(lower[i])) {
      shape += lower[i];
    } else if (shape.empty() || shape.back() != '0') {
      shape += '0';
    }
  }
  if (const std::size_t sign = shape.find("\xC3\x97"); sign != std::string::npos) shape.replace(sign, 2, "x");
  return shape;
}

std::vector<Word> words_of(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  std::vector<Word> words;
  for (std::size_t at = 0; (at = text.find_first_not_of(space, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(space, at), text.size());
    std::string_view typed = text.substr(at, end - at);
    at = end;
    while (!typed.empty() && std::string_view("([{\"'").find(typed.front()) != std::string_view::npos)
      typed.remove_prefix(1);
    while (!typed.empty() && std::string_view(")]}\"',;!?").find(typed.back()) != std::string_view::npos)
      typed.remove_suffix(1);
    std::string lower = text::lower_case(std::string(typed));
    std::string shape = shape_of(lower);
    if (shape.ends_with('.') && shape != "0.0." && shape != "0.") {  // a sentence's
      typed.remove_suffix(1), lower.pop_back(), shape.pop_back();
    }
    words.push_back({typed, std::move(lower), std::move(shape)});
  }
  return words;
}

int value_of(std::string_view digits) {
  int value = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// How many of the words are one figure of a kind, from the first on; 0: none.

std::size_t size_at(std::span<const Word> words) {
  const auto is = [&](std::size_t i, std::string_view list) {
    return i < words.size() && contains(list, words[i].lower);
  };
  const auto is_number = [&](std::size_t i) { return i < words.size() && contains(numbers, words[i].shape); };
  std::string_view shape = words[0].shape;
  std::size_t n = 0;
  const bool is_paper = shape == "a0" && words[0].lower.size() == 2 && words[0].lower < "a8";
  if (is_paper || contains(ratios, words[0].lower) || contains(lengths, shape)) {
    n = 1;
  } else if (is_number(0) && is(1, "x \xC3\x97 by") && is_number(2)) {
    n = 3;
  } else if (is_number(0) && is(1, units)) {
    n = 2;
  } else if (const std::size_t x = shape.find('x');
             x != std::string_view::npos && contains(numbers, shape.substr(0, x))) {
    std::string_view rest = shape.substr(x + 1);
    const std::size_t unit = std::min(rest.find_first_not_of("0.,"), rest.size());
    const std::string_view tail = rest.substr(unit);
    const bool is_unit = tail.empty() || contains(units, tail) || contains(units_of_sizes, tail);
    if (contains(numbers, rest.substr(0, unit)) && is_unit) n = 1;
  }
  if (n == 0) return 0;
  if ((n == 1 || n == 3) && (is(n, units) || is(n, units_of_sizes))) ++n;
  if (is(n, "landscape portrait")) ++n;
  return n;
}

std::size_t date_at(std::span<const Word> words) {
  if (words.size() > 1 && contains(weekdays, words[0].lower)) {
    const std::size_t n = date_at(words.subspan(1));
    return n == 0 ? 0 : n + 1;
  }
  const auto is = [&](std::size_t i, std::string_view list) {
    return i < words.size() && contains(list, words[i].lower);
  };
  const auto is_day = [&](std::size_t i) {
    if (i >= words.size() || !contains(days, words[i].shape)) return false;
    const int day = value_of(words[i].lower);
    return day >= 1 && day <= 31;
  };
  const std::string& shape = words[0].shape;
  if (contains(whole_dates, shape) || contains(times, shape)) return 1;
  if (contains(before_half_of_day, shape) && is(1, "am pm")) return 2;
  if (shape == "0:0" && words[0].lower.size() - words[0].lower.find(':') == 3 && !contains(ratios, words[0].lower))
    return 1;
  std::size_t n = 0;
  if (is_day(0) && is(1, months)) n = 2;
  if (is_day(0) && is(1, "of") && is(2, months)) n = 3;
  if (is(0, months) && is_day(1)) n = 2;
  if (n == 0) return 0;
  const bool year = n < words.size() && words[n].shape == "0" && words[n].lower.size() == 4;
  return year ? n + 1 : n;
}

std::size_t price_at(std::span<const Word> words) {
  const auto is = [&](std::size_t i, std::string_view list) {
    return i < words.size() && contains(list, words[i].lower);
  };
  const std::string& shape = words[0].shape;
  for (const std::string_view sign : {"$", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5", "\xE2\x82\xB9"}) {
    if (shape.starts_with(sign) && shape.substr(sign.size()).starts_with('0')) return 1;  // "$28/h" as well
    if (shape == sign && words.size() > 1 && contains(numbers, words[1].shape)) return 2;
    if (shape.ends_with(sign) && contains(numbers, shape.substr(0, shape.size() - sign.size()))) return 1;
  }
  if (contains("0eur 0usd", shape)) return 1;
  if (contains(numbers, shape) && is(1, currencies)) return 2;
  if (shape == "0%" && is(1, reductions)) return 2;
  return shape == "0" && is(1, "% percent") && is(2, reductions) ? 3 : 0;
}

struct Kind {
  std::size_t (*length)(std::span<const Word>);
  std::vector<std::string> Figures::*found;
};
constexpr auto kinds =
    std::to_array<Kind>({{price_at, &Figures::prices}, {date_at, &Figures::dates}, {size_at, &Figures::sizes}});

// The words that are no figures are counted.
std::size_t read(std::string_view text, Figures& figures) {
  const std::vector<Word> words = words_of(text);
  std::size_t others = 0;
  for (std::size_t at = 0; at < words.size();) {
    const auto rest = std::span(words).subspan(at);
    std::size_t n = 0;
    for (const Kind& kind : kinds) {
      n = kind.length(rest);
      if (n == 0) continue;
      const char* begin = rest.front().typed.data();
      const std::string_view last = rest[n - 1].typed;
      std::string figure(begin, static_cast<std::size_t>(last.data() + last.size() - begin));
      if (!contains(figures.*kind.found, figure)) (figures.*kind.found).push_back(std::move(figure));
      break;
    }
    if (n == 0) ++others;
    at += std::max<std::size_t>(n, 1);
  }
  return others;
}

}  // namespace

Figures figures_of(std::string_view text) {
  Figures figures;
  read(text, figures);
  return figures;
}

bool is_figure(std::string_view text) {
  Figures figures;
  const bool only = read(text, figures) == 0;
  return only && !(figures.sizes.empty() && figures.dates.empty() && figures.prices.empty());
}

}  // namespace updraft::intent
