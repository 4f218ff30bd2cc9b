// The answer of a search, written down: for people, for programs, and as a page with the pictures.
#pragma once

#include <string>

#include "api/searched.h"
#include "cli/contact_sheet.h"
#include "cli/terminal.h"
#include "updraft/catalogue.h"

namespace updraft::cli {

using api::Searched;

// Numbered hits with their tags; what was corrected, facets, and with `explain` which query and which index brought
// each.
[[nodiscard]] std::string to_text(const Searched& searched, const Terminal& terminal);

// The hits with their pictures.
[[nodiscard]] ContactSheet contact_sheet(const Searched& searched);

}  // namespace updraft::cli
