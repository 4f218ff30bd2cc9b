#include "image/dublin_core.h"

#include <gtest/gtest.h>

namespace updraft::image {
namespace {

constexpr std::string_view whole = R"(<?xml version="1.0"?>
<!-- <dc:title>not this</dc:title> -->
<!DOCTYPE svg PUBLIC "x" "y">
<svg xmlns="s"><title>drawing</title><desc>what it shows</desc>
<metadata><rdf:RDF><cc:Work rdf:about="a > b">
  <dc:title>Salt &amp; pepper</dc:title>
  <dc:description><![CDATA[two <mills>]]></dc:description>
  <dc:subject><rdf:Bag><rdf:li>food</rdf:li><rdf:li/><rdf:li> &#107;&#x69;tchen </rdf:li></rdf:Bag></dc:subject>
  <dc:publisher><cc:Agent><dc:title>a publisher</dc:title></cc:Agent></dc:publisher>
  <dc:creator><cc:Agent><dc:title>Ada</dc:title></cc:Agent></dc:creator>
</cc:Work></rdf:RDF></metadata>
<g><title>a shape</title></g></svg>)";

TEST(DublinCore, IsWhatEditorsWrite) {
  const Metadata said = read_dublin_core(whole);
  EXPECT_EQ(said.title, "Salt & pepper");
  EXPECT_EQ(said.description, "two <mills>");
  EXPECT_EQ(said.tags, (std::vector<std::string>{"food", " kitchen "}));
  EXPECT_EQ(said.creator, "Ada");
}

TEST(DublinCore, IsWhatThePictureSaysWhereThereIsNoOther) {
  const Metadata said =
      read_dublin_core("<svg><title>boat</title><g><title>sail</title></g><desc>on a lake</desc></svg>");
  EXPECT_EQ(said.title, "boat");
  EXPECT_EQ(said.description, "on a lake");
}

TEST(DublinCore, LeavesWhatIsNoEntityAsItIs) {
  EXPECT_EQ(read_dublin_core("<svg><title>a & b &nbsp; &#0; &#xD800; &#xFFFFFFFF; &#12;</title></svg>").title,
            "a & b &nbsp; &#0; &#xD800; &#xFFFFFFFF; \f");
}

TEST(DublinCore, TakesAnyBytes) {
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    const std::string beginning(whole.substr(0, n));
    (void)read_dublin_core(beginning);
    (void)read_dublin_core(std::string(whole.substr(n)));
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<g>";
  EXPECT_EQ(read_dublin_core("<svg>" + deep + "<title>x</title>").title, "");
  EXPECT_EQ(read_dublin_core("</svg></a><svg><title>kept</title></svg>").title, "kept");
}

}  // namespace
}  // namespace updraft::image
