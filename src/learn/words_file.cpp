#include "learn/words_file.h"

#include <cstdio>
#include <set>
#include <string>

#include "corpus/corpus.h"
#include "files/mapping.h"
#include "files/replacement.h"
#include "reward/lexicon.h"

namespace updraft::learn {

Result<> write_words(const WordsOptions& options) {
  std::set<std::string> words;
  const auto add = [&](std::string_view text) {
    for (std::string& word : reward::lexicon_words(text)) words.insert(std::move(word));
  };
  const auto corpus = corpus::read(options.data);
  if (!corpus) return tl::unexpected(corpus.error());
  for (const auto* records : {&corpus->train, &corpus->held_out}) {
    for (const corpus::Record& record : *records) corpus::for_each_text(record, add);
  }
  const std::size_t of_corpus = words.size();
  for (const std::filesystem::path& list : options.lists) {
    const auto file = files::Mapping::open(list);
    if (!file) return tl::unexpected(file.error());
    add(file->text());
  }
  std::string lines;
  for (const std::string& word : words) lines += word + '\n';
  if (auto done = files::replace(options.out, lines); !done) return done;
  std::fprintf(stderr, "%zu words of the corpus, %zu with the lists\n", of_corpus, words.size());
  return {};
}

}  // namespace updraft::learn
