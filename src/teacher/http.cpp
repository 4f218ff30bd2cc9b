#include "teacher/http.h"

#include "http/curl.h"

namespace updraft::teacher {

Result<std::string> completions_url(const std::string& url) {
  const auto curl = http::load_curl();
  if (!curl) return tl::unexpected(curl.error());
  const http::CurlDeleter deleter{*curl};
  const http::CurlOwned<CURLU> parts((**curl).url(), deleter);
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    (void)(**curl).url_get(parts.get(), which, &text, 0);
    const http::CurlOwned<char> owned(text, deleter);
    return text == nullptr ? std::string() : std::string(text);
  };
  const bool parsed = parts != nullptr && (**curl).url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
  const std::string scheme = parsed ? part(CURLUPART_SCHEME) : "";
  if (scheme != "http" && scheme != "https") {
    return fail(ErrorCode::invalid_argument, "the URL must be like http://127.0.0.1:8080 or https://host/v1");
  }
  if (!part(CURLUPART_USER).empty() || !part(CURLUPART_PASSWORD).empty()) {
    return fail(ErrorCode::invalid_argument, "the URL must not hold a name or password: others can read it");
  }
  if (!part(CURLUPART_QUERY).empty() || !part(CURLUPART_FRAGMENT).empty()) {
    return fail(ErrorCode::invalid_argument, "the URL must end with the path, without '?' or '#'");
  }
  constexpr std::string_view ending = "/chat/completions";
  std::string path = part(CURLUPART_PATH);
  while (path.ends_with('/')) path.pop_back();
  if (path.empty()) path = "/v1";
  if (!path.ends_with(ending)) path += ending;
  (void)(**curl).url_set(parts.get(), CURLUPART_PATH, path.c_str(), 0);
  return part(CURLUPART_URL);
}

Result<Transport> http_transport(Endpoint endpoint) {
  if (!http::is_clean_key(endpoint.api_key)) {
    return fail(ErrorCode::invalid_argument, "the API key holds spaces or other characters that no key has");
  }
  return [endpoint = std::move(endpoint)](const std::string& body, const Stop& stop) -> Result<HttpResponse> {
    auto client = http::Client::make();
    if (!client) return tl::unexpected(client.error());
    return client->send({.url = endpoint.url,
                         .body = body,
                         .api_key = endpoint.api_key,
                         .connect_limit = endpoint.connect_limit,
                         .limit = endpoint.limit,
                         .max_response_bytes = endpoint.max_response_bytes},
                        stop);
  };
}

}  // namespace updraft::teacher
