// The studio's files, as they lie in its folder. They are read once: what is not among them then is not served,
// whatever a path says.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/http.h"
#include "updraft/result.h"

namespace updraft::server {

class Studio {
 public:
  static constexpr std::size_t max_bytes = std::size_t{64} << 20;  // of all files

  Studio() = default;  // no files: a page says how to make them
  // Links that lead out of the folder are passed over. Errors: not_found, io (too large, cannot be read).
  [[nodiscard]] static Result<Studio> load(const std::filesystem::path& folder);

  // GET of a path; nullopt: there is no such file. Paths that are no files and want a page get the first page.
  [[nodiscard]] std::optional<Response> get(const Request& request) const;
  [[nodiscard]] bool empty() const { return files_.empty(); }

 private:
  struct File {
    std::string type, tag, bytes;
    bool hashed = false;  // its name changes with its content
  };
  std::map<std::string, File, std::less<>> files_;  // by path, "/index.html"
};

}  // namespace updraft::server
