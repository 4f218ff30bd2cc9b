#pragma once

#include <string>

namespace updraft::server {

// What the server answers, as an OpenAPI document: a test holds the server to it. A key is needed, or may be sent.
[[nodiscard]] std::string openapi_document(bool needs_key);

}  // namespace updraft::server
