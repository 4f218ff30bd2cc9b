#include "corpus/corpus.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "corpus/hash.h"
#include "corpus/rules.h"

namespace updraft::corpus {
namespace {

std::string facet_value(const nlohmann::json& value) {
  if (!value.is_array()) return value.get<std::string>();
  std::string joined;
  for (const auto& part : value) joined += (joined.empty() ? "" : ", ") + part.get<std::string>();
  return joined;
}

Result<Record> parse_record(const std::string& line) {
  using nlohmann::json;
  const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return fail(ErrorCode::corrupt, "not a JSON object");
  Record record;
  try {
    record.intent = object.at("intent").get<std::string>();
    record.category = object.at("category").get<std::string>();
    if (const auto stated = object.find("facets"); stated != object.end()) {
      for (const std::string_view key : facets) {
        const auto value = stated->find(key);
        if (value != stated->end()) record.facets.push_back({std::string(key), facet_value(*value)});
      }
    }
    for (const json& raw : object.at("raw")) {
      record.utterances.push_back({raw.at("text").get<std::string>(), raw.at("goal").get<std::string>()});
    }
    for (const Task task : prompt_tasks) {
      record.prompts[static_cast<std::size_t>(task)] =
          object.at(std::string(name(task))).get<std::vector<std::string>>();
    }
  } catch (const json::exception& error) {
    return fail(ErrorCode::corrupt, error.what());
  }
  if (record.intent.empty()) return fail(ErrorCode::corrupt, "the intent is empty");
  return record;
}

}  // namespace

bool is_held_out(std::string_view intent) { return (hash(intent) >> 32) % 100 < 6; }

Result<std::vector<std::filesystem::path>> files_of(const std::filesystem::path& folder) {
  std::error_code code;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  if (code) return fail(ErrorCode::io, folder.string() + ": " + code.message());
  if (files.empty()) return fail(ErrorCode::not_found, folder.string() + ": no *.jsonl files");
  std::sort(files.begin(), files.end());
  return files;
}

Result<Corpus> read(const std::filesystem::path& folder) {
  const auto files = files_of(folder);
  if (!files) return tl::unexpected(files.error());
  Corpus corpus;
  for (const auto& file : *files) {
    std::ifstream in(file);
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
      if (line.empty()) continue;
      const std::string where = file.string() + ":" + std::to_string(number) + ": ";
      if (line.size() > max_line_bytes) return fail(ErrorCode::corrupt, where + "the line is longer than 1 MiB");
      Result<Record> record = parse_record(line);
      if (!record) return fail(record.error().code, where + record.error().message);
      (is_held_out(record->intent) ? corpus.held_out : corpus.train).push_back(std::move(*record));
    }
    if (in.bad()) return fail(ErrorCode::io, file.string() + ": cannot be read");
  }
  return corpus;
}

}  // namespace updraft::corpus
