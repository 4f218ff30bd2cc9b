// Keys and values of a request as a tree of token runs, so that what sequences share is computed and stored once:
//
//     root: <bos> intent ---- <|query|> 4 9 <|prompt|> ---- suggestion 0
//                        \                            \---- suggestion 1
//                         \-- <|image|> 30 9 <|prompt|> --- suggestion 0 ...
//
// A token appended to a node attends to the node's earlier tokens, to itself, and to all tokens of the node's
// ancestors; its position is the number of those tokens before it. Nothing is ever copied. Memory comes in pages of 16
// positions from a pool that is allocated once; truncated and released nodes give their pages back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/buffer.h"
#include "nn/config.h"
#include "updraft/result.h"

namespace updraft::nn {

using NodeId = std::int32_t;
inline constexpr NodeId no_node = -1;

class KvTree {
 public:
  static constexpr int page_size = 16;  // positions

  // Room for max_tokens tokens in at most max_nodes nodes alive at a time (each node rounds up to whole pages; this is
  // allowed for). Memory is touched, and counts as used, only when tokens arrive.
  KvTree(const ModelConfig& config, int max_tokens, int max_nodes);

  // A new, empty node; parent = no_node makes a root (there may be several). Errors: invalid_argument (max_nodes
  // alive). The parent may still be filled until the first token of the child is appended.
  [[nodiscard]] Result<NodeId> add(NodeId parent);

  // Forgets the node's tokens from `length` on. No descendant may hold tokens. length <=
  // this->length(node).
  void truncate(NodeId node, int length);
  // Removes a node without children; its id may be given out again by add().
  void release(NodeId node);
  // Removes all nodes.
  void reset();

  [[nodiscard]] bool is_alive(NodeId node) const;
  [[nodiscard]] NodeId parent(NodeId node) const;
  [[nodiscard]] int length(NodeId node) const;          // tokens of the node itself
  [[nodiscard]] int first_position(NodeId node) const;  // tokens of all its ancestors
  [[nodiscard]] int next_position(NodeId node) const;   // first_position + length
  [[nodiscard]] int free_tokens() const;                // in free pages; a partly filled page of a node is not counted
  [[nodiscard]] int max_nodes() const { return static_cast<int>(nodes_.size()); }

  // ---- For Transformer ----

  // Room for one more token at the end of `node`; its keys and values are then written layer by layer. Errors:
  // invalid_argument (no such node, or one of its descendants holds tokens already, or the pool is exhausted).
  [[nodiscard]] Result<> append(NodeId node);

  [[nodiscard]] std::span<const std::int32_t> pages(NodeId node) const;
  // One page of one layer and key/value head, as 16-bit floats: keys  [head_dim, page_size] (a lane is a position),
  // values [page_size, head_dim] (a lane is a dimension).
  [[nodiscard]] std::uint16_t* keys(int layer, std::int32_t page, int kv_head) {
    return storage_.data() + offset(layer, page, kv_head);
  }
  [[nodiscard]] std::uint16_t* values(int layer, std::int32_t page, int kv_head) {
    return keys(layer, page, kv_head) + half_;
  }

 private:
  struct Node {
    bool alive = false;
    NodeId parent = no_node;
    int length = 0;
    int children = 0;           // alive
    int occupied_children = 0;  // those that hold tokens, or have descendants that do
    std::vector<std::int32_t> pages;
  };
  [[nodiscard]] std::size_t offset(int layer, std::int32_t page, int kv_head) const {
    return ((static_cast<std::size_t>(layer) * n_pages_ + static_cast<std::size_t>(page)) * n_kv_heads_ +
            static_cast<std::size_t>(kv_head)) *
           2 * half_;
  }
  void set_length(NodeId node, int length);

  std::size_t n_pages_ = 0, n_kv_heads_ = 0;
  std::size_t half_ = 0;                    // elements of a page's keys (or values) of one head
  kernels::Buffer<std::uint16_t> storage_;  // [n_layers, n_pages, n_kv_heads, {keys, values}, half]
  std::vector<Node> nodes_;                 // [max_nodes]
  std::vector<std::int32_t> free_pages_;    // a stack: the page used last is given out first
};

}  // namespace updraft::nn
