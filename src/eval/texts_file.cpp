#include "eval/texts_file.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "updraft/suggest.h"

namespace updraft::eval {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_texts = 4096;  // a task

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::optional<double> amount(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const auto value = found->get<double>();
  return std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
}

std::optional<std::vector<Text>> texts_of(const Json& list) {
  if (!list.is_array() || list.size() > most_texts) return std::nullopt;
  std::vector<Text> texts;
  for (const Json& entry : list) {
    if (!entry.is_object()) return std::nullopt;
    const auto text = entry.find("text");
    const auto asked = amount(entry, "asked");
    if (text == entry.end() || !text->is_string() || !asked || *asked > max_words) return std::nullopt;
    texts.push_back({text->get<std::string>(), static_cast<int>(*asked)});
  }
  return texts;
}

}  // namespace

std::string to_line(const std::string& intent, const Written& written) {
  Json tasks;
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    Json& list = tasks[std::string(name(prompt_tasks[t]))] = Json::array();
    for (const Text& text : written.texts[t]) list.push_back({{"asked", text.asked}, {"text", text.text}});
  }
  return dump({{"intent", intent},
               {"texts", std::move(tasks)},
               {"tokens", written.tokens},
               {"seconds", written.seconds},
               {"memory_mb", written.memory_mb}});
}

Result<std::pair<std::string, Written>> parse_line(std::string_view line) {
  const auto broken = [] { return fail(ErrorCode::corrupt, "not a line of texts"); };
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return broken();
  const auto intent = object.find("intent"), tasks = object.find("texts");
  const auto tokens = amount(object, "tokens"), seconds = amount(object, "seconds"),
             memory = amount(object, "memory_mb");
  if (intent == object.end() || !intent->is_string() || tasks == object.end() || !tasks->is_object()) return broken();
  constexpr double most_tokens = 1e15;
  if (!tokens || *tokens > most_tokens || !seconds || !memory) return broken();
  Written written{
      .texts = {}, .tokens = static_cast<std::uint64_t>(*tokens), .seconds = *seconds, .memory_mb = *memory};
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    const auto list = tasks->find(std::string(name(prompt_tasks[t])));
    if (list == tasks->end()) return broken();
    auto texts = texts_of(*list);
    if (!texts) return broken();
    written.texts[t] = *std::move(texts);
  }
  return std::pair(intent->get<std::string>(), std::move(written));
}

Result<TextsFile> TextsFile::open(const std::filesystem::path& path, const std::string& settings) {
  auto file = teacher::RecordFile::open(path);
  if (!file) return tl::unexpected(file.error());
  const std::string header = dump({{"settings", settings}});
  if (file->lines().empty()) {
    if (auto done = file->append(header); !done) return tl::unexpected(done.error());
    return TextsFile(*std::move(file));
  }
  if (file->lines().front() != header) {
    return fail(ErrorCode::invalid_argument,
                path.string() + ": these texts were written under other settings; name another folder");
  }
  TextsFile texts(*std::move(file));
  for (std::size_t i = 1; i < texts.file_.lines().size(); ++i) {
    auto line = parse_line(texts.file_.lines()[i]);
    if (!line)
      return fail(line.error().code, path.string() + ":" + std::to_string(i + 1) + ": " + line.error().message);
    texts.written_.insert_or_assign(std::move(line->first), std::move(line->second));
  }
  return texts;
}

const Written* TextsFile::find(const std::string& intent) const {
  const auto found = written_.find(intent);
  return found == written_.end() ? nullptr : &found->second;
}

Result<> TextsFile::add(const std::string& intent, const Written& written) {
  if (auto done = file_.append(to_line(intent, written)); !done) return done;
  written_.insert_or_assign(intent, written);
  return {};
}

}  // namespace updraft::eval
