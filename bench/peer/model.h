// llama.cpp behind the few verbs that updraft is measured and checked with. The settings are those that serve llama.cpp
// best on this workload: weights repacked for the processor, a context no larger than needed, logits only where they
// are asked for. Where two settings are good for different things, both are measured, and the better one counts (see
// compare.cpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/result.h"

namespace updraft::bench {

class Peer {
 public:
  struct Options {
    bool vocabulary_only = false;  // for tokenize(); nothing else may be called then
    int threads = 2;
    int context = 256;      // KV cells, and the longest batch
    int streams = 8;        // sequences that may be decoded at once
    bool one_cache = true;  // for all streams, which then share their prompt's cells; else one each, prompts are copied
    bool mapped = true;     // the file; else it is read, which takes longer, and less memory where weights are repacked
    bool all_logits = false;      // logits() is going to be called
    bool text_encoder = false;    // for encode(): `streams` texts at once, `context` tokens all together
    bool flash_attention = true;  // of the text encoder
    bool exact = false;  // F32 KV cache and attention, for comparing numbers: not faster, but closer to the weights
  };

  // A token of a batch. Streams are numbered from 0.
  struct Entry {
    std::int32_t token = 0;
    std::int32_t position = 0;
    int stream = 0;
    bool wants_logits = false;
  };

  [[nodiscard]] static Result<Peer> open(const std::filesystem::path& path, const Options& options);
  Peer(Peer&&) noexcept;
  Peer& operator=(Peer&&) noexcept;
  ~Peer();

  [[nodiscard]] std::size_t vocabulary() const;
  // Nothing is put before or behind the text.
  // Errors: unsupported, for bytes that read as a code point beyond U+10FFFF, which llama.cpp refuses.
  enum class Controls { as_text, as_tokens };  // "<|prompt|>" in the text
  [[nodiscard]] Result<std::vector<std::int32_t>> tokenize(std::string_view text,
                                                           Controls controls = Controls::as_text) const;

  // Logits after every one of `ids`, from an empty context: [ids.size(), vocabulary]
  [[nodiscard]] Result<std::vector<float>> logits(std::span<const std::int32_t> ids);

  // A text encoder's points, of unit length: [texts.size(), dimensions]. Texts are put between [CLS] and [SEP].
  [[nodiscard]] Result<std::vector<float>> encode(std::span<const std::string> texts);

  // The pieces that the measurements are made of.
  void forget();  // empties the KV cache
  [[nodiscard]] Result<> decode(std::span<const Entry> batch);
  void share(int from, int to);  // stream `to` begins as `from` is now; no copy of keys or values
  [[nodiscard]] std::int32_t greedy(std::size_t entry) const;  // best token after that entry of the last batch
  [[nodiscard]] std::span<const float> logits_of(std::size_t entry) const;  // [vocabulary]

 private:
  struct State;
  explicit Peer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace updraft::bench
