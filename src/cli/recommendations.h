// Recommendations, written down: for people, for programs, and as a page with the pictures.
#pragma once

#include <string>

#include "api/recommended.h"
#include "cli/contact_sheet.h"
#include "cli/terminal.h"
#include "updraft/catalogue.h"

namespace updraft::cli {

using api::Recommended;

// Numbered assets with their tags and the strongest reasons: "because you looked at 'Christmas tree'".
[[nodiscard]] std::string to_text(const Recommended& recommended, const Terminal& terminal);

// The assets with their pictures and reasons.
[[nodiscard]] ContactSheet contact_sheet(const Recommended& recommended);

}  // namespace updraft::cli
