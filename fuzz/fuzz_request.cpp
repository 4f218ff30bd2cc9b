// Any bytes as what a server is sent: the body of each request, a path, a key, a file of keys. Each is refused in one
// line, or taken, and then is what it may be.
#include <cstdint>

#include "api/requests.h"
#include "require.h"
#include "server/keys.h"
#include "server/router.h"
#include "suggest/options.h"
#include "text/base64.h"

using namespace updraft;

namespace {

template <class T>
bool taken(const Result<T>& request) {
  if (!request) require(!request.error().message.empty() && request.error().message.find('\n') == std::string::npos);
  return request.has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto request = api::read_intent(text); taken(request)) {
    require(!request->text.empty() || request->picture);
    require(request->text.size() <= max_utterance_bytes);
  }
  if (const auto request = api::read_suggest(text); taken(request)) {
    require(!request->tasks.empty() && request->tasks.size() <= prompt_tasks.size());
    for (const SuggestOptions& options : request->tasks) require(suggest::check(options).has_value());
  }
  if (const auto request = api::read_search(text); taken(request)) require(request->options.limit <= max_hits);
  if (const auto request = api::read_recommend(text); taken(request))
    require(request->options.like.size() <= max_liked);
  if (const auto events = api::read_feedback(text); taken(events)) {
    for (const FeedbackEvent& event : *events) require(check(event).has_value());
  }
  if (const auto request = api::read_completion(text); taken(request))
    require(suggest::check(request->options).has_value());
  (void)taken(api::read_embedding(text));
  (void)server::match("/v1/assets/{id}/picture", text);
  (void)server::percent_decoded(text);
  (void)taken(server::Keys::parse(text));
  if (const auto bytes = text::from_base64(text)) require(text::to_base64(*bytes) == text);
  return 0;
}
