// A page with the pictures of assets, for a browser.
#pragma once

#include <string>
#include <vector>

#include "updraft/catalogue.h"

namespace updraft::cli {

struct Card {
  Asset asset;
  std::string note = {};  // why it is there; may be empty
};

struct ContactSheet {
  std::string title;
  std::vector<std::string> remarks = {};  // below it, a line each
  std::vector<Card> cards = {};
  std::size_t first = 1;  // the number of the first card
};

// One page of HTML that needs nothing beside itself: the pictures of assets that are files are in it. Those that are
// too large for that are named by their place (file:) instead; what is on the web is linked and not shown, since
// looking at the page should tell nobody. Texts are texts, whatever they say; the page runs no scripts.
[[nodiscard]] std::string to_html(const ContactSheet& sheet);

// What a person calls it: its title, else its id.
[[nodiscard]] const std::string& title_of(const Asset& asset);
// The first few tags, with commas.
[[nodiscard]] std::string tags_of(const Asset& asset);

}  // namespace updraft::cli
