#include "teacher/draft.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "corpus/alike.h"
#include "corpus/rules.h"
#include "teacher/prompt.h"

namespace updraft::teacher {
namespace {

using json = nlohmann::ordered_json;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string tidy(std::string text) {
  for (const char* quote : {"\u2018", "\u2019"}) replace_all(text, quote, "'");
  for (const char* quote : {"\u201C", "\u201D"}) replace_all(text, quote, "\"");
  for (const char* space : {"\u00A0", "\n", "\r", "\t"}) replace_all(text, space, " ");
  std::string spaced;
  for (const char c : text) {
    if (c != ' ' || (!spaced.empty() && spaced.back() != ' ')) spaced += c;
  }
  while (spaced.ends_with(' ') || spaced.ends_with('.')) spaced.pop_back();
  return spaced;
}

// A list of texts, tidied; what stands in `seen` already is left out. Other values stay, for the check to refuse.
json tidy_list(const json& values, std::vector<std::vector<std::string>>& seen) {
  json list = json::array();
  for (const json& value : values) {
    if (!value.is_string()) {
      list.push_back(value);
      continue;
    }
    std::string text = tidy(value.get<std::string>());
    auto words = corpus::plain_words(text);
    if (std::find(seen.begin(), seen.end(), words) != seen.end()) continue;
    seen.push_back(std::move(words));
    list.push_back(std::move(text));
  }
  return list;
}

json tidy_facets(const json& values) {
  if (!values.is_object()) return values;
  json facets = json::object();
  for (const auto& [name, value] : values.items()) {
    if (value.is_null() || (value.is_string() && value.get<std::string>().empty()) ||
        (value.is_array() && value.empty()))
      continue;
    if (name == "colors" && value.is_string()) {
      facets[name] = json::array({tidy(value.get<std::string>())});
    } else {
      facets[name] = value.is_string() ? json(tidy(value.get<std::string>())) : value;
    }
  }
  return facets;
}

json tidy_utterances(const json& values) {
  if (!values.is_array()) return values;
  json raw = json::array();
  for (json value : values) {
    if (value.is_object() && value.contains("text") && value["text"].is_string()) {
      std::string text = value["text"].get<std::string>();
      for (const char* space : {"\n", "\r", "\t"}) replace_all(text, space, " ");
      value["text"] = text;
    }
    raw.push_back(std::move(value));
  }
  return raw;
}

// Checks the record as the corpus does. What is wrong with the intent is not the teacher's to repair.
Result<Draft> draft_of(const json& record) {
  Draft draft;
  draft.line = record.dump(-1, ' ', false, json::error_handler_t::replace);
  auto read = corpus::read_record(draft.line, draft.findings);
  if (!read) return fail(ErrorCode::corrupt, "the answer is no record");
  draft.record = std::move(*read);
  std::erase_if(draft.findings, [&](const corpus::Finding& finding) { return finding.text == draft.record.intent; });
  return draft;
}

}  // namespace

Result<std::string> find_object(std::string_view answer) {
  constexpr std::string_view end_of_thoughts = "</think>";
  if (const auto at = answer.rfind(end_of_thoughts); at != std::string_view::npos) {
    answer.remove_prefix(at + end_of_thoughts.size());
  }
  const auto begin = answer.find('{'), end = answer.rfind('}');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return fail(ErrorCode::corrupt, "there is no JSON object in the answer");
  }
  // What is nested deeper than any record is left out: reading and writing the rest then needs little stack.
  constexpr int deepest = 8;
  const auto is_shallow = [](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
    return depth <= deepest;
  };
  const auto object =
      nlohmann::json::parse(answer.substr(begin, end - begin + 1), is_shallow, /*allow_exceptions=*/false);
  if (!object.is_object()) return fail(ErrorCode::corrupt, "the answer is not valid JSON");
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<Draft> read_draft(std::string_view answer, std::string_view intent, std::string_view category) {
  const auto object = find_object(answer);
  if (!object) return tl::unexpected(object.error());
  const json said = json::parse(*object);
  json record = {{"intent", intent}};
  const auto take = [&](const std::string& field) -> const json* {
    const auto found = said.find(field);
    return found == said.end() ? nullptr : &*found;
  };
  if (!category.empty()) {
    record["category"] = category;
  } else if (const json* value = take("category")) {
    record["category"] = *value;
  }
  if (const json* value = take("facets")) record["facets"] = tidy_facets(*value);
  if (const json* value = take("raw")) record["raw"] = tidy_utterances(*value);
  std::vector<std::vector<std::string>> seen;
  for (const Task task : prompt_tasks) {
    const std::string field(name(task));
    if (const json* value = take(field)) record[field] = value->is_array() ? tidy_list(*value, seen) : *value;
  }
  auto draft = draft_of(record);
  if (!draft) return draft;
  const auto expect = [&](std::string_view field, std::size_t count, std::size_t asked) {
    const bool told = std::any_of(draft->findings.begin(), draft->findings.end(),
                                  [&](const corpus::Finding& finding) { return finding.text == field; });
    if (count >= asked || told) return;
    draft->findings.push_back(
        {{}, 0, "count", std::string(field), std::to_string(count) + " different ones, not " + std::to_string(asked)});
  };
  expect("raw", draft->record.utterances.size(), asked_utterances);
  for (const Task task : prompt_tasks) {
    expect(name(task), draft->record.prompts[static_cast<std::size_t>(task)].size(), asked_prompts(task));
  }
  return draft;
}

Result<Draft> without(const Draft& draft, std::span<const corpus::Finding> findings) {
  const auto is_told = [&](std::string_view text) {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const corpus::Finding& finding) { return finding.text == text; });
  };
  const auto is_wrong = [&](const json& value) {
    if (!value.is_string()) return true;
    const auto& text = value.get_ref<const std::string&>();
    return text.empty() || text.size() > corpus::max_text_bytes || is_told(text);
  };
  const auto is_wrong_utterance = [&](const json& value) {
    return !value.is_object() || !value.contains("text") || !value.contains("goal") || is_wrong(value["text"]) ||
           is_wrong(value["goal"]);
  };
  json record = json::parse(draft.line);
  const auto keep = [&record](const std::string& field, std::size_t most, const auto& is_bad) {
    if (!record.contains(field) || !record[field].is_array()) return;
    json kept = json::array();
    for (const json& value : record[field]) {
      if (!is_bad(value) && kept.size() < most) kept.push_back(value);
    }
    record[field] = std::move(kept);
  };
  keep("raw", corpus::utterances_a_record.max, is_wrong_utterance);
  for (const Task task : prompt_tasks) keep(std::string(name(task)), corpus::prompts_a_task.max, is_wrong);
  if (record.contains("facets") && record["facets"].is_object()) {
    json kept = json::object();
    for (const auto& [facet, value] : record["facets"].items()) {
      if (!is_told("facets." + facet)) kept[facet] = value;
    }
    record["facets"] = std::move(kept);
  }
  auto left = draft_of(record);
  if (left && !left->findings.empty()) {
    const corpus::Finding& finding = left->findings.front();
    return fail(ErrorCode::corrupt, finding.kind + ": " + finding.text + ": " + finding.why);
  }
  return left;
}

}  // namespace updraft::teacher
