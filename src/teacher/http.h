// One POST of JSON to a teacher, as a function: the real one stands on src/http, tests put their own in its place.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "http/client.h"

namespace updraft::teacher {

using HttpResponse = http::Response;
using Stop = http::Stop;

// Sends `body` and waits for the whole answer, whatever its status. Called from several threads at once. Errors: io
// (connection refused or broken, time limit), corrupt (the answer is larger than allowed), unsupported (TLS says no),
// cancelled (`stop`).
using Transport = std::function<Result<HttpResponse>(const std::string& body, const Stop& stop)>;

struct Endpoint {
  std::string url;      // as completions_url returns it
  std::string api_key;  // "Authorization: Bearer ..."; empty: none. Stands in no error message.
  std::chrono::milliseconds connect_limit{10'000};
  std::chrono::milliseconds limit{300'000};  // for the whole request
  std::size_t max_response_bytes = 1 << 20;
};

// Where chat completions are asked for: "http://host:8080" and "http://host:8080/v1/" stand for
// "http://host:8080/v1/chat/completions". Errors: invalid_argument (no http or https URL; a password in it),
// unsupported (libcurl is not installed).
[[nodiscard]] Result<std::string> completions_url(const std::string& url);

// Redirects are not followed: the key goes to the named server alone. Proxies as the environment says (https_proxy).
// Errors: invalid_argument (the key holds what no header may).
[[nodiscard]] Result<Transport> http_transport(Endpoint endpoint);

}  // namespace updraft::teacher
