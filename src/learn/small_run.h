// For tests: a folder with a small corpus and a small base model, and the runs that train on them there.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>

#include "files/test_folder.h"
#include "gguf/writer.h"
#include "learn/trainer.h"
#include "suggest/small_model.h"

namespace updraft::learn::test {

class SmallRuns {
 public:
  SmallRuns() {
    std::filesystem::create_directory(folder_ / "data");
    std::ofstream corpus(folder_ / "data/corpus.jsonl");
    for (int i = 0; i < 60; ++i) {
      const std::string subject = "holiday sale " + std::to_string(i);
      corpus << nlohmann::json{{"intent", subject},
                               {"category", i % 2 == 0 ? "retail" : "events"},
                               {"raw", {{{"text", "make a " + subject}, {"goal", "template"}}}},
                               {"query", {subject + " poster", "sale sign"}},
                               {"related", {"gift cards"}},
                               {"template", {"A bold poster for the " + subject}},
                               {"image", {"A shop window with a sign that says " + subject}}}
             << '\n';
    }
    const auto model = suggest::test::small_model(suggest::test::Controls::absent);
    if (!gguf::write(folder_ / "base.gguf", model)) throw std::runtime_error("no base model");
  }

  [[nodiscard]] const files::test::Folder& folder() const { return folder_; }

  [[nodiscard]] TrainOptions options(const std::string& run, std::int64_t steps) const {
    TrainOptions o;
    o.base = folder_ / "base.gguf";
    o.data = folder_ / "data";
    o.run = folder_ / run;
    o.steps = steps;
    o.tokens_a_step = 256;
    o.learning_rate = 3e-3;
    o.warmup_steps = 2;
    o.shortlist_size = 1024;
    o.negatives = 16;
    o.validate_every = 4;
    return o;
  }

  // Of each step that the run's log holds.
  [[nodiscard]] std::vector<double> losses(const std::string& run) const {
    std::vector<double> values;
    std::ifstream log(folder_ / run / "log.jsonl");
    for (std::string line; std::getline(log, line);) values.push_back(nlohmann::json::parse(line).at("loss"));
    return values;
  }

 private:
  files::test::Folder folder_;
};

}  // namespace updraft::learn::test
