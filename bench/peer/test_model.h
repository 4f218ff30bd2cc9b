// Model files that the agreement tests are run on.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gguf/file.h"
#include "gguf/writer.h"

namespace updraft::bench {

// UPDRAFT_MODEL, else the model that comes with updraft.
inline std::filesystem::path shipped_model() {
  if (const char* path = std::getenv("UPDRAFT_MODEL"); path != nullptr && *path != '\0') return path;
  return UPDRAFT_SOURCE_DIR "/models/updraft-135m-q4_0.gguf";
}

// A file that is gone with this object.
class TemporaryModel {
 public:
  TemporaryModel(const gguf::Contents& contents, const std::string& name)
      : path_(std::filesystem::path(testing::TempDir()) /
              ("updraft-" + name + "-" + std::to_string(getpid()) + ".gguf")) {
    const auto written = gguf::write(path_, contents);
    if (!written) throw std::runtime_error(written.error().message);
  }
  TemporaryModel(const TemporaryModel&) = delete;
  TemporaryModel& operator=(const TemporaryModel&) = delete;
  ~TemporaryModel() { std::filesystem::remove(path_); }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// All lines of data/*.jsonl, in the order of the files' names.
inline std::vector<std::string> corpus_lines() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(UPDRAFT_SOURCE_DIR "/data"))
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> lines;
  for (const auto& path : files) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
  }
  return lines;
}

}  // namespace updraft::bench
