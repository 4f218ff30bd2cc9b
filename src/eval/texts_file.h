// What a system wrote, kept: one file a system, one intent a line (JSON Lines), so that a slow system goes on after a
// stop and is asked once only.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "eval/system.h"
#include "teacher/record_file.h"
#include "updraft/result.h"

namespace updraft::eval {

class TextsFile {
 public:
  // Creates the file or goes on with it. `settings` is all that decides what the system writes; texts of other settings
  // are not mixed with these. Errors name the path: io, corrupt, invalid_argument (other settings).
  [[nodiscard]] static Result<TextsFile> open(const std::filesystem::path& path, const std::string& settings);

  // nullptr: not asked yet.
  [[nodiscard]] const Written* find(const std::string& intent) const;
  // It is on the disk when this returns. Errors: io.
  [[nodiscard]] Result<> add(const std::string& intent, const Written& written);

 private:
  explicit TextsFile(teacher::RecordFile file) : file_(std::move(file)) {}

  teacher::RecordFile file_;
  std::map<std::string, Written> written_;
};

// One line, without its end. Any bytes are a text; what is no UTF-8 in them is replaced.
[[nodiscard]] std::string to_line(const std::string& intent, const Written& written);
// Errors: corrupt.
[[nodiscard]] Result<std::pair<std::string, Written>> parse_line(std::string_view line);

}  // namespace updraft::eval
