// The input half of the LSTM gates, remembered per view.
//
// It depends on what the agent sees and on its direction alone, so views that several states,
// levels or calls share are projected once; the table is bounded and starts anew when it is full.
#pragma once

#include <vector>

#include "network.hpp"
#include "simulator.hpp"

namespace maze {

// Where the inputs of one level's states are kept.
struct LevelInputs {
  std::int32_t slot[kStates];
  std::uint64_t generation = 0;   // 0: nothing is known
};

class InputCache {
 public:
  // With `direction` the direction part and the biases are included, else only the image part is.
  InputCache(const Network &network, bool direction, int capacity);

  // Starts a batch of at most `rows` lookups; earlier pointers may become invalid.
  void begin(int rows);
  // Notes that the input of `state` is wanted; returns its slot.
  int want(const World &world, LevelInputs &level, int state);
  // Computes what is missing; afterwards at(slot) is valid until the next begin().
  void finish();
  const float *at(int slot) const { return pool_.data() + static_cast<std::size_t>(slot) * kGates; }

 private:
  void clear();
  int look_up(const World &world, int state);

  const Network &network_;
  bool direction_;
  int capacity_;
  int used_ = 0, ready_ = 0;
  std::uint64_t generation_ = 0;   // at least 1 after construction
  std::uint32_t mask_;
  std::vector<std::uint64_t> keys_;     // open addressing, 0 = free
  std::vector<std::int32_t> values_;
  Aligned<float> pool_, features_;
  std::vector<const float *> first_;
};

}  // namespace maze
