#include "catalogue/weaviate_answers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "catalogue/vectors.h"
#include "text/utf8.h"

namespace updraft::catalogue {
namespace {

using nlohmann::json;

constexpr int max_depth = 16;
constexpr std::size_t max_complaint_bytes = 300;

tl::unexpected<Error> broken() { return fail(ErrorCode::corrupt, "the cluster answers what it should not"); }

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, max_complaint_bytes)) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  while (!line.empty() && !text::is_valid_utf8(line)) line.pop_back();
  return line;
}

Result<json> parse(std::string_view body) {
  bool too_deep = false;
  const auto shallow = [&](int depth, json::parse_event_t, json&) {
    too_deep = too_deep || depth > max_depth;
    return !too_deep;
  };
  json answer = json::parse(body.begin(), body.end(), shallow, /*allow_exceptions=*/false);
  if (too_deep || answer.is_discarded() || !answer.is_object()) return broken();
  return answer;
}

const json& member(const json& object, const char* name) {
  static const json none;
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

// [{"message": "..."}] or [{"error": ...}], as errors come; empty: there is none.
std::string message_in(const json& answer) {
  for (const char* list : {"errors", "error"}) {
    const json& errors = member(answer, list);
    if (!errors.is_array() || errors.empty()) continue;
    const json& message = member(errors.front(), "message");
    return message.is_string() ? one_line(message.get_ref<const std::string&>()) : "an error without a message";
  }
  const json& message = member(answer, "message");
  return message.is_string() ? one_line(message.get_ref<const std::string&>()) : std::string();
}

// Without errors. GraphQL reports them with status 200.
Result<json> parse_good(std::string_view body) {
  auto answer = parse(body);
  if (!answer) return answer;
  if (const json& errors = member(*answer, "errors"); errors.is_array() && !errors.empty()) {
    return fail(ErrorCode::io, message_in(*answer));
  }
  return answer;
}

// What is left out, or null, is left as it is. All of them: false, when it is of another type.
bool take(const json& value, std::string& out, std::size_t max_bytes) {
  if (value.is_null()) return true;
  if (!value.is_string()) return false;
  out = value.get<std::string>();
  return out.size() <= max_bytes && text::is_valid_utf8(out);
}

bool take(const json& value, double& out) {
  if (value.is_null()) return true;
  if (!value.is_number()) return false;
  out = value.get<double>();
  return std::isfinite(out);
}

bool take(const json& value, std::int64_t& out) {
  double number = 0;
  if (!take(value, number)) return false;
  if (value.is_null()) return true;
  if (number < 0 || number > 1e15 || number != std::floor(number)) return false;
  out = static_cast<std::int64_t>(number);
  return true;
}

bool take_hex(const json& value, std::uint64_t& out) {
  std::string text;
  if (!take(value, text, 16)) return false;
  if (text.empty()) return value.is_null();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return error == std::errc() && end == text.data() + text.size();
}

bool take(const json& value, std::vector<std::string>& out, std::size_t max, std::size_t max_bytes) {
  if (value.is_null()) return true;
  if (!value.is_array() || value.size() > max) return false;
  for (const json& one : value) {
    if (!one.is_string() || !take(one, out.emplace_back(), max_bytes)) return false;
  }
  return true;
}

bool take(const json& value, std::vector<float>& out) {
  if (value.is_null()) return true;
  if (!value.is_array() || value.size() > static_cast<std::size_t>(Vectors::max_dimension)) return false;
  for (const json& one : value) {
    if (!one.is_number()) return false;
    out.push_back(one.get<float>());
    if (!std::isfinite(out.back())) return false;
  }
  return true;
}

// "name\tvalue" each.
bool take(const json& value, std::vector<Facet>& out) {
  std::vector<std::string> texts;
  if (!take(value, texts, max_facets, max_facet_name_bytes + max_facet_value_bytes + 1)) return false;
  for (const std::string& text : texts) {
    const std::size_t tab = text.find('\t');
    if (tab == std::string::npos) return false;
    out.push_back({text.substr(0, tab), text.substr(tab + 1)});
  }
  return true;
}

bool take_properties(const json& from, ClusterObject& to) {
  Asset& asset = to.asset;
  return take(member(from, "asset"), asset.id, max_id_bytes) &&
         take(member(from, "title"), asset.title, max_title_bytes) &&
         take(member(from, "description"), asset.description, max_description_bytes) &&
         take(member(from, "tags"), asset.tags, max_tags, max_tag_bytes) &&
         take(member(from, "facets"), asset.facets) && take(member(from, "popularity"), asset.popularity) &&
         asset.popularity >= 0 && take(member(from, "url"), asset.url, max_url_bytes) &&
         take_hex(member(from, "content"), to.fingerprint.content) &&
         take_hex(member(from, "meaning"), to.fingerprint.meaning) && take(member(from, "since"), to.since) &&
         take(member(from, "until"), to.until) && take(member(from, "kind"), to.kind, 64) &&
         take(member(from, "encoder"), to.encoder, 64) && take(member(from, "word"), to.word, 64) &&
         take(member(from, "value"), to.value, 4096);
}

// Scores come as texts.
bool take_score(const json& additional, double& out) {
  if (const json& distance = member(additional, "distance"); !distance.is_null()) {
    double value = 0;
    if (!take(distance, value)) return false;
    out = 1 - value;
    return true;
  }
  std::string text;
  if (!take(member(additional, "score"), text, 64)) return false;
  if (text.empty()) return true;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(out);
}

Result<std::size_t> number(const json& value) {
  std::int64_t out = 0;
  if (value.is_null() || !take(value, out)) return broken();
  return static_cast<std::size_t>(out);
}

Result<std::vector<std::string>> names_in(std::string_view body, const char* list, const char* name) {
  const auto answer = parse_good(body);
  if (!answer) return tl::unexpected(answer.error());
  std::vector<std::string> names;
  const json& all = member(*answer, list);
  if (all.is_null()) return names;
  if (!all.is_array()) return broken();
  for (const json& one : all) {
    const json& text = member(one, name);
    if (!text.is_string() || !take(text, names.emplace_back(), 256)) return broken();
  }
  return names;
}

}  // namespace

std::string to_hex(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), value, 16);
  return {digits.begin(), end};
}

std::string to_text(const ClusterAbout& about) {
  return json{{"generation", about.about.generation},
              {"assets", about.about.assets},
              {"dimension", about.about.dimension},
              {"encoder", to_hex(about.about.encoder)},
              {"store", about.store}}
      .dump();
}

Result<ClusterAbout> read_cluster_about(std::string_view text) {
  const auto answer = parse(text);
  if (!answer) return fail(ErrorCode::corrupt, "the catalogue is damaged");
  std::int64_t generation = -1, assets = -1, dimension = -1, store = -1;
  ClusterAbout about;
  const bool good = take(member(*answer, "generation"), generation) && take(member(*answer, "assets"), assets) &&
                    take(member(*answer, "dimension"), dimension) && take(member(*answer, "store"), store) &&
                    take_hex(member(*answer, "encoder"), about.about.encoder);
  if (!good || generation < 0 || assets < 0 || dimension < 0 || store < 0 || dimension > Vectors::max_dimension ||
      dimension % 32 != 0) {
    return fail(ErrorCode::corrupt, "the catalogue is damaged");
  }
  about.about.generation = static_cast<std::uint64_t>(generation);
  about.about.assets = static_cast<std::size_t>(assets);
  about.about.dimension = static_cast<int>(dimension);
  about.store = static_cast<std::uint64_t>(store);
  return about;
}

Result<std::vector<ClusterObject>> read_objects(std::string_view body, const std::string& collection) {
  const auto answer = parse_good(body);
  if (!answer) return tl::unexpected(answer.error());
  const json& all = member(member(member(*answer, "data"), "Get"), collection.c_str());
  if (!all.is_array()) return broken();
  std::vector<ClusterObject> objects;
  for (const json& one : all) {
    ClusterObject& object = objects.emplace_back();
    const json& additional = member(one, "_additional");
    const bool good = one.is_object() && take_properties(one, object) && take_score(additional, object.score) &&
                      take(member(additional, "id"), object.uuid, 36) &&
                      take(member(additional, "vector"), object.point);
    if (!good) return broken();
  }
  return objects;
}

Result<std::size_t> read_count(std::string_view body, const std::string& collection) {
  const auto answer = parse_good(body);
  if (!answer) return tl::unexpected(answer.error());
  const json& groups = member(member(member(*answer, "data"), "Aggregate"), collection.c_str());
  if (!groups.is_array() || groups.size() != 1) return broken();
  return number(member(member(groups.front(), "meta"), "count"));
}

Result<ClusterObject> read_object(std::string_view body) {
  const auto answer = parse_good(body);
  if (!answer) return tl::unexpected(answer.error());
  ClusterObject object;
  const json& properties = member(*answer, "properties");
  if (!properties.is_object() || !take_properties(properties, object) ||
      !take(member(*answer, "id"), object.uuid, 36) || !take(member(*answer, "vector"), object.point)) {
    return broken();
  }
  return object;
}

Result<BatchAnswer> read_batch(std::string_view body) {
  const json answer = json::parse(body.begin(), body.end(), nullptr, /*allow_exceptions=*/false);
  if (!answer.is_array()) return broken();
  BatchAnswer read;
  for (const json& one : answer) {
    std::string uuid;
    if (!take(member(one, "id"), uuid, 36) || uuid.empty()) return broken();
    const json& result = member(one, "result");
    const std::string message = message_in(member(result, "errors"));
    const json& status = member(result, "status");
    const bool is_taken = message.empty() && (status.is_null() || (status.is_string() && status == "SUCCESS"));
    if (is_taken) {
      read.taken.push_back(std::move(uuid));
    } else {
      read.refused[uuid] = message.empty() ? "refused without a reason" : message;
    }
  }
  return read;
}

Result<Deleted> read_deleted(std::string_view body) {
  const auto answer = parse_good(body);
  if (!answer) return tl::unexpected(answer.error());
  const json& results = member(*answer, "results");
  const auto matches = number(member(results, "matches"));
  const auto failed = number(member(results, "failed"));
  if (!matches || !failed) return broken();
  return Deleted{*matches, *failed};
}

Result<std::size_t> read_node_count(std::string_view body) {
  const auto answer = parse_good(body);
  if (!answer) return tl::unexpected(answer.error());
  const json& nodes = member(*answer, "nodes");
  if (!nodes.is_array() || nodes.empty()) return broken();
  return nodes.size();
}

Result<std::vector<std::string>> read_collections(std::string_view body) { return names_in(body, "classes", "class"); }

Result<std::vector<std::string>> read_aliases(std::string_view body) { return names_in(body, "aliases", "alias"); }

std::string complaint_of(int status, std::string_view body) {
  const auto answer = parse(body);
  const std::string message = answer ? message_in(*answer) : std::string();
  return message.empty() ? "status " + std::to_string(status) : message;
}

}  // namespace updraft::catalogue
