#include "server/picture.h"

namespace updraft::server {

Result<Intent> read_picture(std::string_view /*bytes*/, std::string_view /*text*/) {
  return fail(ErrorCode::unsupported, "pictures are not understood by this build yet");
}

}  // namespace updraft::server
