#include "peer/model.h"

#include <llama.h>

#include <cmath>
#include <exception>

#include "bench/workload.h"

namespace updraft::bench {

struct Peer::State {
  std::unique_ptr<llama_model, decltype(&llama_model_free)> model{nullptr, llama_model_free};
  std::unique_ptr<llama_context, decltype(&llama_free)> context{nullptr, llama_free};
  const llama_vocab* vocab = nullptr;
  std::size_t vocabulary = 0;
  llama_batch batch{};
  int capacity = 0;  // entries that `batch` holds
  int streams = 0;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (capacity > 0) llama_batch_free(batch);
  }
};

Peer::Peer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Peer::Peer(Peer&&) noexcept = default;
Peer& Peer::operator=(Peer&&) noexcept = default;
Peer::~Peer() = default;

namespace {

// While it lives, llama.cpp's error messages are collected; otherwise it is silent.
class ErrorLog {
 public:
  ErrorLog() {
    llama_log_set(
        [](ggml_log_level level, const char* text, void* log) {
          if (level == GGML_LOG_LEVEL_ERROR) static_cast<ErrorLog*>(log)->text_ += text;
        },
        this);
  }
  ErrorLog(const ErrorLog&) = delete;
  ErrorLog& operator=(const ErrorLog&) = delete;
  ~ErrorLog() {
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

Result<Peer> Peer::open(const std::filesystem::path& path, const Options& options) {
  const ErrorLog log;
  llama_backend_init();
  auto state = std::make_unique<State>();

  llama_model_params model = llama_model_default_params();
  model.vocab_only = options.vocabulary_only;
  if (!options.mapped) model.load_mode = LLAMA_LOAD_MODE_NONE;
  state->model.reset(llama_model_load_from_file(path.c_str(), model));
  if (!state->model) return fail(ErrorCode::unsupported, "llama.cpp cannot load " + path.string() + ": " + log.text());
  state->vocab = llama_model_get_vocab(state->model.get());
  state->vocabulary = static_cast<std::size_t>(llama_vocab_n_tokens(state->vocab));
  if (options.vocabulary_only) return Peer(std::move(state));

  llama_context_params context = llama_context_default_params();
  const auto cells = static_cast<std::uint32_t>(options.context);
  const auto streams = static_cast<std::uint32_t>(options.streams);
  context.n_ctx = options.one_cache ? cells : cells * streams;
  context.n_batch = cells;
  context.n_ubatch = cells;
  context.n_seq_max = streams;
  context.n_outputs_max = options.all_logits ? cells : streams;
  context.n_outputs_max_per_seq = context.n_outputs_max;
  context.n_threads = options.threads;
  context.n_threads_batch = options.threads;
  context.kv_unified = options.one_cache;
  context.no_perf = true;
  if (options.text_encoder) {
    context.embeddings = true;
    context.n_outputs_max = cells;
    context.n_outputs_max_per_seq = cells;
    if (!options.flash_attention) context.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  }
  if (options.exact) {
    context.type_k = context.type_v = GGML_TYPE_F32;
    context.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  }
  state->context.reset(llama_init_from_model(state->model.get(), context));
  if (!state->context) return fail(ErrorCode::io, "llama.cpp cannot make a context for " + path.string());
  state->batch = llama_batch_init(options.context, 0, 1);
  state->capacity = options.context;
  state->streams = options.streams;
  return Peer(std::move(state));
}

std::size_t Peer::vocabulary() const { return state_->vocabulary; }

Result<std::vector<std::int32_t>> Peer::tokenize(std::string_view text, Controls controls) const {
  std::vector<llama_token> ids(text.size() * 3 + 8);  // at most: an invalid byte becomes the three of U+FFFD
  try {
    const int n = llama_tokenize(state_->vocab, text.data(), static_cast<std::int32_t>(text.size()), ids.data(),
                                 static_cast<std::int32_t>(ids.size()), false, controls == Controls::as_tokens);
    if (n < 0) return fail(ErrorCode::unsupported, "llama.cpp needs more tokens than there can be");
    ids.resize(static_cast<std::size_t>(n));
    return ids;
  } catch (const std::exception& error) {
    return fail(ErrorCode::unsupported, error.what());
  }
}

Result<std::vector<float>> Peer::logits(std::span<const std::int32_t> ids) {
  forget();
  std::vector<Entry> batch(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) batch[i] = {ids[i], static_cast<std::int32_t>(i), 0, true};
  if (auto done = decode(batch); !done) return tl::unexpected(done.error());
  std::vector<float> all;
  all.reserve(ids.size() * state_->vocabulary);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto row = logits_of(i);
    all.insert(all.end(), row.begin(), row.end());
  }
  return all;
}

Result<std::vector<float>> Peer::encode(std::span<const std::string> texts) {
  llama_batch& batch = state_->batch;
  const auto d = static_cast<std::size_t>(llama_model_n_embd(state_->model.get()));
  std::vector<float> points;
  std::vector<llama_token> ids(static_cast<std::size_t>(state_->capacity));
  int n_waiting = 0;
  batch.n_tokens = 0;
  const auto flush = [&]() -> Result<> {
    if (llama_encode(state_->context.get(), batch) != 0) return fail(ErrorCode::io, "llama_encode failed");
    for (int stream = 0; stream < n_waiting; ++stream) {
      const float* point = llama_get_embeddings_seq(state_->context.get(), stream);
      if (point == nullptr) return fail(ErrorCode::unsupported, "the model makes no points of texts");
      double square = 0;
      for (std::size_t i = 0; i < d; ++i) square += double{point[i]} * point[i];
      for (std::size_t i = 0; i < d; ++i) points.push_back(point[i] / static_cast<float>(std::sqrt(square)));
    }
    n_waiting = 0;
    batch.n_tokens = 0;
    return {};
  };
  for (const std::string& text : texts) {
    const int n = llama_tokenize(state_->vocab, text.data(), static_cast<std::int32_t>(text.size()), ids.data(),
                                 state_->capacity, true, false);
    if (n < 0) return fail(ErrorCode::invalid_argument, "peer: text longer than the context");
    if (n_waiting == state_->streams || batch.n_tokens + n > state_->capacity) {
      if (auto done = flush(); !done) return tl::unexpected(done.error());
    }
    for (int position = 0; position < n; ++position) {
      const int i = batch.n_tokens++;
      batch.token[i] = ids[static_cast<std::size_t>(position)];
      batch.pos[i] = position;
      batch.n_seq_id[i] = 1;
      batch.seq_id[i][0] = n_waiting;
      batch.logits[i] = 1;
    }
    ++n_waiting;
  }
  if (n_waiting > 0) {
    if (auto done = flush(); !done) return tl::unexpected(done.error());
  }
  return points;
}

void Peer::forget() { llama_memory_clear(llama_get_memory(state_->context.get()), false); }

Result<> Peer::decode(std::span<const Entry> entries) {
  if (entries.size() > static_cast<std::size_t>(state_->capacity))
    return fail(ErrorCode::invalid_argument, "peer: batch longer than the context");
  llama_batch& batch = state_->batch;
  batch.n_tokens = static_cast<std::int32_t>(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    batch.token[i] = entries[i].token;
    batch.pos[i] = entries[i].position;
    batch.n_seq_id[i] = 1;
    batch.seq_id[i][0] = entries[i].stream;
    batch.logits[i] = entries[i].wants_logits ? 1 : 0;
  }
  if (llama_decode(state_->context.get(), batch) != 0) return fail(ErrorCode::io, "llama_decode failed");
  return {};
}

void Peer::share(int from, int to) { llama_memory_seq_cp(llama_get_memory(state_->context.get()), from, to, -1, -1); }

std::span<const float> Peer::logits_of(std::size_t entry) const {
  return {llama_get_logits_ith(state_->context.get(), static_cast<std::int32_t>(entry)), state_->vocabulary};
}

// The cheapest sampler there is: llama.cpp's own greedy one first copies the vocabulary into an array of candidates.
std::int32_t Peer::greedy(std::size_t entry) const { return best_token(logits_of(entry)); }

}  // namespace updraft::bench
