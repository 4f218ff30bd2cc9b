// What the server does: its routes (openapi.cpp describes them), on the decoder, a reader of pictures, a catalogue and
// a store of feedback.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/requests.h"
#include "encode/text_encoder.h"
#include "server/appeals_reader.h"
#include "server/decoder.h"
#include "server/http.h"
#include "server/keys.h"
#include "server/listener.h"
#include "server/metrics.h"
#include "server/studio.h"
#include "server/workers.h"
#include "updraft/catalogue.h"
#include "updraft/feedback.h"
#include "updraft/picture.h"

namespace updraft::server {

struct ServiceOptions {
  WeightsOptions weights = {};
  Decoder::Options decoder = {};
  PictureOptions pictures = {};          // without an image encoder nothing is looked at; their pair is the catalogue's
  std::filesystem::path catalogue = {};  // empty: none
  std::string feedback = {};             // a file or postgresql://...; empty: none
  std::chrono::milliseconds feedback_interval{60'000};  // after which recommendations take it in
  std::filesystem::path keys = {};                      // empty: everybody may ask
  std::filesystem::path studio = {};                    // its folder; empty: a page says how to build it
  std::vector<std::string> cors = {};                   // origins of pages that may ask, or "*"
  bool loopback = true;                                 // bound to this machine alone: pages of other names are refused
  bool log_texts = false;
  int workers = 2;  // threads for the catalogue, feedback and files
};

class Service {
 public:
  // Loads everything. Errors: those of the parts.
  [[nodiscard]] static Result<std::unique_ptr<Service>> start(const ServiceOptions& options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Answers, now or later, from this thread or another. Does not block.
  void handle(const std::shared_ptr<Exchange>& exchange);
  void finished(const Finished& request);
  void connections(std::size_t open);

  // Weights, what looks at pictures, keys and the studio are read again; requests that have begun end with the old
  // weights. Does not block: `then` is called by another thread.
  void reload(const std::function<void(const Result<>&)>& then);

  // Not ready any more: what is asked for from now on is refused; waits for what has begun, or for so long.
  void drain(std::chrono::milliseconds at_most);

  [[nodiscard]] Metrics& metrics() { return metrics_; }
  [[nodiscard]] Decoder& decoder() { return *decoder_; }

 private:
  // A request on its way: with what stands in its path's {...}.
  struct Call {
    std::shared_ptr<Exchange> exchange;
    std::string name;
    [[nodiscard]] const Request& request() const { return exchange->request(); }
  };
  struct Route {
    std::string_view method, path;
    void (Service::*answer)(const Call&);
    bool open = false;  // without a key
  };
  class Pending;
  class Waiting;
  class Understanding;
  class Suggesting;
  class Searching;
  class Completing;

  explicit Service(ServiceOptions options) : options_(std::move(options)) {}
  static const std::vector<Route>& routes();

  [[nodiscard]] std::optional<Response> refuse(const Request& request, const Route& route) const;
  [[nodiscard]] bool origin_may(std::string_view origin) const;
  [[nodiscard]] Response finish(Response response, const Request& request) const;
  [[nodiscard]] std::int64_t created() const;  // when the server began, as OpenAI's models tell it

  void intent(const Call& call);
  void suggest(const Call& call);
  void search(const Call& call);
  void recommend(const Call& call);
  void asset(const Call& call);
  void assets(const Call& call);
  void picture(const Call& call);
  void feedback(const Call& call);
  void forget(const Call& call);
  void models(const Call& call);
  void model(const Call& call);
  void completions(const Call& call);
  void embeddings(const Call& call);
  void document(const Call& call);
  void live(const Call& call);
  void is_ready(const Call& call);
  void metrics_text(const Call& call);
  void status(const Call& call);
  void reload(const Call& call);
  void page(const Call& call);

  void send(Exchange& exchange, Response response) const;
  void send(Exchange& exchange, const nlohmann::ordered_json& value) const;
  void send_error(Exchange& exchange, const Error& error) const;
  void begin_events(Exchange& exchange) const;
  void send_busy(Exchange& exchange) const;
  // Done by a worker.
  void work(const Call& call, std::function<void()> what);
  void work(Workers& by, const Call& call, std::function<void()> what);
  // Tells `pending` what is on the picture, `then` goes on; unless nobody waits for it any more.
  void look(const Call& call, std::string picture, const std::shared_ptr<Pending>& pending, std::function<void()> then);
  // The wish decodes; a newer one of its session, or a client that goes, ends it.
  void decode(const Call& call, Wish wish, const std::shared_ptr<Waiting>& waiting);
  // Ends the older call of the session on the same path. Returns whether the session's name is one.
  [[nodiscard]] bool enter_session(const Call& call, const std::shared_ptr<Pending>& pending);
  void log_text(const Call& call, std::string_view text) const;
  // Where the picture stands among the catalogue's points; none: they are of another space.
  [[nodiscard]] std::vector<std::vector<float>> points_of(const std::optional<Seen>& seen) const;
  Result<std::shared_ptr<const encode::TextEncoder>> encoder();
  Result<> read_again();

  const ServiceOptions options_;
  Metrics metrics_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::optional<Catalogue> catalogue_;
  std::optional<FeedbackStore> feedback_;
  std::optional<AppealsReader> appeals_;  // where there are a catalogue and feedback

  mutable std::mutex mutex_;  // of what follows
  std::shared_ptr<const Keys> keys_;
  std::shared_ptr<const Studio> studio_ = std::make_shared<Studio>();
  std::shared_ptr<const PictureReader> reader_;                       // nullptr: nothing looks at pictures
  std::unordered_map<std::string, std::weak_ptr<Pending>> sessions_;  // by path and session
  bool ready_ = false;

  std::mutex encoder_mutex_;
  std::shared_ptr<const encode::TextEncoder> encoder_;  // loaded when first asked for

  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<Workers> workers_;
  std::unique_ptr<Workers> looker_;  // at one picture after the other, and nobody else waits for that
};

}  // namespace updraft::server
