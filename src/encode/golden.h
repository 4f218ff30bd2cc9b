// For tests: texts with what the reference makes of them. Tokens by Hugging Face's tokenizers 0.23 with the model's own
// tokenizer.json, values by a plain forward pass in double precision.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace updraft::encode::test {

inline const std::string testdata = UPDRAFT_SOURCE_DIR "/src/encode/testdata/";

struct Golden {
  std::string text;
  std::vector<std::string> tokens;
  std::vector<float> values;  // the first few of the point
};

inline std::vector<Golden> read_golden() {
  std::vector<Golden> all;
  std::ifstream in(testdata + "golden.jsonl");
  for (std::string line; std::getline(in, line);) {
    const auto object = nlohmann::json::parse(line);
    all.push_back({object.at("text"), object.at("tokens"), object.at("values")});
  }
  return all;
}

}  // namespace updraft::encode::test
