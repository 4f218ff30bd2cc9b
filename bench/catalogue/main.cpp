// updraft-bench-catalogue: how an embedded catalogue grows. For each size: indexing, searches, memory and disk, beside
// what most would use instead, a plain table of SQLite's FTS5 (words alone, no typing mistakes, no meaning).
//
//   updraft-bench-catalogue ICONS.jsonl [--sizes 10000,...] [--searches N] [--json FILE] [--plot FILE.svg]
//   updraft-bench-catalogue index|search|plain-index|plain-search FOLDER    one measurement, as a line of JSON
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/machine.h"
#include "bench/side_by_side.h"
#include "bench/workload.h"
#include "catalogue/json_lines.h"
#include "decode/random.h"
#include "files/replacement.h"
#include "plot/chart.h"
#include "sqlite/database.h"
#include "updraft/catalogue.h"

namespace updraft::bench {
namespace {

using Json = nlohmann::json;
using sqlite::Database;
namespace fs = std::filesystem;

constexpr std::size_t page = 20;  // hits of a search

struct Options {
  std::string assets, json, plot;
  std::string encoder = UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf";
  std::string folder;  // of one measurement
  std::vector<std::size_t> sizes = {10'000, 30'000, 100'000, 300'000, 1'000'000};
  std::size_t searches = 600;
  int threads = 2;
  std::string work;
};

fs::path assets_of(const fs::path& folder) { return folder / "assets.jsonl"; }
fs::path searches_of(const fs::path& folder) { return folder / "searches.jsonl"; }

// The first n assets; behind the last one they begin again, with a number in id and title.
Result<> write_assets(const std::vector<std::string>& lines, std::size_t n, const fs::path& path) {
  std::ofstream out(path, std::ios::binary);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t copy = i / lines.size() + 1;
    if (copy == 1) {
      out << lines[i] << "\n";
      continue;
    }
    Json asset = Json::parse(lines[i % lines.size()]);
    for (const auto* key : {"id", "title"}) asset[key] = asset[key].get<std::string>() + " " + std::to_string(copy);
    out << asset.dump() << "\n";
  }
  return out.flush() ? Result<>() : fail(ErrorCode::io, path.string() + ": cannot be written");
}

// What people type: a title, its words the other way around, or a title with a slip of the finger; each with the asset
// that it was made of.
Result<> write_searches(const std::vector<std::string>& lines, std::size_t n, std::size_t searches,
                        const fs::path& path) {
  std::ofstream out(path, std::ios::binary);
  decode::Random random(1);
  for (std::size_t i = 0; i < searches; ++i) {
    const Json asset = Json::parse(lines[random.below(std::min(n, lines.size()))]);
    std::string text = asset["title"];
    if (i % 3 == 1) {
      const std::size_t space = text.find(' ');
      if (space != std::string::npos) text = text.substr(space + 1) + " " + text.substr(0, space);
    } else if (i % 3 == 2 && text.size() > 5) {
      const std::size_t at = 1 + random.below(text.size() - 3);
      std::swap(text[at], text[at + 1]);
    }
    out << Json{{"text", text}, {"id", asset["id"]}}.dump() << "\n";
  }
  return out.flush() ? Result<>() : fail(ErrorCode::io, path.string() + ": cannot be written");
}

std::uint64_t bytes_in(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

Result<Json> measure_index(const Options& options) {
  const fs::path folder = options.folder, place = folder / "catalogue";
  auto report = index(assets_of(folder), place, {.text_encoder = options.encoder, .threads = options.threads});
  if (!report) return tl::unexpected(report.error());
  return Json{{"seconds", report->seconds},
              {"items_a_second", static_cast<double>(report->assets) / report->seconds},
              {"disk_mb", static_cast<double>(bytes_in(place)) / 1e6},
              {"peak_rss_mb", peak_rss_mb()}};
}

// Runs all searches, the first page of each; `search` returns the ids of the hits.
template <class Search>
Result<Json> measure_searches(const Options& options, const Search& search) {
  std::ifstream in(searches_of(options.folder));
  std::vector<double> times;
  std::size_t found = 0;
  for (std::string line; std::getline(in, line);) {
    const Json asked = Json::parse(line);
    const double start = now_ms();
    const Result<std::vector<std::string>> ids = search(asked["text"].get<std::string>());
    times.push_back(now_ms() - start);
    if (!ids) return tl::unexpected(ids.error());
    found += std::find(ids->begin(), ids->end(), asked["id"].get<std::string>()) != ids->end() ? 1 : 0;
  }
  if (times.empty()) return fail(ErrorCode::invalid_argument, "no searches");
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  return Json{{"p50_ms", at(0.5)},
              {"p99_ms", at(0.99)},
              {"found", static_cast<double>(found) / static_cast<double>(times.size())},
              {"peak_rss_mb", peak_rss_mb()}};
}

Result<Json> measure_search(const Options& options) {
  const double start = now_ms();
  auto catalogue = Catalogue::open(fs::path(options.folder) / "catalogue",
                                   {.text_encoder = options.encoder, .threads = options.threads});
  if (!catalogue) return tl::unexpected(catalogue.error());
  const double open_ms = now_ms() - start;
  auto measured = measure_searches(options, [&](const std::string& text) -> Result<std::vector<std::string>> {
    const auto answer = catalogue->search(text, {.limit = page});
    if (!answer) return tl::unexpected(answer.error());
    std::vector<std::string> ids;
    for (const Hit& hit : answer->hits) ids.push_back(hit.asset.id);
    return ids;
  });
  if (measured) (*measured)["open_ms"] = open_ms;
  return measured;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : " ") + text;
  return all;
}

fs::path plain_of(const Options& options) { return fs::path(options.folder) / "plain.sqlite"; }

Result<Json> measure_plain_index(const Options& options) {
  const double start = now_ms();
  auto database = Database::open(plain_of(options), Database::Mode::write);
  if (!database) return tl::unexpected(database.error());
  if (auto done = (*database)->run(
          "CREATE VIRTUAL TABLE assets USING fts5(id UNINDEXED, title, tags, tokenize = 'porter unicode61'); BEGIN");
      !done)
    return tl::unexpected(done.error());
  auto insert = (*database)->prepare("INSERT INTO assets VALUES (?, ?, ?)");
  if (!insert) return tl::unexpected(insert.error());
  std::ifstream in(assets_of(options.folder));
  std::size_t n = 0;
  for (std::string line; std::getline(in, line); ++n) {
    const auto asset = catalogue::parse_json_asset(line);
    if (!asset) return tl::unexpected(asset.error());
    if (auto done = insert
                        ->with(std::string_view(asset->id), std::string_view(asset->title),
                               std::string_view(joined(asset->tags)))
                        .run();
        !done)
      return tl::unexpected(done.error());
  }
  if (auto done = (*database)->run("COMMIT"); !done) return tl::unexpected(done.error());
  const double seconds = (now_ms() - start) / 1000;
  return Json{{"seconds", seconds},
              {"items_a_second", static_cast<double>(n) / seconds},
              {"disk_mb", static_cast<double>(fs::file_size(plain_of(options))) / 1e6},
              {"peak_rss_mb", peak_rss_mb()}};
}

// Any of the words, best by BM25: what FTS5 is asked by who types no operators.
std::string any_word(std::string_view text) {
  std::string query, word;
  const auto end = [&] {
    if (!word.empty()) query += (query.empty() ? "\"" : " OR \"") + word + "\"";
    word.clear();
  };
  for (const char c : text) {
    if (c == ' ' || c == '"') {
      end();
    } else {
      word += c;
    }
  }
  end();
  return query;
}

Result<Json> measure_plain_search(const Options& options) {
  auto database = Database::open(plain_of(options), Database::Mode::read);
  if (!database) return tl::unexpected(database.error());
  auto select =
      (*database)->prepare("SELECT id FROM assets WHERE assets MATCH ? ORDER BY rank LIMIT " + std::to_string(page));
  if (!select) return tl::unexpected(select.error());
  return measure_searches(options, [&](const std::string& text) -> Result<std::vector<std::string>> {
    std::vector<std::string> ids;
    const std::string query = any_word(text);
    select->with(std::string_view(query));
    for (;;) {
      auto row = select->step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return ids;
      ids.push_back(select->text(0));
    }
  });
}

constexpr std::array<std::pair<const char*, Result<Json> (*)(const Options&)>, 4> measurements = {
    {{"index", measure_index},
     {"search", measure_search},
     {"plain-index", measure_plain_index},
     {"plain-search", measure_plain_search}}};

struct Row {
  std::size_t n = 0;
  Json index = {}, search = {}, plain_index = {}, plain_search = {};
};

void print(const Row& row) {
  const auto of = [](const Json& json, const char* key) { return json[key].get<double>(); };
  const auto print_side = [&](const char* name, const Json& index, const Json& search) {
    std::printf("%9zu  %-11s %8.0f %9.1f %9.2f %9.2f %7.1f %9.0f %9.0f %9.0f\n", row.n, name,
                of(index, "items_a_second"), of(index, "seconds"), of(search, "p50_ms"), of(search, "p99_ms"),
                100 * of(search, "found"), of(index, "disk_mb"), of(index, "peak_rss_mb"), of(search, "peak_rss_mb"));
  };
  print_side("updraft", row.index, row.search);
  print_side("plain FTS5", row.plain_index, row.plain_search);
  std::fflush(stdout);
}

std::string growth(const std::vector<Row>& rows) {
  plot::Chart chart{
      .title = "Searches as the catalogue grows", .x_label = "assets, in thousands", .y_label = "ms", .series = {}};
  const auto add = [&](const char* name, Json Row::*side, const char* key) {
    plot::Series series{.name = name, .points = {}};
    for (const Row& row : rows)
      series.points.push_back({static_cast<double>(row.n) / 1000, (row.*side)[key].get<double>()});
    chart.series.push_back(std::move(series));
  };
  add("updraft, median", &Row::search, "p50_ms");
  add("updraft, 99 %", &Row::search, "p99_ms");
  add("plain FTS5, median", &Row::plain_search, "p50_ms");
  add("plain FTS5, 99 %", &Row::plain_search, "p99_ms");
  return plot::to_svg(chart);
}

Result<Json> in_a_process(const char* what, const Options& options, const fs::path& folder) {
  const auto text = output_of(
      {this_program(), what, folder, "--encoder", options.encoder, "--threads", std::to_string(options.threads)});
  if (!text) return fail(ErrorCode::io, std::string(what) + " failed");
  return Json::parse(*text);
}

Result<Row> measure(const std::vector<std::string>& lines, std::size_t n, const Options& options, const fs::path& work,
                    Watch& watch) {
  const fs::path folder = work / std::to_string(n);
  fs::create_directories(folder);
  if (auto done = write_assets(lines, n, assets_of(folder)); !done) return tl::unexpected(done.error());
  if (auto done = write_searches(lines, n, options.searches, searches_of(folder)); !done)
    return tl::unexpected(done.error());
  Row row{.n = n};
  const std::array sides = {&row.index, &row.search, &row.plain_index, &row.plain_search};
  for (std::size_t i = 0; i < sides.size(); ++i) {
    show_progress(static_cast<int>(i), static_cast<int>(sides.size()),
                  std::to_string(n) + " assets, " + measurements[i].first);
    watch.look();
    auto measured = in_a_process(measurements[i].first, options, folder);
    if (!measured) return tl::unexpected(measured.error());
    *sides[i] = *std::move(measured);
  }
  show_progress(1, 1, "");
  fs::remove_all(folder);
  return row;
}

Result<> compare(const Options& options) {
  std::ifstream in(options.assets);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  if (lines.empty()) return fail(ErrorCode::invalid_argument, options.assets + ": no assets");
  std::string work =
      (options.work.empty() ? fs::temp_directory_path() : fs::path(options.work)) / "updraft-bench-XXXXXX";
  if (mkdtemp(work.data()) == nullptr) return fail(ErrorCode::io, work + ": cannot be made");

  std::printf("%zu assets in %s%s; %d threads on %s; %zu searches a size, 20 hits each\n", lines.size(),
              options.assets.c_str(), options.sizes.back() > lines.size() ? ", repeated with a number beyond that" : "",
              options.threads, processor().c_str(), options.searches);
  std::printf("%9s  %-11s %8s %9s %9s %9s %7s %9s %9s %9s\n", "assets", "", "items/s", "indexed s", "p50 ms", "p99 ms",
              "found %", "disk MB", "index MiB", "search MiB");
  Watch watch;
  std::vector<Row> rows;
  Json report = {{"threads", options.threads}, {"processor", processor()}, {"rows", Json::array()}};
  for (const std::size_t n : options.sizes) {
    auto row = measure(lines, n, options, work, watch);
    if (!row) {
      fs::remove_all(work);
      return tl::unexpected(row.error());
    }
    print(*row);
    report["rows"].push_back({{"assets", n},
                              {"index", row->index},
                              {"search", row->search},
                              {"plain_index", row->plain_index},
                              {"plain_search", row->plain_search}});
    rows.push_back(*std::move(row));
  }
  fs::remove_all(work);
  if (!options.plot.empty()) {
    if (auto done = files::replace(options.plot, growth(rows)); !done) return done;
  }
  const Conditions conditions = watch.end();
  std::printf("%s\n", conditions.text().c_str());
  record(conditions, report);
  return finish_report(report, conditions, options.json) == 0
             ? Result<>()
             : fail(ErrorCode::io, options.json + ": cannot be written");
}

Result<> run(int argc, char** argv, int& code) {
  Options options;
  CLI::App app{"How an embedded catalogue grows, beside a plain table of SQLite's FTS5"};
  app.footer(
      "Examples:\n"
      "  npm pack @iconify/json && tar xzf iconify-json-*.tgz && bench/catalogue/icons package icons.jsonl\n"
      "  ./updraft bench catalogue icons.jsonl --plot growth.svg\n"
      "  ./updraft bench catalogue icons.jsonl --sizes 10000,200000 --searches 200");
  app.add_option("assets", options.assets, "JSON Lines, as bench/catalogue/icons makes them")->check(CLI::ExistingFile);
  app.add_option("--sizes", options.sizes, "assets, with commas between")
      ->delimiter(',')
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--searches", options.searches, "of each size")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--json", options.json, "write the report to this file, too");
  app.add_option("--plot", options.plot, "and the growth of the searches to this one (SVG)");
  app.add_option("--work", options.work,
                 "folder for the catalogues while they are measured (1 GB for a million assets)")
      ->check(CLI::ExistingDirectory);
  for (CLI::App* of : {&app}) {
    of->add_option("--encoder", options.encoder, "text encoder")->check(CLI::ExistingFile)->capture_default_str();
    of->add_option("--threads", options.threads, "of the encoder")->check(CLI::Range(1, 256))->capture_default_str();
  }
  app.fallthrough();
  for (const auto& [name, measurement] : measurements) {
    CLI::App* command = app.add_subcommand(name, "one measurement, as a line of JSON")->group("");
    command->add_option("folder", options.folder)->required()->check(CLI::ExistingDirectory);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    code = app.exit(error);
    return {};
  }
  for (const auto& [name, measurement] : measurements) {
    if (!app.got_subcommand(name)) continue;
    const auto measured = measurement(options);
    if (!measured) return tl::unexpected(measured.error());
    std::cout << measured->dump() << "\n";
    return {};
  }
  if (options.assets.empty()) return fail(ErrorCode::invalid_argument, "which assets? See --help.");
  return compare(options);
}

}  // namespace
}  // namespace updraft::bench

int main(int argc, char** argv) {
  int code = 0;
  if (const auto done = updraft::bench::run(argc, argv, code); !done) {
    std::fprintf(stderr, "updraft-bench-catalogue: %s\n", done.error().message.c_str());
    return done.error().code == updraft::ErrorCode::invalid_argument ? 2 : 1;
  }
  return code;
}
