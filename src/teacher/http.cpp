#include "teacher/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace updraft::teacher {
namespace {

constexpr std::size_t max_header_bytes = 64 << 10;

struct Deleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(char* text) const { curl_free(text); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

void initialize_once() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)done;
}

// What the callbacks of one request share.
struct Exchange {
  std::string body;
  std::size_t header_bytes = 0;
  std::size_t max_body_bytes = 0;
  bool too_large = false;
  const Stop* stop = nullptr;
};

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (count > exchange.max_body_bytes - exchange.body.size()) {
    exchange.too_large = true;
    return 0;
  }
  exchange.body.append(bytes, count);
  return count;
}

std::size_t on_header(char*, std::size_t, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.header_bytes += count;
  exchange.too_large = exchange.header_bytes > max_header_bytes;
  return exchange.too_large ? 0 : count;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<Exchange*>(user)->stop)() ? 1 : 0;
}

ErrorCode kind_of(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_NOTFOUND:
      return ErrorCode::unsupported;
    default:
      return ErrorCode::io;
  }
}

std::string without(std::string text, const std::string& secret) {
  if (secret.empty()) return text;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
  }
  return text;
}

Result<HttpResponse> post(const Endpoint& endpoint, const std::string& body, const Stop& stop) {
  const Owned<CURL> handle(curl_easy_init());
  if (handle == nullptr) return fail(ErrorCode::io, "libcurl cannot be started");
  CURL* curl = handle.get();

  Owned<curl_slist> headers;
  const auto add_header = [&headers](const std::string& line) {
    curl_slist* grown = curl_slist_append(headers.get(), line.c_str());
    if (grown == nullptr) return;
    (void)headers.release();
    headers.reset(grown);
  };
  add_header("Content-Type: application/json");
  add_header("Expect:");  // no round trip before the body
  if (!endpoint.api_key.empty()) add_header("Authorization: Bearer " + endpoint.api_key);

  Exchange exchange;
  exchange.max_body_bytes = endpoint.max_response_bytes;
  exchange.stop = &stop;
  char complaint[CURL_ERROR_SIZE] = {};
  curl_easy_setopt(curl, CURLOPT_URL, endpoint.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);  // there are other threads
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "updraft");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(endpoint.connect_limit.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(endpoint.limit.count()));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, complaint);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);

  const CURLcode code = curl_easy_perform(curl);
  if (exchange.too_large) {
    return fail(ErrorCode::corrupt,
                "the answer is larger than " + std::to_string(endpoint.max_response_bytes) + " bytes");
  }
  if (code == CURLE_ABORTED_BY_CALLBACK) return fail(ErrorCode::cancelled, "stopped");
  if (code != CURLE_OK) {
    return fail(kind_of(code), without(complaint[0] != '\0' ? complaint : curl_easy_strerror(code), endpoint.api_key));
  }
  HttpResponse response;
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
  response.status = static_cast<int>(status);
  if (retry_after > 0) response.retry_after = std::chrono::seconds(retry_after);
  response.body = status == 200 ? std::move(exchange.body) : without(std::move(exchange.body), endpoint.api_key);
  return response;
}

}  // namespace

Result<std::string> completions_url(const std::string& url) {
  const Owned<CURLU> parts(curl_url());
  const auto part = [&parts](CURLUPart which) {
    char* text = nullptr;
    (void)curl_url_get(parts.get(), which, &text, 0);
    const Owned<char> owned(text);
    return text == nullptr ? std::string() : std::string(text);
  };
  const bool parsed = parts != nullptr && curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
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
  (void)curl_url_set(parts.get(), CURLUPART_PATH, path.c_str(), 0);
  return part(CURLUPART_URL);
}

Result<Transport> http_transport(Endpoint endpoint) {
  const bool clean =
      std::all_of(endpoint.api_key.begin(), endpoint.api_key.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!clean) return fail(ErrorCode::invalid_argument, "the API key holds spaces or other characters that no key has");
  initialize_once();
  return [endpoint = std::move(endpoint)](const std::string& body, const Stop& stop) {
    return post(endpoint, body, stop);
  };
}

}  // namespace updraft::teacher
