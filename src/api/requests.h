// What may be asked for, as JSON. Every reader refuses what it does not know, each in one line: as corrupt, what is no
// JSON at all, as invalid_argument, a value that cannot be taken. docs/api.md and src/server/openapi.cpp say the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/catalogue.h"
#include "updraft/feedback.h"
#include "updraft/intent.h"
#include "updraft/suggest.h"

namespace updraft::api {

inline constexpr std::size_t max_text_characters = 1000;  // whatever they are, no more than max_utterance_bytes
inline constexpr int max_suggestions = 32;                // a task
inline constexpr std::size_t max_picture_bytes = std::size_t{8} << 20;
inline constexpr std::size_t max_page = 100;     // hits, or recommendations
inline constexpr std::size_t max_embedded = 64;  // texts at once
inline constexpr std::size_t max_prompts = 8;    // of a completion
inline constexpr int written_queries = 8;        // of a search that has them written

// {"data": base64}
using PictureBytes = std::string;

struct IntentRequest {
  std::string text;
  std::optional<PictureBytes> picture;
};

struct SuggestRequest {
  std::string text;
  std::optional<PictureBytes> picture;
  std::vector<SuggestOptions> tasks;
  bool candidates_given = false;     // else they are fewer where many are waiting
  std::optional<Intent> understood;  // by the person: used instead of a detection
  bool raw = false;                  // the text is the intent
  bool stream = false;
};

struct SearchRequest {
  std::string text;
  std::optional<PictureBytes> picture;
  bool write_queries = true;  // by the model
  bool raw = false;           // for the text as it stands
  SearchOptions options;
  std::vector<std::string> facets;  // that are counted
  bool explain = false;
};

struct RecommendRequest {
  std::optional<PictureBytes> picture;
  RecommendOptions options;
};

// OpenAI's; `prompts` are intents.
struct CompletionRequest {
  std::string model;
  std::vector<std::string> prompts;
  SuggestOptions options;
  std::optional<std::size_t> max_tokens;
  std::vector<std::string> stop;
  bool stream = false;
  bool include_usage = false;  // at the end of the stream
};

struct EmbeddingRequest {
  std::string model;
  std::vector<std::string> texts;
  std::optional<std::size_t> dimensions;  // that the points are to have
  bool base64 = false;
};

[[nodiscard]] Result<IntentRequest> read_intent(std::string_view body);
[[nodiscard]] Result<SuggestRequest> read_suggest(std::string_view body);
[[nodiscard]] Result<SearchRequest> read_search(std::string_view body);
[[nodiscard]] Result<RecommendRequest> read_recommend(std::string_view body);
[[nodiscard]] Result<std::vector<FeedbackEvent>> read_feedback(std::string_view body);
[[nodiscard]] Result<CompletionRequest> read_completion(std::string_view body);
[[nodiscard]] Result<EmbeddingRequest> read_embedding(std::string_view body);

// Where a page begins, as a cursor that a search has found good tells it.
[[nodiscard]] std::size_t offset_of(const SearchOptions& options);

}  // namespace updraft::api
