#include "eval/chat_system.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "corpus/hash.h"
#include "eval/few_shot.h"
#include "eval/memory.h"
#include "suggest/lengths.h"

namespace updraft::eval {
namespace {

using Clock = std::chrono::steady_clock;

// Room for what was asked for and for more words than that, but not for an answer without an end.
int max_tokens(std::span<const int> words) {
  constexpr int tokens_a_word = 3, tokens_a_line = 16;
  return tokens_a_word * std::accumulate(words.begin(), words.end(), 0) +
         tokens_a_line * static_cast<int>(words.size() + 1);
}

struct Timed {
  Result<teacher::Answer> answer;
  double seconds = 0;  // of the attempt that succeeded
};

Timed ask(const ChatSystemOptions& options, const ChatOutside& outside, const Question& question, Task task,
          std::span<const int> words) {
  // Each server takes as much of a seed as JSON's numbers hold in any language.
  const nlohmann::json extra = {{"seed", question.seed % (1U << 31U)}};
  const teacher::ChatOptions chat{.model = options.model,
                                  .temperature = options.temperature,
                                  .max_tokens = max_tokens(words),
                                  .json_mode = false,
                                  .extra = extra.dump()};
  const auto request = teacher::chat_request(chat, few_shot(options.examples, question.record.intent, task, words));
  if (!request) return {tl::unexpected(request.error())};
  double seconds = 0;
  const teacher::Transport timed = [&](const std::string& body, const teacher::Stop& stop) {
    const auto begin = Clock::now();
    auto response = outside.transport(body, stop);
    seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return response;
  };
  const teacher::Patience patience{{},
                                   [] { return 0.5; },  // one client: nobody to get out of step with
                                   [&](std::chrono::milliseconds delay, const teacher::Stop&) { outside.wait(delay); },
                                   outside.retrying};
  auto answer = teacher::ask(timed, *request, patience, [] { return false; });
  return {std::move(answer), seconds};
}

}  // namespace

std::string settings_of(const ChatSystemOptions& options, const Options& asked) {
  std::uint64_t prompts = corpus::hash("");
  for (const Task task : prompt_tasks) {
    const auto words = suggest::plan_words(task, std::nullopt, asked.n);
    for (const teacher::Message& message : few_shot(options.examples, "", task, words)) {
      prompts = corpus::hash(message.content, prompts);
    }
  }
  return nlohmann::ordered_json{{"model", options.model},
                                {"temperature", options.temperature},
                                {"n", asked.n},
                                {"seed", asked.seed},
                                {"prompts", prompts}}
      .dump();
}

System chat_system(const ChatSystemOptions& options, const ChatOutside& outside) {
  return [options, outside, server = server_behind(options.url)](const Question& question) -> Result<Written> {
    // All tasks at once, as the other systems are asked. A future waits for its task when it goes, so none outlives
    // this.
    std::array<std::vector<int>, prompt_tasks.size()> words;
    std::array<std::future<Timed>, prompt_tasks.size()> asked;
    for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
      words[t] = suggest::plan_words(prompt_tasks[t], std::nullopt, question.n);
      asked[t] =
          std::async(std::launch::async, [&, t] { return ask(options, outside, question, prompt_tasks[t], words[t]); });
    }
    Written written;
    for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
      const auto [answer, seconds] = asked[t].get();
      if (!answer) return tl::unexpected(answer.error());
      written.seconds = std::max(written.seconds, seconds);
      written.tokens += answer->tokens_out;
      const auto list = read_list(answer->text, words[t].size(), answer->cut);
      for (std::size_t i = 0; i < list.size(); ++i) written.texts[t].push_back({list[i], words[t][i]});
    }
    if (server) written.memory_mb = memory_of(*server).peak_mb;
    return written;
  };
}

}  // namespace updraft::eval
