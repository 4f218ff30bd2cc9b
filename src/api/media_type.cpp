#include "api/media_type.h"

#include <array>

#include "text/ascii.h"

namespace updraft::api {

std::string media_type(const std::filesystem::path& picture) {
  const std::string extension = text::lower_case(picture.extension().string());
  constexpr std::array<std::array<std::string_view, 2>, 8> types = {{{".svg", "image/svg+xml"},
                                                                     {".png", "image/png"},
                                                                     {".jpg", "image/jpeg"},
                                                                     {".jpeg", "image/jpeg"},
                                                                     {".webp", "image/webp"},
                                                                     {".avif", "image/avif"},
                                                                     {".gif", "image/gif"},
                                                                     {".bmp", "image/bmp"}}};
  for (const auto& [known, type] : types) {
    if (extension == known) return std::string(type);
  }
  return {};
}

bool is_on_the_web(std::string_view url) { return url.starts_with("https://") || url.starts_with("http://"); }

}  // namespace updraft::api
