// For tests: a folder with a small random model and a small random text encoder, and a corpus of a few records.
#pragma once

#include <gtest/gtest.h>

#include "corpus/corpus.h"
#include "encode/small_bert.h"
#include "files/test_folder.h"
#include "gguf/writer.h"
#include "reward/reward.h"
#include "suggest/small_model.h"

namespace updraft::eval::test {

class SmallSystems : public testing::Test {
 protected:
  SmallSystems() {
    EXPECT_TRUE(gguf::write(model(), suggest::test::small_model(suggest::test::Controls::named)));
    folder_.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nsale\nred\nsign\n");
    folder_.write("model.safetensors", encode::test::as_safetensors(encode::test::small_bert(6)));
    for (const std::string intent : {"holiday sale", "red sign", "a sale of red signs"}) {
      corpus::Record record;
      record.intent = intent;
      record.category = "retail";
      for (const Task task : prompt_tasks) record.prompts[static_cast<std::size_t>(task)] = {"red sale", "sign"};
      records_.push_back(record);
    }
  }

  [[nodiscard]] std::filesystem::path model() const { return folder_ / "model.gguf"; }
  [[nodiscard]] reward::Scorer scorer() const { return reward::Scorer::load(folder_.path(), {.threads = 1}).value(); }

  files::test::Folder folder_;
  std::vector<corpus::Record> records_;
};

}  // namespace updraft::eval::test
