// For tests: small networks as files of ONNX, written field by field (protobuf's wire format, by hand), and where ONNX
// Runtime is.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace updraft::onnx::test {

// The library that the tests run on; they fail without it.
inline std::filesystem::path runtime() {
  const std::filesystem::path library = UPDRAFT_SOURCE_DIR "/.cache/onnxruntime/libonnxruntime.so";
  if (!std::filesystem::exists(library)) {
    throw std::runtime_error("ONNX Runtime is missing; tools/fetch onnxruntime brings it");
  }
  return library;
}

// A message of protobuf, as bytes.
class Message {
 public:
  Message& number(unsigned field, std::int64_t value) {
    varint(field << 3U);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }
  Message& bytes(unsigned field, std::string_view value) {
    varint(field << 3U | 2U);
    varint(value.size());
    bytes_.append(value);
    return *this;
  }
  Message& message(unsigned field, const Message& value) { return bytes(field, value.bytes_); }
  Message& append(const Message& other) {
    bytes_ += other.bytes_;
    return *this;
  }
  [[nodiscard]] const std::string& str() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_ += static_cast<char>(value | 0x80U);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

// One message after the other is both of them.
inline Message both(Message a, const Message& b) { return a.append(b); }

enum Element { floats = 1, bytes8 = 2, int32s = 6, int64s = 7 };

using Sizes = std::vector<std::int64_t>;  // -1: any

class Network {
 public:
  Network& input(const std::string& name, Element type, const Sizes& shape) { return port(11, name, type, shape); }
  Network& output(const std::string& name, Element type, const Sizes& shape) { return port(12, name, type, shape); }
  Network& weights(const std::string& name, const Sizes& shape, const std::vector<float>& values) {
    Message tensor;
    for (const std::int64_t size : shape) tensor.number(1, size);
    std::string raw(values.size() * sizeof(float), '\0');
    std::memcpy(raw.data(), values.data(), raw.size());
    static_assert(std::endian::native == std::endian::little);
    graph_.message(5, tensor.number(2, floats).bytes(8, name).bytes(9, raw));
    return *this;
  }
  Network& whole_numbers(const std::string& name, const Sizes& values) {
    Message tensor;
    tensor.number(1, static_cast<std::int64_t>(values.size())).number(2, int64s).bytes(8, name);
    for (const std::int64_t value : values) tensor.number(7, value);
    graph_.message(5, tensor);
    return *this;
  }
  Network& node(const std::string& kind, std::initializer_list<std::string> inputs, const std::string& output,
                const Message& attributes = {}) {
    Message node;
    for (const std::string& one : inputs) node.bytes(1, one);
    node.bytes(2, output).bytes(4, kind);
    all_nodes_ += Message().bytes(1, node.str() + attributes.str()).str();
    return *this;
  }
  // Of a node.
  static Message ints(const std::string& name, const Sizes& values) {
    Message attribute;
    attribute.bytes(1, name);
    for (const std::int64_t value : values) attribute.number(8, value);
    return Message().message(5, attribute.number(20, 7));
  }
  static Message one(const std::string& name, std::int64_t value) {
    return Message().message(5, Message().bytes(1, name).number(3, value).number(20, 2));
  }

  // The whole file, of opset 13.
  [[nodiscard]] std::string file() const {
    Message graph;
    graph.bytes(2, "tiny");
    const std::string whole = all_nodes_ + graph.str() + graph_.str();
    return Message().number(1, 7).bytes(7, whole).message(8, Message().bytes(1, "").number(2, 13)).str();
  }

 private:
  Network& port(unsigned field, const std::string& name, Element type, const Sizes& shape) {
    Message dimensions;
    for (const std::int64_t size : shape) {
      dimensions.message(1,
                         size < 0 ? Message().bytes(2, "any" + std::to_string(n_any_++)) : Message().number(1, size));
    }
    const Message tensor = Message().number(1, type).message(2, dimensions);
    graph_.message(field, Message().bytes(1, name).message(2, Message().message(1, tensor)));
    return *this;
  }
  Message graph_;
  int n_any_ = 0;  // sizes of one name would have to be the same
  std::string all_nodes_;
};

}  // namespace updraft::onnx::test
