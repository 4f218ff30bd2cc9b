#include "server/failure.h"

#include <nlohmann/json.hpp>

#include "api/json.h"

namespace updraft::server {
namespace {

std::string_view code_of(int status) {
  switch (status) {
    case 400:
    case 405:
    case 422:
      return "invalid_argument";
    case 401:
    case 403:
      return "unauthorized";
    case 404:
      return "not_found";
    case 409:
      return "cancelled";
    case 413:
    case 431:
      return "too_large";
    case 408:
    case 429:
      return "busy";
    case 503:
      return "unavailable";
    default:
      return "internal";
  }
}

std::string message_of(const Error& error) {
  const int status = status_of(error);
  return status == 500 || status == 503 ? "the server failed; its log tells more" : error.message;
}

}  // namespace

std::string failure_json(int status, std::string_view message) {
  return api::json_line(api::error_json(code_of(status), message));
}

Response failure(int status, std::string_view message) {
  return {.status = status, .body = failure_json(status, message)};
}

int status_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::unsupported:
      return 422;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::cancelled:
      return 409;
    case ErrorCode::io:
      return 503;
    case ErrorCode::corrupt:
      return 500;
  }
  return 500;
}

Response failure(const Error& error) { return failure(status_of(error), message_of(error)); }

std::string failure_json(const Error& error) { return failure_json(status_of(error), message_of(error)); }

Response refusal(const Error& error) { return failure(error.code == ErrorCode::corrupt ? 400 : 422, error.message); }

}  // namespace updraft::server
