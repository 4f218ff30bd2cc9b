#include "corpus/corpus.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>

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

using nlohmann::json;

Utterance utterance_of(const json& object) {
  return {object.at("text").get<std::string>(), object.at("goal").get<std::string>()};
}

// What is wanted, and `rest`, which may throw json::exception, reads the rest.
template <class Rest>
Result<Record> parse(const std::string& line, Rest rest) {
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
    rest(object, record);
  } catch (const json::exception& error) {
    return fail(ErrorCode::corrupt, error.what());
  }
  if (record.intent.empty()) return fail(ErrorCode::corrupt, "the intent is empty");
  return record;
}

Result<Record> parse_record(const std::string& line) {
  return parse(line, [](const json& object, Record& record) {
    for (const json& raw : object.at("raw")) record.utterances.push_back(utterance_of(raw));
    for (const Task task : prompt_tasks) {
      record.prompts[static_cast<std::size_t>(task)] =
          object.at(std::string(name(task))).get<std::vector<std::string>>();
    }
  });
}

Result<Record> parse_utterance(const std::string& line) {
  return parse(line, [](const json& object, Record& record) { record.utterances.push_back(utterance_of(object)); });
}

// Hands each line of the files over; `parse` makes a record of it.
template <class Parse, class Take>
Result<> for_each_line(std::span<const std::filesystem::path> files, Parse parse, Take take) {
  for (const auto& file : files) {
    std::ifstream in(file);
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
      if (line.empty()) continue;
      const std::string where = file.string() + ":" + std::to_string(number) + ": ";
      if (line.size() > max_line_bytes) return fail(ErrorCode::corrupt, where + "the line is longer than 1 MiB");
      Result<Record> record = parse(line);
      if (!record) return fail(record.error().code, where + record.error().message);
      take(file, *std::move(record));
    }
    if (in.bad()) return fail(ErrorCode::io, file.string() + ": cannot be read");
  }
  return {};
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
  const auto read = for_each_line(*files, parse_record, [&](const std::filesystem::path&, Record record) {
    (is_held_out(record.intent) ? corpus.held_out : corpus.train).push_back(std::move(record));
  });
  if (!read) return tl::unexpected(read.error());
  return corpus;
}

Result<std::vector<Record>> read_second_reader(const std::filesystem::path& folder) {
  const auto place = folder / "utterances" / "second_reader";
  std::error_code ignored;
  if (!std::filesystem::exists(place, ignored)) return std::vector<Record>();
  const auto files = files_of(place);
  if (!files) return tl::unexpected(files.error());
  std::vector<Record> records;
  const auto read = for_each_line(*files, parse_utterance, [&](const std::filesystem::path&, Record record) {
    records.push_back(std::move(record));
  });
  if (!read) return tl::unexpected(read.error());
  return records;
}

Result<Corpus> read_utterances(const std::filesystem::path& folder) {
  std::error_code ignored;  // a folder that is there and cannot be read is told by files_of
  if (!std::filesystem::exists(folder / "utterances", ignored)) return Corpus();
  const auto files = files_of(folder / "utterances");
  if (!files) return tl::unexpected(files.error());
  Corpus corpus;
  const auto read = for_each_line(*files, parse_utterance, [&](const std::filesystem::path& file, Record record) {
    const std::string name = file.filename().string();
    const bool measured = !name.starts_with("corpus_") && !name.starts_with("train_");
    const bool held_out = measured && (hash(record.utterances.front().text) >> 32) % 5 == 0;
    (held_out ? corpus.held_out : corpus.train).push_back(std::move(record));
  });
  if (!read) return tl::unexpected(read.error());
  return corpus;
}

}  // namespace updraft::corpus
