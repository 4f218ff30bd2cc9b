#include "http/client.h"

#include <algorithm>

#include "http/curl.h"

namespace updraft::http {
namespace {

constexpr std::size_t max_header_bytes = 64 << 10;

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
  const Stop& stop = *static_cast<Exchange*>(user)->stop;
  return stop && stop() ? 1 : 0;
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

}  // namespace

struct Client::State {
  const Curl* curl = nullptr;
  CurlOwned<CURL> handle;
};

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::make() {
  const auto curl = load_curl();
  if (!curl) return tl::unexpected(curl.error());
  auto state = std::make_unique<State>();
  state->curl = *curl;
  state->handle = CurlOwned<CURL>((**curl).easy_init(), CurlDeleter{*curl});
  if (state->handle == nullptr) return fail(ErrorCode::io, "libcurl cannot be started");
  return Client(std::move(state));
}

Result<Response> Client::send(const Request& request, const Stop& stop) {
  if (!is_clean_key(request.api_key)) {
    return fail(ErrorCode::invalid_argument, "the API key holds spaces or other characters that no key has");
  }
  const Curl& curl = *state_->curl;
  CURL* handle = state_->handle.get();
  curl.easy_reset(handle);  // options; connections stay
  const auto set = [&](CURLoption option, auto value) { curl.easy_setopt(handle, option, value); };

  CurlOwned<curl_slist> headers(nullptr, CurlDeleter{&curl});
  const auto add_header = [&](const std::string& line) {
    curl_slist* grown = curl.slist_append(headers.get(), line.c_str());
    if (grown == nullptr) return;
    (void)headers.release();
    headers.reset(grown);
  };
  if (!request.body.empty()) add_header("Content-Type: application/json");
  add_header("Expect:");  // no round trip before the body
  if (!request.api_key.empty()) add_header("Authorization: Bearer " + request.api_key);

  Exchange exchange;
  exchange.max_body_bytes = request.max_response_bytes;
  exchange.stop = &stop;
  char complaint[CURL_ERROR_SIZE] = {};
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  if (request.direct) set(CURLOPT_PROXY, "");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);  // there are other threads
  set(CURLOPT_USERAGENT, "updraft");
  set(CURLOPT_HTTPHEADER, headers.get());
  if (!request.body.empty() || request.method == "POST") {
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_limit.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.limit.count()));
  set(CURLOPT_ERRORBUFFER, &complaint[0]);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, &exchange);
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, &exchange);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(CURLOPT_XFERINFODATA, &exchange);

  const CURLcode code = curl.easy_perform(handle);
  if (exchange.too_large) {
    return fail(ErrorCode::corrupt,
                "the answer is larger than " + std::to_string(request.max_response_bytes) + " bytes");
  }
  if (code == CURLE_ABORTED_BY_CALLBACK) return fail(ErrorCode::cancelled, "stopped");
  if (code != CURLE_OK) {
    return fail(kind_of(code), without(complaint[0] != '\0' ? complaint : curl.easy_strerror(code), request.api_key));
  }
  Response response;
  long status = 0;
  curl_off_t retry_after = 0;
  curl.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl.easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after);
  response.status = static_cast<int>(status);
  if (retry_after > 0) response.retry_after = std::chrono::seconds(retry_after);
  response.body = status == 200 ? std::move(exchange.body) : without(std::move(exchange.body), request.api_key);
  return response;
}

bool is_clean_key(const std::string& key) {
  return std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace updraft::http
