#include "catalogue/picture_file.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "text/ascii.h"

namespace updraft::catalogue {

namespace fs = std::filesystem;

bool has_picture_name(const fs::path& path) {
  constexpr std::array<std::string_view, 10> known = {".svg",  ".png", ".jpg", ".jpeg", ".webp",
                                                      ".avif", ".gif", ".bmp", ".tif",  ".tiff"};
  return std::find(known.begin(), known.end(), text::lower_case(path.extension().string())) != known.end();
}

Result<std::optional<fs::path>> picture_file(const std::string& url, const fs::path& folder) {
  const bool is_on_the_web = url.find("://") != std::string::npos || url.starts_with("//");
  if (is_on_the_web || !has_picture_name(url)) return std::nullopt;
  std::error_code code;
  const fs::path root = fs::canonical(folder, code);
  const fs::path file = code ? fs::path() : fs::canonical(root / url, code);
  if (code) {
    const bool is_missing = code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory;
    return fail(is_missing ? ErrorCode::not_found : ErrorCode::io, url + ": " + code.message());
  }
  const auto [end_of_root, rest] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  if (end_of_root != root.end()) {
    return fail(ErrorCode::invalid_argument, url + ": it lies outside of the source's folder");
  }
  return file;
}

}  // namespace updraft::catalogue
