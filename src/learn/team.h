// Data-parallel training: several processes, on one machine or many, that share the work of a step. They meet and talk
// through c10d, the engine below torch.distributed.
#pragma once

#include <ATen/ATen.h>

#include <chrono>
#include <memory>
#include <string>

#include "updraft/result.h"

namespace updraft::learn {

// What carries the numbers. The passes run on the processor, so Gloo sends them as they are; NCCL takes them by way of
// a GPU, which pays where the GPUs of several machines are better linked than the machines.
enum class Backend { gloo, nccl };

struct Meeting {
  int rank = 0;  // 0 .. size-1; rank 0 listens at the address
  int size = 1;
  std::string address = "127.0.0.1";
  std::uint16_t port = 29500;
  // How long to wait for the others, at the start and in every step. One that was killed is noticed at once; this is
  // for those that hang or whose machine has vanished. The leader validates, acts and saves in this time.
  std::chrono::seconds patience{900};
  Backend backend = Backend::gloo;
  int local_rank = 0;  // among the processes of this machine: the GPU that NCCL uses
};

// As torchrun and its like set it: RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT, LOCAL_RANK. Without WORLD_SIZE, a team
// of one. Errors: invalid_argument, names the variable.
[[nodiscard]] Result<Meeting> meeting_from_environment();

class Team {
 public:
  // Waits until all are there. A team of one needs no network. Errors: io; unsupported, when this build has no NCCL.
  [[nodiscard]] static Result<Team> join(const Meeting& meeting);
  Team(Team&&) noexcept;
  Team& operator=(Team&&) noexcept;
  ~Team();

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] bool leads() const { return rank_ == 0; }

  // All ranks call these in the same order, with tensors of the same shape. Errors: io, when another rank is gone.
  [[nodiscard]] Result<> sum(const at::Tensor& values);     // in place: every rank ends with the sum over all
  [[nodiscard]] Result<> spread(const at::Tensor& values);  // in place: every rank ends with rank 0's
  [[nodiscard]] Result<> spread(std::string& text);

 private:
  struct Connection;
  Team(const Meeting& meeting, std::unique_ptr<Connection> connection);

  int rank_ = 0;
  int size_ = 1;
  std::unique_ptr<Connection> connection_;  // nullptr: a team of one
};

}  // namespace updraft::learn
