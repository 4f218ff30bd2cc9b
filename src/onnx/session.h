// A neural network in a file of ONNX, run by ONNX Runtime on this machine's processor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "updraft/result.h"

namespace updraft::onnx {

enum class Type { float32, int32, int64, other };

// What goes into a network, or comes out of it.
struct Port {
  std::string name;
  Type type = Type::other;
  std::vector<std::int64_t> shape;  // -1: any
};

// One value; its memory is somebody else's.
struct Input {
  std::string name;
  std::vector<std::int64_t> shape;
  std::variant<std::span<const float>, std::span<const std::int32_t>, std::span<const std::int64_t>> values;
};

struct Output {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

inline constexpr std::uintmax_t max_model_bytes = std::uintmax_t{2} << 30;  // as much as ONNX can have in one file
inline constexpr std::size_t max_ports = 64;                                // of each kind
inline constexpr std::size_t max_dimensions = 8;
inline constexpr std::size_t max_values = std::size_t{1} << 24;  // of an input or an output

class Session {
 public:
  struct Options {
    std::filesystem::path runtime = {};  // the file of ONNX Runtime; empty: where the system has it (api.h)
    int threads = 0;                     // 0: all cores
  };
  // Weights that are too large for the file may lie beside it. Errors name the file: not_found, io, corrupt,
  // unsupported (ONNX Runtime is missing, or does not know what the network is made of).
  [[nodiscard]] static Result<Session> open(const std::filesystem::path& model, const Options& options);

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  [[nodiscard]] std::span<const Port> inputs() const;
  [[nodiscard]] std::span<const Port> outputs() const;
  [[nodiscard]] const std::filesystem::path& path() const;

  // One output of floats, of any shape. From several threads at a time. Errors name the file: invalid_argument (a shape
  // that does not fit the values, too many of them), corrupt (ONNX Runtime refuses), unsupported (the output is not of
  // floats).
  [[nodiscard]] Result<Output> run(std::span<const Input> inputs, const std::string& output) const;

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// nullptr: there is none of that name.
[[nodiscard]] const Port* find(std::span<const Port> ports, std::string_view name);

}  // namespace updraft::onnx
