#include "nn/kv_tree.h"

#include <algorithm>
#include <cassert>

namespace updraft::nn {
namespace {

std::size_t index(NodeId node) { return static_cast<std::size_t>(node); }

}  // namespace

KvTree::KvTree(const ModelConfig& config, int max_tokens, int max_nodes)
    : n_kv_heads_(static_cast<std::size_t>(config.n_kv_heads)),
      half_(static_cast<std::size_t>(config.head_dim) * page_size) {
  max_tokens = std::max(max_tokens, 1);
  max_nodes = std::max(max_nodes, 1);
  n_pages_ = static_cast<std::size_t>(max_tokens) / page_size + static_cast<std::size_t>(max_nodes);
  storage_ =
      kernels::Buffer<std::uint16_t>(static_cast<std::size_t>(config.n_layers) * n_pages_ * n_kv_heads_ * 2 * half_);
  nodes_.resize(static_cast<std::size_t>(max_nodes));
  reset();
}

Result<NodeId> KvTree::add(NodeId parent) {
  if (parent != no_node && !is_alive(parent)) {
    return fail(ErrorCode::invalid_argument, "the parent is no node of the tree");
  }
  const auto free = std::find_if(nodes_.begin(), nodes_.end(), [](const Node& n) { return !n.alive; });
  if (free == nodes_.end()) {
    return fail(ErrorCode::invalid_argument, "the tree has no room for another node");
  }
  free->alive = true;
  free->parent = parent;
  if (parent != no_node) nodes_[index(parent)].children++;
  return static_cast<NodeId>(free - nodes_.begin());
}

void KvTree::truncate(NodeId id, int length) {
  assert(is_alive(id) && length >= 0 && length <= this->length(id) && nodes_[index(id)].occupied_children == 0);
  set_length(id, length);
}

void KvTree::release(NodeId id) {
  assert(is_alive(id) && nodes_[index(id)].children == 0);
  set_length(id, 0);
  Node& node = nodes_[index(id)];
  if (node.parent != no_node) nodes_[index(node.parent)].children--;
  node.alive = false;
}

void KvTree::reset() {
  for (Node& node : nodes_) {
    node.alive = false;
    node.parent = no_node;
    node.length = node.children = node.occupied_children = 0;
    node.pages.clear();
  }
  free_pages_.resize(n_pages_);
  for (std::size_t i = 0; i < n_pages_; ++i) free_pages_[i] = static_cast<std::int32_t>(n_pages_ - 1 - i);
}

bool KvTree::is_alive(NodeId node) const {
  return node >= 0 && index(node) < nodes_.size() && nodes_[index(node)].alive;
}

NodeId KvTree::parent(NodeId node) const { return nodes_[index(node)].parent; }

int KvTree::length(NodeId node) const { return nodes_[index(node)].length; }

int KvTree::first_position(NodeId node) const {
  int position = 0;
  for (NodeId n = parent(node); n != no_node; n = parent(n)) position += length(n);
  return position;
}

int KvTree::next_position(NodeId node) const { return first_position(node) + length(node); }

int KvTree::free_tokens() const { return static_cast<int>(free_pages_.size()) * page_size; }

Result<> KvTree::append(NodeId id) {
  if (!is_alive(id)) return fail(ErrorCode::invalid_argument, "no such node in the tree");
  const Node& node = nodes_[index(id)];
  if (node.occupied_children > 0) {
    return fail(ErrorCode::invalid_argument, "a node grows before the nodes below it");
  }
  if (node.length % page_size == 0 && free_pages_.empty()) {
    return fail(ErrorCode::invalid_argument, "the tree has no room for another token");
  }
  set_length(id, node.length + 1);
  return {};
}

std::span<const std::int32_t> KvTree::pages(NodeId node) const { return nodes_[index(node)].pages; }

void KvTree::set_length(NodeId id, int length) {
  Node& node = nodes_[index(id)];
  const auto n_pages = static_cast<std::size_t>((length + page_size - 1) / page_size);
  while (node.pages.size() > n_pages) {
    free_pages_.push_back(node.pages.back());
    node.pages.pop_back();
  }
  while (node.pages.size() < n_pages) {
    node.pages.push_back(free_pages_.back());
    free_pages_.pop_back();
  }
  const bool was_occupied = node.length > 0;  // nodes with occupied children do not change
  const bool is_occupied = length > 0;
  node.length = length;
  // Tell the ancestors, as far as it is news to them.
  for (NodeId n = node.parent; n != no_node && was_occupied != is_occupied; n = nodes_[index(n)].parent) {
    Node& ancestor = nodes_[index(n)];
    const bool before = ancestor.length > 0 || ancestor.occupied_children > 0;
    ancestor.occupied_children += is_occupied ? 1 : -1;
    const bool after = ancestor.length > 0 || ancestor.occupied_children > 0;
    if (before == after) break;
  }
}

}  // namespace updraft::nn
