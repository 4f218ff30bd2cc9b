#include "onnx/session.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <thread>

#include "onnx/api.h"

namespace updraft::onnx {
namespace {

namespace fs = std::filesystem;

// Gives back to the library what came from it.
struct Deleter {
  const Api* api = nullptr;
  void operator()(OrtSession* session) const { api->release_session(session); }
  void operator()(OrtSessionOptions* options) const { api->release_session_options(options); }
  void operator()(OrtTypeInfo* info) const { api->release_type_info(info); }
  void operator()(OrtTensorTypeAndShapeInfo* info) const { api->release_tensor_info(info); }
  void operator()(OrtValue* value) const { api->release_value(value); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

// What `call` makes: call(&result) is one of the library's functions.
template <class T, class Call>
Result<Owned<T>> make(const Api& api, const Call& call) {
  T* made = nullptr;
  OrtStatus* status = call(&made);
  Owned<T> owned(made, Deleter{&api});
  if (status != nullptr) return tl::unexpected(take_error(api, status));
  return owned;
}

Result<> check(const Api& api, OrtStatus* status) {
  if (status != nullptr) return tl::unexpected(take_error(api, status));
  return {};
}

Type type_of(int type) {
  switch (type) {
    case type_float:
      return Type::float32;
    case type_int32:
      return Type::int32;
    case type_int64:
      return Type::int64;
    default:
      return Type::other;
  }
}

Result<std::pair<Type, std::vector<std::int64_t>>> read_info(const Api& api, const OrtTensorTypeAndShapeInfo* info) {
  int type = 0;
  std::size_t n = 0;
  if (auto done = check(api, api.element_type(info, &type)); !done) return tl::unexpected(done.error());
  if (auto done = check(api, api.dimension_count(info, &n)); !done) return tl::unexpected(done.error());
  if (n > max_dimensions) {
    return fail(ErrorCode::unsupported, "a value of more than " + std::to_string(max_dimensions) + " dimensions");
  }
  std::vector<std::int64_t> shape(n);
  if (auto done = check(api, api.dimensions(info, shape.data(), n)); !done) return tl::unexpected(done.error());
  return std::pair(type_of(type), std::move(shape));
}

using Count = decltype(Api::input_count);
using Name = decltype(Api::input_name);
using TypeInfo = decltype(Api::input_type);

Result<std::vector<Port>> read_ports(const Api& api, const OrtSession* session, Count count, Name name_of,
                                     TypeInfo type_of_port) {
  std::size_t n = 0;
  if (auto done = check(api, count(session, &n)); !done) return tl::unexpected(done.error());
  if (n > max_ports) return fail(ErrorCode::unsupported, "it has " + std::to_string(n) + " inputs or outputs");
  std::vector<Port> ports;
  for (std::size_t i = 0; i < n; ++i) {
    char* name = nullptr;
    if (auto done = check(api, name_of(session, i, api.allocator, &name)); !done) return tl::unexpected(done.error());
    Port port;
    port.name = name;
    if (auto done = check(api, api.allocator_free(api.allocator, name)); !done) return tl::unexpected(done.error());
    const auto info = make<OrtTypeInfo>(api, [&](OrtTypeInfo** made) { return type_of_port(session, i, made); });
    if (!info) return tl::unexpected(info.error());
    const OrtTensorTypeAndShapeInfo* tensor = nullptr;
    if (auto done = check(api, api.tensor_info(info->get(), &tensor)); !done) return tl::unexpected(done.error());
    if (tensor != nullptr) {  // else it is a sequence or a map
      auto read = read_info(api, tensor);
      if (!read) return tl::unexpected(read.error());
      std::tie(port.type, port.shape) = *std::move(read);
    }
    ports.push_back(std::move(port));
  }
  return ports;
}

// How many values a shape has; nullopt: too many, or it is none.
std::optional<std::size_t> count_of(std::span<const std::int64_t> shape) {
  std::size_t n = 1;
  for (const std::int64_t size : shape) {
    if (size < 0 || static_cast<std::uint64_t>(size) > max_values) return std::nullopt;
    n *= static_cast<std::size_t>(size);
    if (n > max_values) return std::nullopt;
  }
  return n;
}

Result<Owned<OrtValue>> to_tensor(const Api& api, const Input& input) {
  return std::visit(
      [&](const auto& values) -> Result<Owned<OrtValue>> {
        using T = std::remove_const_t<typename std::remove_reference_t<decltype(values)>::element_type>;
        if (count_of(input.shape) != values.size()) {
          return fail(ErrorCode::invalid_argument, "the values of '" + input.name + "' do not fit their shape");
        }
        constexpr int type = std::is_same_v<T, float>          ? type_float
                             : std::is_same_v<T, std::int32_t> ? type_int32
                                                               : type_int64;
        return make<OrtValue>(api, [&](OrtValue** made) {
          return api.create_tensor(api.memory, const_cast<T*>(values.data()), values.size_bytes(), input.shape.data(),
                                   input.shape.size(), type, made);
        });
      },
      input.values);
}

Result<Output> read_tensor(const Api& api, OrtValue* value) {
  int is_tensor = 0;
  if (auto done = check(api, api.is_tensor(value, &is_tensor)); !done) return tl::unexpected(done.error());
  if (is_tensor == 0) return fail(ErrorCode::unsupported, "the output is not an array of numbers");
  const auto info = make<OrtTensorTypeAndShapeInfo>(
      api, [&](OrtTensorTypeAndShapeInfo** made) { return api.type_and_shape(value, made); });
  if (!info) return tl::unexpected(info.error());
  auto read = read_info(api, info->get());
  if (!read) return tl::unexpected(read.error());
  if (read->first != Type::float32) return fail(ErrorCode::unsupported, "the output is not of 32-bit floats");
  const auto n = count_of(read->second);
  if (!n) return fail(ErrorCode::unsupported, "the output has too many values");
  void* data = nullptr;
  if (auto done = check(api, api.tensor_data(value, &data)); !done) return tl::unexpected(done.error());
  const auto* values = static_cast<const float*>(data);
  return Output{std::move(read->second), std::vector<float>(values, values + *n)};
}

}  // namespace

struct Session::State {
  const Api* api = nullptr;
  fs::path path;
  Owned<OrtSession> session;
  std::vector<Port> inputs, outputs;

  [[nodiscard]] tl::unexpected<Error> fail(const Error& error) const {
    return updraft::fail(error.code, path.string() + ": " + error.message);
  }
};

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result<Session> Session::open(const fs::path& model, const Options& options) {
  std::error_code code;
  const auto status = fs::status(model, code);
  if (!fs::exists(status)) return fail(ErrorCode::not_found, model.string() + ": No such file");
  if (!fs::is_regular_file(status)) return fail(ErrorCode::io, model.string() + ": not a file");
  const std::uintmax_t bytes = fs::file_size(model, code);
  if (code) return fail(ErrorCode::io, model.string() + ": " + code.message());
  if (bytes > max_model_bytes) return fail(ErrorCode::unsupported, model.string() + ": larger than 2 GB");
  const auto api = load_api(options.runtime);
  if (!api) return tl::unexpected(api.error());
  auto state = std::make_unique<State>();
  state->api = *api;
  state->path = model;

  const auto how = make<OrtSessionOptions>(**api, (**api).create_session_options);
  if (!how) return tl::unexpected(how.error());
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int threads = options.threads > 0 ? options.threads : cores;
  for (OrtStatus* set :
       {(**api).set_threads(how->get(), threads), (**api).set_optimization(how->get(), all_optimizations)}) {
    if (auto done = check(**api, set); !done) return state->fail(done.error());
  }
  auto session = make<OrtSession>(
      **api, [&](OrtSession** made) { return (**api).create_session((**api).env, model.c_str(), how->get(), made); });
  if (!session) return state->fail(session.error());
  state->session = *std::move(session);
  OrtSession* opened = state->session.get();
  auto inputs = read_ports(**api, opened, (**api).input_count, (**api).input_name, (**api).input_type);
  if (!inputs) return state->fail(inputs.error());
  auto outputs = read_ports(**api, opened, (**api).output_count, (**api).output_name, (**api).output_type);
  if (!outputs) return state->fail(outputs.error());
  state->inputs = *std::move(inputs);
  state->outputs = *std::move(outputs);
  return Session(std::move(state));
}

std::span<const Port> Session::inputs() const { return state_->inputs; }
std::span<const Port> Session::outputs() const { return state_->outputs; }
const fs::path& Session::path() const { return state_->path; }

Result<Output> Session::run(std::span<const Input> inputs, const std::string& output) const {
  const Api& api = *state_->api;
  std::vector<Owned<OrtValue>> tensors;
  std::vector<const OrtValue*> values;
  std::vector<const char*> names;
  for (const Input& input : inputs) {
    auto tensor = to_tensor(api, input);
    if (!tensor) return state_->fail(tensor.error());
    names.push_back(input.name.c_str());
    values.push_back(tensor->get());
    tensors.push_back(*std::move(tensor));
  }
  const char* wanted = output.c_str();
  const auto value = make<OrtValue>(api, [&](OrtValue** made) {
    return api.run(state_->session.get(), nullptr, names.data(), values.data(), values.size(), &wanted, 1, made);
  });
  if (!value) return state_->fail(value.error());
  auto read = read_tensor(api, value->get());
  if (!read) return state_->fail(read.error());
  return read;
}

const Port* find(std::span<const Port> ports, std::string_view name) {
  const auto found = std::find_if(ports.begin(), ports.end(), [&](const Port& port) { return port.name == name; });
  return found == ports.end() ? nullptr : &*found;
}

}  // namespace updraft::onnx
