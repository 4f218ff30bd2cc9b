#include "catalogue/stems.h"

#include <libstemmer.h>
#include <utf8proc.h>

#include <cstdlib>

#include "catalogue/words.h"

namespace updraft::catalogue {
namespace {

std::string without_accents(const std::string& word) {
  utf8proc_uint8_t* mapped = nullptr;
  constexpr auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_STRIPMARK);
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(word.data()),
                                 static_cast<utf8proc_ssize_t>(word.size()), &mapped, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(mapped, &std::free);
  if (size <= 0) return word;
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)};
}

}  // namespace

void Stemmer::Deleter::operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }

Result<Stemmer> Stemmer::make() {
  sb_stemmer* stemmer = sb_stemmer_new("porter", "UTF_8");
  if (stemmer == nullptr) return fail(ErrorCode::unsupported, "libstemmer has no stemmer by Porter");
  return Stemmer(stemmer);
}

std::string Stemmer::stems_of(std::string_view text) const {
  std::string stems;
  for (const std::string& word : words_of(text)) stems.append(stems.empty() ? "" : " ").append(stem_of(word));
  return stems;
}

std::string Stemmer::stem_of(const std::string& word) const {
  const std::string plain = without_accents(word);
  const sb_symbol* stem =
      sb_stemmer_stem(stemmer_.get(), reinterpret_cast<const sb_symbol*>(plain.data()), static_cast<int>(plain.size()));
  if (stem == nullptr) return plain;  // out of memory
  return {reinterpret_cast<const char*>(stem), static_cast<std::size_t>(sb_stemmer_length(stemmer_.get()))};
}

}  // namespace updraft::catalogue
