#include "catalogue/stored.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace updraft::catalogue {
namespace {

namespace fs = std::filesystem;

constexpr std::array about_names = {"generation", "assets", "dimension", "encoder", "points"};

std::vector<std::string> split_lines(std::string_view lines) {
  std::vector<std::string> out;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    out.emplace_back(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

// What is no such list, in a damaged catalogue, is none.
std::vector<Facet> facets_from(const std::string& text) {
  std::vector<Facet> facets;
  if (text.size() > max_facets * (max_facet_name_bytes + max_facet_value_bytes) * 8) return facets;
  const auto list = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return facets;
  for (const auto& pair : list) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) continue;
    facets.push_back({pair[0].get<std::string>(), pair[1].get<std::string>()});
  }
  return facets;
}

Result<std::int64_t> about_value(const Database& database, const char* name) {
  auto statement = database.prepare("SELECT value FROM about WHERE name = ?");
  if (!statement) return tl::unexpected(statement.error());
  const auto row = statement->with(std::string_view(name)).step();
  if (!row) return tl::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

Result<> set_about(const Database& database, const char* name, std::int64_t value) {
  auto statement = database.prepare("INSERT OR REPLACE INTO about VALUES (?, ?)");
  if (!statement) return tl::unexpected(statement.error());
  return statement->with(std::string_view(name), value).run();
}

}  // namespace

std::string joined(const std::vector<std::string>& tags) {
  std::string lines;
  for (const std::string& tag : tags) lines.append(lines.empty() ? "" : "\n").append(tag);
  return lines;
}

std::string to_json(const std::vector<Facet>& facets) {
  nlohmann::json list = nlohmann::json::array();
  for (const Facet& facet : facets) list.push_back({facet.name, facet.value});
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

StoredAsset read_asset(const Statement& s) {
  return {s.integer(0),
          {.id = s.text(1),
           .title = s.text(2),
           .description = s.text(4),
           .tags = split_lines(s.text(3)),
           .facets = facets_from(s.text(6)),
           .popularity = s.real(7),
           .url = s.text(5)}};
}

Result<Stored> read_about(const Database& database) {
  std::array<std::int64_t, about_names.size()> values{};
  for (std::size_t i = 0; i < about_names.size(); ++i) {
    const auto value = about_value(database, about_names[i]);
    if (!value) return tl::unexpected(value.error());
    values[i] = *value;
  }
  const auto [generation, assets, dimension, encoder, points] = values;
  if (generation < 0 || assets < 0 || points < 0 || dimension < 0 || dimension > Vectors::max_dimension ||
      dimension % 32 != 0) {
    return fail(ErrorCode::corrupt, "the catalogue is damaged");
  }
  return Stored{.about = {.generation = to_unsigned(generation),
                          .assets = static_cast<std::size_t>(assets),
                          .dimension = static_cast<int>(dimension),
                          .encoder = to_unsigned(encoder)},
                .points = to_unsigned(points)};
}

Result<> write_about(const Database& database, const Stored& stored) {
  const About& about = stored.about;
  const std::array<std::int64_t, about_names.size()> values = {to_signed(about.generation),
                                                               static_cast<std::int64_t>(about.assets), about.dimension,
                                                               to_signed(about.encoder), to_signed(stored.points)};
  for (std::size_t i = 0; i < about_names.size(); ++i) {
    if (auto done = set_about(database, about_names[i], values[i]); !done) return done;
  }
  return {};
}

fs::path points_path(const fs::path& directory, std::uint64_t generation) {
  return directory / ("points-" + std::to_string(generation) + ".hnsw");
}

}  // namespace updraft::catalogue
