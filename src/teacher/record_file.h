// A file of JSON Lines that is only ever added to, and loses nothing that was added, whenever the program dies.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/result.h"

namespace updraft::teacher {

class RecordFile {
 public:
  // Creates the file or goes on with it. A last line that was not written to its end is cut off. One program at a time
  // holds the file. Errors name the path: io (also: held by another program, larger than 4 GiB).
  [[nodiscard]] static Result<RecordFile> open(const std::filesystem::path& path);

  RecordFile(RecordFile&& other) noexcept;
  RecordFile& operator=(RecordFile&&) = delete;
  ~RecordFile();

  // The lines that stood there at opening, without their ends.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

  // One line, without its end; it is on the disk when this returns. After an error the file is as before. Errors: io.
  [[nodiscard]] Result<> append(std::string_view line);

 private:
  RecordFile(std::filesystem::path path, int file) : path_(std::move(path)), file_(file) {}
  [[nodiscard]] Result<> read();

  std::filesystem::path path_;
  int file_;
  std::vector<std::string> lines_;
};

}  // namespace updraft::teacher
