#include "text/time.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace updraft::text {
namespace {

// Reads a text from left to right.
struct Reader {
  std::string_view rest;

  // A number of exactly so many digits; -1: there is none.
  int digits(std::size_t n) {
    int value = -1;
    if (rest.size() < n || rest.front() == '-') return -1;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + n, value);
    if (error != std::errc() || end != rest.data() + n) return -1;
    rest.remove_prefix(n);
    return value;
  }
  bool take(char c) {
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
  }
};

}  // namespace

std::optional<double> parse_time(std::string_view text) {
  Reader reader{text};
  const int year = reader.digits(4);
  const bool dated = year >= 0 && reader.take('-');
  const int month = dated ? reader.digits(2) : -1;
  const int day = month > 0 && reader.take('-') ? reader.digits(2) : -1;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (day < 0 || !date.ok() || (!reader.take('T') && !reader.take(' '))) return std::nullopt;
  const int hour = reader.digits(2);
  const int minute = hour >= 0 && reader.take(':') ? reader.digits(2) : -1;
  const int second = minute >= 0 && reader.take(':') ? reader.digits(2) : -1;
  if (second < 0 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  double fraction = 0;
  if (reader.take('.')) {
    double place = 0.1;
    int digit = reader.digits(1);
    if (digit < 0) return std::nullopt;
    for (; digit >= 0; digit = reader.digits(1), place /= 10) fraction += digit * place;
  }
  int offset_minutes = 0;
  if (!reader.take('Z')) {
    const int sign = reader.take('+') ? 1 : reader.take('-') ? -1 : 0;
    const int hours = sign != 0 ? reader.digits(2) : -1;
    const int minutes = hours >= 0 && reader.take(':') ? reader.digits(2) : -1;
    if (minutes < 0 || hours > 23 || minutes > 59) return std::nullopt;
    offset_minutes = sign * (hours * 60 + minutes);
  }
  if (!reader.rest.empty()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return static_cast<double>(days) * 86400 + hour * 3600 + (minute - offset_minutes) * 60 + second + fraction;
}

std::string to_time(std::int64_t milliseconds) {
  using namespace std::chrono;
  const sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(milliseconds)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return out;
}

}  // namespace updraft::text
