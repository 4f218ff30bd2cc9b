// What the model wrote itself, relabelled in hindsight with the command that it did fulfil (arXiv 1912.02875, section
// 2): a bounded memory on disk.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "suggest/command.h"
#include "updraft/result.h"

namespace updraft::learn {

struct Experience {
  std::int64_t step = 0;  // of training, after which it was written
  std::string intent;
  suggest::Command asked;     // the command that the model saw
  suggest::Command achieved;  // what came of it: its words, its return; the same task
  std::string prompt;
};

class ReplayBuffer {
 public:
  // Holds the last `capacity` experiences; `path` is a file of JSON Lines, which need not exist yet; an
  // empty one: in memory only. Experiences after
  // `step` are forgotten: a run that goes on from there makes them again. Errors: io, corrupt (names the line).
  [[nodiscard]] static Result<ReplayBuffer> open(const std::filesystem::path& path, std::size_t capacity,
                                                 std::int64_t step);

  // Drops the oldest when there are too many. A kill leaves the file as it was or with all of them.
  [[nodiscard]] Result<> add(std::vector<Experience> experiences);

  [[nodiscard]] std::span<const Experience> all() const { return experiences_; }
  // Indices into all(), oldest first.
  [[nodiscard]] std::span<const std::size_t> of(std::string_view intent) const;

 private:
  ReplayBuffer(std::filesystem::path path, std::size_t capacity) : path_(std::move(path)), capacity_(capacity) {}
  void index();

  std::filesystem::path path_;
  std::size_t capacity_;
  std::vector<Experience> experiences_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_intent_;
};

// One line of the file, without its end, and back. What `updraft feedback export` writes is read as well: there is no
// step, and what was asked for is what was achieved. Errors: corrupt.
[[nodiscard]] std::string to_line(const Experience& experience);
[[nodiscard]] Result<Experience> parse_experience(std::string_view line);

}  // namespace updraft::learn
