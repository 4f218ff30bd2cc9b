#include "text/fields.h"

#include <algorithm>
#include <cmath>

#include "text/json_object.h"

namespace updraft::text {
namespace {

using nlohmann::json;

constexpr std::size_t shown = 40;  // of a name that was sent

// A name that was sent, to be told: printable, and not all of a long one.
std::string named(std::string_view name) {
  std::string out = "'";
  for (const char c : name.substr(0, shown)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < ' ' || byte >= 0x7F ? '?' : c;
  }
  return out + (name.size() > shown ? "...'" : "'");
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::string range(std::int64_t min, std::int64_t max) { return std::to_string(min) + " to " + std::to_string(max); }

std::string short_number(double value) {
  std::string text = std::to_string(value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Result<Fields> Fields::parse(std::string_view body, Nulls nulls) {
  auto object = parse_object(body);
  if (object) {
    Fields fields(*std::move(object), "");
    fields.nulls_ = nulls;
    return fields;
  }
  const std::string message = "the body cannot be taken: " + object.error().message;
  const bool is_json = json::accept(body.begin(), body.end());
  return fail(is_json ? ErrorCode::invalid_argument : ErrorCode::corrupt, message);
}

const json* Fields::value(std::string_view name) {
  known_.emplace(name);
  const auto found = object_.find(name);
  const bool absent = found == object_.end() || (found->is_null() && nulls_ == Nulls::are_absent);
  return absent ? nullptr : &*found;
}

std::optional<std::string> Fields::text(std::string_view name, std::size_t max_characters) {
  const json* found = value(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) {
    wrong(name, "is no string");
    return std::nullopt;
  }
  const auto& text = found->get_ref<const std::string&>();
  if (count_characters(text) > max_characters) {
    wrong(name, "is longer than " + std::to_string(max_characters) + " characters");
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> Fields::wanted_text(std::string_view name, std::size_t max_characters) {
  auto found = text(name, max_characters);
  if (found && is_blank(*found)) {
    wrong(name, "is empty");
    return std::nullopt;
  }
  return found;
}

std::optional<std::int64_t> Fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const json* found = value(name);
  if (found == nullptr) return std::nullopt;
  std::optional<std::int64_t> number;
  if (found->is_number_unsigned()) {
    const auto value = found->get<std::uint64_t>();
    if (value <= static_cast<std::uint64_t>(INT64_MAX)) number = static_cast<std::int64_t>(value);
  } else if (found->is_number_integer()) {
    number = found->get<std::int64_t>();
  } else if (found->is_number_float()) {  // 8.0 is a whole number, too
    const double value = found->get<double>();
    if (std::floor(value) == value && std::abs(value) < 0x1p53) number = static_cast<std::int64_t>(value);
  }
  if (!number || *number < min || *number > max) {
    wrong(name, "is no whole number from " + range(min, max));
    return std::nullopt;
  }
  return number;
}

std::optional<double> Fields::number(std::string_view name, double min, double max) {
  const json* found = value(name);
  if (found == nullptr) return std::nullopt;
  const double number = found->is_number() ? found->get<double>() : std::nan("");
  if (!(number >= min && number <= max)) {
    wrong(name, "is no number from " + short_number(min) + " to " + short_number(max));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> Fields::boolean(std::string_view name) {
  const json* found = value(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_boolean()) {
    wrong(name, "is neither true nor false");
    return std::nullopt;
  }
  return found->get<bool>();
}

std::optional<std::string> Fields::choice(std::string_view name, std::span<const std::string_view> of) {
  const json* found = value(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_string() && std::find(of.begin(), of.end(), found->get_ref<const std::string&>()) != of.end()) {
    return found->get<std::string>();
  }
  std::string all;
  for (const std::string_view one : of) all.append(all.empty() ? "" : ", ").append(one);
  wrong(name, "is none of " + all);
  return std::nullopt;
}

std::vector<std::string> Fields::texts(std::string_view name, std::size_t max, std::size_t max_characters) {
  const json* found = array(name, max);
  std::vector<std::string> texts;
  if (found == nullptr) return texts;
  for (const json& item : *found) {
    const bool fits = item.is_string() && !is_blank(item.get_ref<const std::string&>()) &&
                      count_characters(item.get_ref<const std::string&>()) <= max_characters;
    if (!fits) {
      wrong(name, "holds something else than texts of 1 to " + std::to_string(max_characters) + " characters");
      return {};
    }
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

const json* Fields::object(std::string_view name) {
  const json* found = value(name);
  if (found == nullptr || found->is_object()) return found;
  wrong(name, "is no object");
  return nullptr;
}

const json* Fields::array(std::string_view name, std::size_t max) {
  const json* found = value(name);
  if (found == nullptr) return nullptr;
  if (found->is_array() && found->size() <= max) return found;
  wrong(name, "is no list of at most " + std::to_string(max));
  return nullptr;
}

void Fields::require(std::string_view name, bool is_there) {
  if (!is_there) wrong(name, "is missing");
}

void Fields::wrong(std::string_view name, const std::string& how) {
  wrong({ErrorCode::invalid_argument, named(path_ + std::string(name)) + ' ' + how});
}

void Fields::wrong(const Error& error) {
  if (!error_) error_ = error;
}

void Fields::take(Fields&& inner) {
  if (const auto done = inner.finish(); !done) wrong(done.error());
}

Result<> Fields::finish() {
  if (error_) return tl::unexpected(*error_);
  for (const auto& [name, value] : object_.items()) {
    if (!known_.contains(name)) {
      return fail(ErrorCode::invalid_argument, "there is no field " + named(path_ + name));
    }
  }
  return {};
}

}  // namespace updraft::text
