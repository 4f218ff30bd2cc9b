// SVG: what it is allowed to say, and how it is drawn.
//
// librsvg draws it, by its program rsvg-convert in a process of its own (see process.h). It loads nothing from outside
// and runs no scripts, but a page of `use` elements or one filter can keep it busy for ever, and it has no limit for
// that. A process can be ended, whatever it does; and the libraries that drawing needs, some forty of them, stay out of
// the program that serves, which neither loads nor links them.
#pragma once

#include <string_view>

#include "updraft/result.h"

namespace updraft::image {

// Whether the first element is `svg`.
[[nodiscard]] bool looks_like_svg(std::string_view file);

// Markup that asks for more than the file itself is refused before anything is drawn: scripts, external entities,
// XInclude, style sheets and pictures elsewhere. (Links that a reader would click on stay: nothing follows them.) The
// renderer would leave all of that out; this says so, instead of showing half a picture. Error: unsupported.
[[nodiscard]] Result<> check_svg(std::string_view markup);

}  // namespace updraft::image
