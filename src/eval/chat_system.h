// A chat model behind an OpenAI-compatible endpoint as a system: asked by examples, one request a task, all of
// them at once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "corpus/corpus.h"
#include "eval/evaluate.h"
#include "eval/system.h"
#include "teacher/chat.h"
#include "teacher/http.h"

namespace updraft::eval {

struct ChatSystemOptions {
  std::string url;    // as teacher::completions_url returns it: where memory is looked up, when it is this machine's
  std::string model;  // the model's name there
  std::vector<corpus::Record> examples;
  double temperature = 0.7;
};

// All that decides what it writes, but for the model itself (TextsFile::open).
[[nodiscard]] std::string settings_of(const ChatSystemOptions& options, const Options& asked);

// Called from several threads at once.
struct ChatOutside {
  teacher::Transport transport;
  std::function<void(std::chrono::milliseconds)> wait;  // between attempts
  std::function<void(const Error&)> retrying;           // told why, before waiting
};

// Its seconds are those of the answer that took longest, its tokens what the server counts. An answer that is no list
// is no text. Errors: those of teacher::ask, when the system is asked.
[[nodiscard]] System chat_system(const ChatSystemOptions& options, const ChatOutside& outside);

}  // namespace updraft::eval
