#include "catalogue/json_lines.h"

#include <array>
#include <charconv>

#include "text/json_object.h"

namespace updraft::catalogue {
namespace {

using nlohmann::json;
using text::refused;

std::string shown(std::string_view name) {
  constexpr std::size_t longest = 40;
  return name.size() <= longest ? "'" + std::string(name) + "'" : "a field with a long name";
}

// A text, number or boolean as text.
std::optional<std::string> scalar(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return value.dump();
  return std::nullopt;
}

Result<> read_text(const json& value, std::string_view name, std::string& out) {
  if (value.is_null()) return {};
  const auto text = scalar(value);
  if (!text) return refused("the field " + shown(name) + " is neither text nor number");
  out = *text;
  return {};
}

Result<> read_texts(const json& value, std::string_view name, std::vector<std::string>& out) {
  if (value.is_null()) return {};
  if (!value.is_array()) {
    out.emplace_back();
    return read_text(value, name, out.back());
  }
  for (const json& element : value) {
    const auto text = scalar(element);
    if (!text) return refused("the field " + shown(name) + " holds something that is neither text nor number");
    out.push_back(*text);
  }
  return {};
}

Result<> add_facets(const json& value, const std::string& name, Asset& asset) {
  std::vector<std::string> values;
  if (auto done = read_texts(value, name, values); !done) return done;
  for (std::string& text : values) asset.facets.push_back({name, std::move(text)});
  return {};
}

Result<> add_field(const std::string& name, const json& value, Asset& asset) {
  const std::string_view field = field_of(name);
  if (field == "id") return read_text(value, name, asset.id);
  if (field == "title") return read_text(value, name, asset.title);
  if (field == "description") return read_text(value, name, asset.description);
  if (field == "url") return read_text(value, name, asset.url);
  if (field == "tags") {
    if (value.is_string()) {
      asset.tags = split_tags(value.get_ref<const std::string&>());
      return {};
    }
    return read_texts(value, name, asset.tags);
  }
  if (field == "popularity") {
    if (value.is_null()) return {};
    if (!value.is_number()) return refused("the popularity is not a number of at least 0");
    asset.popularity = value.get<double>();
    return {};
  }
  if (name == "facets" && value.is_object()) {
    for (const auto& [inner, inner_value] : value.items()) {
      if (auto done = add_facets(inner_value, inner, asset); !done) return done;
    }
    return {};
  }
  return add_facets(value, name, asset);
}

}  // namespace

std::string_view field_of(std::string_view name) {
  constexpr std::array<std::array<std::string_view, 2>, 5> others = {
      {{"_id", "id"}, {"name", "title"}, {"keywords", "tags"}, {"path", "url"}, {"file", "url"}}};
  for (const auto& [other, field] : others) {
    if (name == other) return field;
  }
  return name;
}

std::vector<std::string> split_tags(std::string_view text) {
  const std::string_view separators = text.find_first_of(";|") == std::string_view::npos ? "," : ";|";
  std::vector<std::string> tags;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    tags.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return tags;
}

Result<Asset> parse_json_asset(std::string_view line) {
  const auto object = text::parse_object(line);
  if (!object) return tl::unexpected(object.error());
  Asset asset;
  for (const auto& [name, value] : object->items()) {
    if (auto done = add_field(name, value, asset); !done) return tl::unexpected(done.error());
  }
  return asset;
}

Result<std::optional<Item>> JsonLines::next() {
  const auto line = lines_.next();
  if (!line) return std::nullopt;
  if (line->text.size() > max_record_bytes) {
    return refuse(line->number, "it is longer than " + std::to_string(max_record_bytes) + " bytes");
  }
  auto asset = parse_json_asset(line->text);
  if (!asset) return refuse(line->number, asset.error().message);
  return to_item(std::move(*asset), line->number);
}

}  // namespace updraft::catalogue
