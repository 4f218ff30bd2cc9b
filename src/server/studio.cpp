#include "server/studio.h"

#include <array>
#include <cstdio>

#include "corpus/hash.h"
#include "files/mapping.h"
#include "server/router.h"
#include "text/ascii.h"

namespace updraft::server {
namespace {

constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: https:; font-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

constexpr std::string_view no_studio =
    "The studio has not been built. In the source tree:\n\n    tools/build-web\n\nthen start the "
    "server again (or name the folder with --studio). The API is here: /openapi.json\n";

std::string type_of(const std::filesystem::path& path) {
  constexpr std::array<std::array<std::string_view, 2>, 16> types = {{{".html", "text/html; charset=utf-8"},
                                                                      {".js", "text/javascript; charset=utf-8"},
                                                                      {".mjs", "text/javascript; charset=utf-8"},
                                                                      {".css", "text/css; charset=utf-8"},
                                                                      {".json", "application/json"},
                                                                      {".map", "application/json"},
                                                                      {".webmanifest", "application/manifest+json"},
                                                                      {".svg", "image/svg+xml"},
                                                                      {".png", "image/png"},
                                                                      {".jpg", "image/jpeg"},
                                                                      {".webp", "image/webp"},
                                                                      {".ico", "image/x-icon"},
                                                                      {".woff2", "font/woff2"},
                                                                      {".woff", "font/woff"},
                                                                      {".wasm", "application/wasm"},
                                                                      {".txt", "text/plain; charset=utf-8"}}};
  const std::string extension = text::lower_case(path.extension().string());
  for (const auto& [known, type] : types) {
    if (extension == known) return std::string(type);
  }
  return "application/octet-stream";
}

std::string tag_of(std::string_view bytes) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "\"%016llx\"", static_cast<unsigned long long>(corpus::hash(bytes)));
  return text.data();
}

// "index-BxT3_9aQ.js", as Vite names what it bundles.
bool is_hashed(const std::filesystem::path& path) {
  const std::string stem = path.stem().string();
  const std::size_t dash = stem.rfind('-');
  return path.parent_path().filename() == "assets" && dash != std::string::npos && stem.size() - dash == 9;
}

bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const auto relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

Result<Studio> Studio::load(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code code;
  const fs::path root = fs::canonical(folder, code);
  if (code || !fs::is_directory(root, code)) return fail(ErrorCode::not_found, folder.string() + ": no such folder");
  Studio studio;
  std::size_t bytes = 0;
  for (fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, code), end;
       !code && it != end; it.increment(code)) {
    std::error_code ignored;
    const fs::path target = fs::canonical(it->path(), ignored);
    if (ignored || !fs::is_regular_file(target, ignored) || !is_inside(target, root)) continue;
    const auto file = files::Mapping::open(target);
    if (!file) return tl::unexpected(file.error());
    bytes += file->bytes().size();
    if (bytes > max_bytes) return fail(ErrorCode::io, folder.string() + ": more than a studio's files");
    const std::string path = "/" + it->path().lexically_relative(root).generic_string();
    studio.files_[path] = {type_of(target), tag_of(file->text()), std::string(file->text()), is_hashed(it->path())};
  }
  if (code) return fail(ErrorCode::io, folder.string() + ": " + code.message());
  return studio;
}

std::optional<Response> Studio::get(const Request& request) const {
  const auto path = percent_decoded(request.path);
  if (!path) return std::nullopt;
  const bool is_root = *path == "/" || *path == "/index.html";
  if (files_.empty()) {
    if (!is_root) return std::nullopt;
    return Response{.type = "text/plain; charset=utf-8",
                    .body = std::string(no_studio),
                    .headers = {{"Cache-Control", "no-store"}}};
  }
  auto found = files_.find(*path == "/" ? "/index.html" : *path);
  const bool wants_page = request.header("accept").find("text/html") != std::string_view::npos;
  if (found == files_.end() && wants_page && std::filesystem::path(*path).extension().empty())
    found = files_.find("/index.html");
  if (found == files_.end()) return std::nullopt;
  const File& file = found->second;
  Response response{.type = file.type, .body = {}, .headers = {}};
  response.headers = {{"ETag", file.tag},
                      {"Cache-Control", file.hashed ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"Content-Security-Policy", std::string(policy)},
                      {"Permissions-Policy", "camera=(self), microphone=(), geolocation=()"}};
  if (request.header("if-none-match").find(file.tag) != std::string_view::npos) {
    response.status = 304;
  } else {
    response.body = file.bytes;
  }
  return response;
}

}  // namespace updraft::server
