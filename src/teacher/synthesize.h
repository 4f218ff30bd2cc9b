// New records for the corpus, written by a teacher: any large language model behind an OpenAI-compatible endpoint.
//
// Each intent is one request; answers that break the corpus's rules are sent back once with what is wrong. Each good
// record is on the disk before the next progress report, so a run can be killed at any moment and started again: what
// the file holds is not asked for again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "teacher/chat.h"
#include "teacher/http.h"
#include "updraft/result.h"

namespace updraft::teacher {

inline constexpr int max_in_flight = 256;
inline constexpr int max_intents_a_category = 10'000;

struct TeacherOptions {
  Endpoint endpoint;
  ChatOptions chat;
  RetryOptions retry;

  // What to ask for: a text file, one intent a line; and so many intents of each category, that the teacher thinks of
  // itself. One of them, or both.
  std::filesystem::path intents;
  std::vector<std::string> categories;
  int intents_a_category = 0;  // the output file's records count

  std::filesystem::path corpus;  // folder: nothing is written that stands there already, or nearly; empty: none
  std::filesystem::path out;     // JSON Lines, see record_file.h
  std::filesystem::path rules;   // text file that takes the place of the rules in prompt.h; empty: none

  int in_flight = 4;    // requests at the same time, 1..max_in_flight
  double price_in = 0;  // for a million tokens, in any currency
  double price_out = 0;
  std::uint64_t seed = 0;  // of delays and of which known intents the teacher is shown
};

struct Progress {
  std::size_t total = 0;    // records wanted; grows with the intents that the teacher thinks of
  std::size_t had = 0;      // of these, in the file before
  std::size_t done = 0;     // written by this run
  std::size_t failed = 0;   // asked for in vain; the next run tries again
  std::size_t dropped = 0;  // intents that stand in the corpus already, or nearly
  std::size_t retries = 0;
  std::size_t repairs = 0;
  std::uint64_t tokens_in = 0;
  std::uint64_t tokens_out = 0;
  double cost = 0;     // of the tokens, by the given prices
  double seconds = 0;  // since the run began
};

// Told from several threads, but never twice at the same time.
struct Observer {
  std::function<void(const Progress&)> progress = [](const Progress&) {};
  // An intent that failed or was dropped, a request that is sent again; one line.
  std::function<void(const std::string&)> note = [](const std::string&) {};
};

// Everything from outside that tests replace.
struct Outside {
  Transport transport;
  std::function<void(std::chrono::milliseconds, const Stop&)> wait;  // called from several threads
};

// Returns when all is asked for, or with an error: invalid_argument (an option; the endpoint refuses: key, model, URL),
// not_found and io (files), corrupt (the corpus or the output file), cancelled (`stop`), and io when one request after
// another fails. Records that were written stay in any case.
[[nodiscard]] Result<Progress> synthesize(const TeacherOptions& options, const Stop& stop,
                                          const Observer& observer = {});
[[nodiscard]] Result<Progress> synthesize(const TeacherOptions& options, const Outside& outside, const Stop& stop,
                                          const Observer& observer = {});

}  // namespace updraft::teacher
