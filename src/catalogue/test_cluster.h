// For tests: the cluster that ctest has started (cmake/Updraft.cmake), and ways to harm it.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace updraft::catalogue::test {

inline std::string node(int n) { return "127.0.0.1:" + std::to_string(UPDRAFT_CLUSTER_PORT + n); }
inline std::string all_nodes() { return node(0) + "," + node(1) + "," + node(2); }

inline void run_cluster_tool(const std::string& arguments) {
  const std::string command = std::string(UPDRAFT_SOURCE_DIR) + "/tools/weaviate-cluster " + arguments;
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}
// With SIGKILL.
inline void kill_node(int n) { run_cluster_tool("kill " + std::to_string(n) + " " + UPDRAFT_CLUSTER_DIR); }
// Those that do not run; waits until all answer.
inline void start_nodes() { run_cluster_tool(std::string("start ") + UPDRAFT_CLUSTER_DIR); }

}  // namespace updraft::catalogue::test
