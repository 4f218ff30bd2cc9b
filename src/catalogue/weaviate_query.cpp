#include "catalogue/weaviate_query.h"

#include <array>
#include <charconv>
#include <map>

namespace updraft::catalogue {
namespace {

using nlohmann::json;

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string as_request(const std::string& query) { return dumped({{"query", query}}); }

}  // namespace

Where where_number(const char* property, const char* operation, std::int64_t value) {
  return {{"path", {property}}, {"operator", operation}, {"valueInt", value}};
}

Where where_text(const char* property, std::span<const std::string> any_of) {
  return {{"path", {property}}, {"operator", "ContainsAny"}, {"valueText", json(any_of)}};
}

Where where_is(const char* property, const char* text) {
  return {{"path", {property}}, {"operator", "Equal"}, {"valueText", text}};
}

Where where_all(std::vector<Where> conditions) { return {{"operator", "And"}, {"operands", std::move(conditions)}}; }

Where where_visible(std::uint64_t generation, const Filters& filters) {
  const auto now = static_cast<std::int64_t>(generation);
  std::vector<Where> conditions = {where_number("since", "LessThanEqual", now),
                                   where_number("until", "GreaterThan", now)};
  std::map<std::string, std::vector<std::string>> by_name;
  for (const Facet& filter : filters) by_name[filter.name].push_back(facet_text(filter));
  for (const auto& [name, values] : by_name) conditions.push_back(where_text("facets", values));
  return where_all(std::move(conditions));
}

std::string facet_text(const Facet& facet) { return facet.name + "\t" + facet.value; }

std::string to_graphql(const json& value) {
  std::string out;
  const char* separator = "";
  if (value.is_object()) {
    out = "{";
    for (const auto& [key, member] : value.items()) {
      const bool is_enum = key == "operator";
      out += std::exchange(separator, ",") + key + ":" + (is_enum ? member.get<std::string>() : to_graphql(member));
    }
    return out + "}";
  }
  if (value.is_array()) {
    out = "[";
    for (const json& member : value) out += std::exchange(separator, ",") + to_graphql(member);
    return out + "]";
  }
  return dumped(value);
}

std::string to_text(std::span<const float> point) {
  std::string out = "[";
  std::array<char, 32> digits{};
  for (const float x : point) {
    if (out.size() > 1) out += ',';
    const auto [end, error] = std::to_chars(digits.begin(), digits.end(), x);
    out.append(digits.begin(), end);
  }
  return out + "]";
}

std::string get_query(const std::string& collection, const std::string& arguments, const std::string& fields) {
  return as_request("{Get{" + collection + "(" + arguments + "){" + fields + "}}}");
}

std::string count_query(const std::string& collection, const Where& where) {
  return as_request("{Aggregate{" + collection + "(where:" + to_graphql(where) + "){meta{count}}}}");
}

}  // namespace updraft::catalogue
