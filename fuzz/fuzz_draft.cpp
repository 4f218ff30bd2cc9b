// Whatever a teacher answers: the draft that is read from it keeps what draft.h says.
#include <cstdint>

#include "corpus/rules.h"
#include "require.h"
#include "teacher/draft.h"
#include "text/utf8.h"

using namespace updraft;

namespace {

constexpr std::string_view intent = "birdhouse building workshop for kids";

void require_record(const teacher::Draft& draft) {
  require(text::is_valid_utf8(draft.line));
  require(draft.line.find_first_of("\r\n") == std::string::npos);
  require(draft.record.intent == intent);
  std::vector<corpus::Finding> findings;
  require(corpus::read_record(draft.line, findings).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  const auto draft = teacher::read_draft(answer, intent, "");
  if (!draft) return 0;
  require_record(*draft);
  if (draft->findings.empty()) {  // what is right already stays as it is
    const auto again = teacher::read_draft(draft->line, intent, "");
    require(again.has_value() && again->line == draft->line && again->findings.empty());
  }
  const auto left = teacher::without(*draft, draft->findings);
  if (!left) return 0;
  require_record(*left);
  require(left->findings.empty());
  for (const Task task : prompt_tasks) {
    const auto& prompts = left->record.prompts[static_cast<std::size_t>(task)];
    require(prompts.size() >= corpus::prompts_a_task.min && prompts.size() <= corpus::prompts_a_task.max);
    for (const std::string& prompt : prompts) require(prompt.size() <= corpus::max_text_bytes);
  }
  return 0;
}
