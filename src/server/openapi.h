#pragma once

#include <string_view>

namespace updraft::server {

// What the server answers, as an OpenAPI document: a test holds the server to it.
[[nodiscard]] std::string_view openapi_document();

}  // namespace updraft::server
