#include "api/requests.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "catalogue/events.h"
#include "corpus/rules.h"
#include "feedback/event_json.h"
#include "suggest/options.h"
#include "text/ascii.h"
#include "text/base64.h"
#include "text/fields.h"

namespace updraft::api {
namespace {

using nlohmann::json;
using text::count_characters;
using text::Fields;
using text::Nulls;

constexpr std::size_t max_name_characters = 64;
constexpr std::size_t max_filters = 32;
constexpr std::size_t max_session_events = 1000;
constexpr std::int64_t max_seed = INT64_MAX;

std::optional<PictureBytes> read_picture(Fields& fields) {
  const json* object = fields.object("image");
  if (object == nullptr) return std::nullopt;
  Fields inner(*object, "image.");
  const json* data = inner.value("data");
  inner.require("data", data != nullptr);
  std::optional<PictureBytes> bytes;
  if (data != nullptr && data->is_string()) {
    const auto& text = data->get_ref<const std::string&>();
    if (text.size() / 4 * 3 > max_picture_bytes + 2) {
      inner.wrong("data", "is larger than " + std::to_string(max_picture_bytes >> 20) + " MB");
    } else if (bytes = text::from_base64(text); !bytes || bytes->empty()) {
      inner.wrong("data", "is no picture in base64");
    }
  } else if (data != nullptr) {
    inner.wrong("data", "is no string");
  }
  fields.take(std::move(inner));
  return bytes;
}

// A text, a picture, or both.
std::string read_text(Fields& fields, bool has_picture) {
  auto text = fields.wanted_text("text", max_text_characters);
  if (!has_picture) fields.require("text", text.has_value());
  return std::move(text).value_or(std::string());
}

// A value or a list of values a name; a list in one value is joined by commas.
std::vector<Facet> read_values(Fields& fields, std::string_view name, bool joined) {
  std::vector<Facet> facets;
  const json* object = fields.object(name);
  if (object == nullptr) return facets;
  const auto refuse = [&](const char* how) {
    fields.wrong(name, how);
    return std::vector<Facet>();
  };
  for (const auto& [key, value] : object->items()) {
    const auto& list = value.is_array() ? value : json::array({value});
    if (key.empty() || count_characters(key) > max_name_characters)
      return refuse("holds a name of no or too many characters");
    if (list.empty()) return refuse("holds an empty list");
    Facet facet{key, ""};
    for (const json& item : list) {
      if (!item.is_string() || item.get_ref<const std::string&>().empty() ||
          count_characters(item.get_ref<const std::string&>()) > max_text_characters) {
        return refuse("holds something else than texts");
      }
      if (joined) {
        facet.value += (facet.value.empty() ? "" : ", ") + item.get<std::string>();
      } else {
        facets.push_back({key, item.get<std::string>()});
      }
    }
    if (joined) facets.push_back(std::move(facet));
    if (facets.size() > max_filters) return refuse("holds too many values");
  }
  return facets;
}

std::optional<Intent> read_understood(Fields& fields) {
  const json* object = fields.object("understood");
  if (object == nullptr) return std::nullopt;
  Fields inner(*object, "understood.");
  Intent intent;
  auto text = inner.wanted_text("intent", max_text_characters);
  inner.require("intent", text.has_value());
  intent.text = std::move(text).value_or(std::string());
  if (auto goal = inner.choice("goal", corpus::goals)) intent.goals.push_back({*std::move(goal), 1});
  if (auto category = inner.choice("category", corpus::categories))
    intent.categories.push_back({*std::move(category), 1});
  intent.facets = read_values(inner, "facets", true);
  intent.language = "und";
  intent.confidence = 1;
  fields.take(std::move(inner));
  return intent;
}

std::optional<float> read_temperature(Fields& fields) {
  const auto temperature = fields.number("temperature", 0, 2);
  return temperature ? std::optional(static_cast<float>(*temperature)) : std::nullopt;
}

std::optional<WordRange> read_words(Fields& fields) {
  const json* object = fields.object("words");
  if (object == nullptr) return std::nullopt;
  Fields inner(*object, "words.");
  const auto min = inner.integer("min", 1, max_words), max = inner.integer("max", 1, max_words);
  inner.require("min", min.has_value());
  inner.require("max", max.has_value());
  if (min && max && *min > *max) inner.wrong("min", "is larger than 'words.max'");
  fields.take(std::move(inner));
  if (!min || !max) return std::nullopt;
  return WordRange{static_cast<int>(*min), static_cast<int>(*max)};
}

// `name` of OpenAI's clients: a text, or a list of them. Which tokenizer's numbers mean which text nobody here can
// know.
std::vector<std::string> read_texts(Fields& fields, std::string_view name, std::size_t max,
                                    std::size_t max_characters) {
  const json* value = fields.value(name);
  fields.require(name, value != nullptr);
  if (value == nullptr || !value->is_array()) {
    return {fields.wanted_text(name, max_characters).value_or(std::string())};
  }
  if (value->empty()) fields.wrong(name, "is empty");
  if (std::any_of(value->begin(), value->end(), [](const json& one) { return one.is_number() || one.is_array(); })) {
    fields.wrong(name, "holds tokens, of a tokenizer that is not this server's; send texts");
  }
  return fields.texts(name, max, max_characters);
}

// What OpenAI's clients send though it asks for nothing is taken for as long as it asks for nothing.
void read_neutral(Fields& fields) {
  const std::array<std::pair<std::string_view, json>, 6> neutral = {{{"frequency_penalty", 0},
                                                                     {"presence_penalty", 0},
                                                                     {"logit_bias", json::object()},
                                                                     {"echo", false},
                                                                     {"suffix", ""},
                                                                     {"logprobs", nullptr}}};
  for (const auto& [name, nothing] : neutral) {
    const json* value = fields.value(name);
    if (value != nullptr && *value != nothing) {
      fields.wrong(name, "is not supported by this server; leave it out, or send " + nothing.dump());
    }
  }
}

// Whether the answer's usage is told at the end of a stream.
bool read_stream_options(Fields& fields) {
  const json* object = fields.object("stream_options");
  if (object == nullptr) return false;
  Fields inner(*object, "stream_options.");
  const bool include_usage = inner.boolean("include_usage").value_or(false);
  if (inner.boolean("include_obfuscation").value_or(false)) {
    inner.wrong("include_obfuscation", "is not supported by this server; leave it out, or send false");
  }
  fields.take(std::move(inner));
  return include_usage;
}

std::vector<Task> read_tasks(Fields& fields) {
  const json* list = fields.array("tasks", prompt_tasks.size());
  std::vector<Task> tasks;
  if (list == nullptr) return {prompt_tasks.begin(), prompt_tasks.end()};
  for (const json& item : *list) {
    const auto task = item.is_string() ? task_from_name(item.get_ref<const std::string&>()) : std::nullopt;
    if (!task || *task == Task::intent || std::find(tasks.begin(), tasks.end(), *task) != tasks.end()) {
      fields.wrong("tasks", "holds something else than query, related, template and image, each once");
      return tasks;
    }
    tasks.push_back(*task);
  }
  if (tasks.empty()) fields.wrong("tasks", "is empty");
  return tasks;
}

}  // namespace

Result<IntentRequest> read_intent(std::string_view body) {
  auto fields = Fields::parse(body);
  if (!fields) return tl::unexpected(fields.error());
  IntentRequest request;
  request.picture = read_picture(*fields);
  request.text = read_text(*fields, request.picture.has_value());
  if (auto done = fields->finish(); !done) return tl::unexpected(done.error());
  return request;
}

Result<SuggestRequest> read_suggest(std::string_view body) {
  auto fields = Fields::parse(body);
  if (!fields) return tl::unexpected(fields.error());
  SuggestRequest request;
  request.picture = read_picture(*fields);
  request.understood = read_understood(*fields);
  auto text = fields->wanted_text("text", max_text_characters);
  if (!request.picture && !request.understood) fields->require("text", text.has_value());
  request.text = text ? *std::move(text) : request.understood ? request.understood->text : std::string();
  SuggestOptions options;
  options.n = static_cast<int>(fields->integer("n", 1, max_suggestions).value_or(options.n));
  options.words = read_words(*fields);
  options.ret = static_cast<int>(fields->integer("return", 0, 9).value_or(options.ret));
  options.seed = static_cast<std::uint64_t>(fields->integer("seed", 0, max_seed).value_or(0));
  options.temperature = read_temperature(*fields);
  const auto candidates = fields->integer("candidates", 1, max_candidates);
  request.candidates_given = candidates.has_value();
  options.candidates = static_cast<int>(candidates.value_or(options.candidates));
  request.raw = fields->boolean("raw").value_or(false);
  request.stream = fields->boolean("stream").value_or(false);
  for (const Task task : read_tasks(*fields)) {
    options.task = task;
    request.tasks.push_back(options);
  }
  if (auto done = fields->finish(); !done) return tl::unexpected(done.error());
  for (const SuggestOptions& one : request.tasks) {
    if (auto good = suggest::check(one); !good) return tl::unexpected(good.error());
  }
  return request;
}

Result<SearchRequest> read_search(std::string_view body) {
  auto fields = Fields::parse(body);
  if (!fields) return tl::unexpected(fields.error());
  SearchRequest request;
  request.picture = read_picture(*fields);
  request.text = read_text(*fields, request.picture.has_value());
  const json* queries = fields->value("queries");
  if (queries != nullptr && queries->is_boolean()) {
    request.write_queries = queries->get<bool>();
  } else if (queries != nullptr) {
    request.write_queries = false;
    request.options.queries = fields->texts("queries", max_queries, max_text_characters);
  }
  request.raw = fields->boolean("raw").value_or(false);
  request.options.filters = read_values(*fields, "filters", false);
  request.options.limit = static_cast<std::size_t>(fields->integer("limit", 1, max_page).value_or(20));
  request.options.cursor = fields->text("cursor", max_name_characters).value_or(std::string());
  request.facets = fields->texts("facets", max_filters, max_name_characters);
  request.options.facets = !request.facets.empty();
  request.explain = fields->boolean("explain").value_or(false);
  if (auto done = fields->finish(); !done) return tl::unexpected(done.error());
  return request;
}

Result<RecommendRequest> read_recommend(std::string_view body) {
  auto fields = Fields::parse(body);
  if (!fields) return tl::unexpected(fields.error());
  RecommendRequest request;
  RecommendOptions& options = request.options;
  request.picture = read_picture(*fields);
  options.text = fields->wanted_text("text", max_text_characters).value_or(std::string());
  options.like = fields->texts("assets", max_liked, max_id_bytes);
  if (const json* events = fields->array("events", max_session_events)) {
    for (const json& item : *events) {
      auto event = catalogue::parse_event(item.dump());
      if (!event) {
        fields->wrong("events", "holds something that is no event: " + event.error().message);
        break;
      }
      options.events.push_back(*std::move(event));
    }
  }
  options.lambda = fields->number("lambda", 0, 1).value_or(options.lambda);
  options.popularity = fields->number("popularity", 0, 1).value_or(options.popularity);
  options.appeal = fields->number("appeal", 0, 1).value_or(options.appeal);
  options.limit = static_cast<std::size_t>(fields->integer("limit", 1, max_page).value_or(20));
  options.filters = read_values(*fields, "filters", false);
  if (auto done = fields->finish(); !done) return tl::unexpected(done.error());
  if (!request.picture && options.text.empty() && options.like.empty() && options.events.empty()) {
    return fail(ErrorCode::invalid_argument, "nothing to go by; give 'text', 'assets' or 'events'");
  }
  return request;
}

Result<std::vector<FeedbackEvent>> read_feedback(std::string_view body) {
  auto fields = Fields::parse(body);
  if (!fields) return tl::unexpected(fields.error());
  std::vector<FeedbackEvent> events;
  const json* list = fields->array("events", max_feedback_events);
  fields->require("events", list != nullptr);
  if (list != nullptr) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      auto event = feedback::read_event((*list)[i]);
      if (!event) {
        fields->wrong({ErrorCode::invalid_argument, "event " + std::to_string(i + 1) + ": " + event.error().message});
        break;
      }
      events.push_back(*std::move(event));
    }
  }
  if (auto done = fields->finish(); !done) return tl::unexpected(done.error());
  return events;
}

Result<CompletionRequest> read_completion(std::string_view body) {
  auto fields = Fields::parse(body, Nulls::are_absent);
  if (!fields) return tl::unexpected(fields.error());
  CompletionRequest request;
  auto model = fields->text("model", max_name_characters);
  fields->require("model", model.has_value());
  request.model = std::move(model).value_or(std::string());
  request.prompts = read_texts(*fields, "prompt", max_prompts, max_text_characters);
  SuggestOptions& options = request.options;
  constexpr std::array<std::string_view, 4> tasks = {"query", "related", "template", "image"};
  if (const auto task = fields->choice("task", tasks)) options.task = *task_from_name(*task);
  options.n = static_cast<int>(fields->integer("n", 1, max_suggestions).value_or(1));
  // The best of more than are drawn anyway are the best of so many more candidates.
  const auto best_of = fields->integer("best_of", 1, std::int64_t{max_suggestions} * max_candidates).value_or(1);
  const auto wanted = static_cast<int>((best_of + options.n - 1) / options.n);
  options.candidates = std::clamp(wanted, options.candidates, max_candidates);
  if (const auto most = fields->integer("max_tokens", 1, INT32_MAX))
    request.max_tokens = static_cast<std::size_t>(*most);
  options.temperature = read_temperature(*fields);
  const double top_p = fields->number("top_p", 0, 1).value_or(options.top_p);
  if (top_p <= 0) fields->wrong("top_p", "is not above 0");
  options.top_p = std::max(static_cast<float>(top_p), std::numeric_limits<float>::min());
  options.seed = static_cast<std::uint64_t>(fields->integer("seed", INT64_MIN, INT64_MAX).value_or(0));
  if (const json* stop = fields->value("stop"); stop != nullptr && stop->is_array()) {
    for (const json& item : *stop) {
      const bool fits = stop->size() <= 4 && item.is_string() && !item.get_ref<const std::string&>().empty() &&
                        count_characters(item.get_ref<const std::string&>()) <= max_name_characters;
      if (!fits) {
        fields->wrong("stop",
                      "is no list of up to 4 texts of 1 to " + std::to_string(max_name_characters) + " characters");
        break;
      }
      request.stop.push_back(item.get<std::string>());
    }
  } else if (auto text = fields->text("stop", max_name_characters); text && !text->empty()) {
    request.stop.push_back(*std::move(text));
  }
  request.stream = fields->boolean("stream").value_or(false);
  request.include_usage = read_stream_options(*fields);
  read_neutral(*fields);
  (void)fields->text("user", max_text_characters);
  if (auto done = fields->finish(); !done) return tl::unexpected(done.error());
  if (auto good = suggest::check(options); !good) return tl::unexpected(good.error());
  return request;
}

Result<EmbeddingRequest> read_embedding(std::string_view body) {
  auto fields = Fields::parse(body, Nulls::are_absent);
  if (!fields) return tl::unexpected(fields.error());
  EmbeddingRequest request;
  auto model = fields->text("model", max_name_characters);
  fields->require("model", model.has_value());
  request.model = std::move(model).value_or(std::string());
  constexpr std::size_t max_characters = 8192;
  request.texts = read_texts(*fields, "input", max_embedded, max_characters);
  constexpr std::array<std::string_view, 2> formats = {"float", "base64"};
  request.base64 = fields->choice("encoding_format", formats) == "base64";
  if (const auto dimensions = fields->integer("dimensions", 1, INT32_MAX)) {
    request.dimensions = static_cast<std::size_t>(*dimensions);
  }
  (void)fields->text("user", max_text_characters);
  if (auto done = fields->finish(); !done) return tl::unexpected(done.error());
  return request;
}

std::size_t offset_of(const SearchOptions& options) {
  const std::size_t dash = options.cursor.find('-');
  return dash == std::string::npos ? options.offset : std::stoul(options.cursor.substr(dash + 1));
}

}  // namespace updraft::api
