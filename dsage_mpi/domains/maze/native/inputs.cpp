#include "inputs.hpp"

#include <algorithm>

namespace maze {

InputCache::InputCache(const Network &network, bool direction, int capacity)
    : network_(network), direction_(direction), capacity_(capacity) {
  clear();
}

void InputCache::clear() {
  // At most a quarter full, so that looking up stays short (and ends).
  std::uint32_t buckets = 1;
  while (buckets < 4u * static_cast<std::uint32_t>(capacity_)) buckets *= 2;
  mask_ = buckets - 1;
  keys_.assign(buckets, 0);
  values_.assign(buckets, 0);
  used_ = ready_ = 0;
  ++generation_;
}

void InputCache::begin(int rows) {
  if (used_ + rows <= capacity_) return;
  if (rows > capacity_) capacity_ = rows;
  clear();
}

int InputCache::want(const World &world, LevelInputs &level, int state) {
  if (level.generation != generation_) {
    std::fill(level.slot, level.slot + kStates, -1);
    level.generation = generation_;
  }
  std::int32_t &slot = level.slot[state];
  if (slot < 0) slot = look_up(world, state);
  return slot;
}

int InputCache::look_up(const World &world, int state) {
  std::uint8_t tile[kWindowCells];
  world.view(state, tile);
  std::uint64_t key = 1;   // never 0
  for (int i = 0; i < kWindowCells; ++i) key = key << 2 | tile[i];
  key = key << 2 | static_cast<std::uint64_t>(direction_ ? state & 3 : 0);
  std::uint64_t hash = key * 0x9E3779B97F4A7C15ULL;
  std::uint32_t at = static_cast<std::uint32_t>(hash >> 32) & mask_;
  while (keys_[at] != 0) {
    if (keys_[at] == key) return values_[at];
    at = (at + 1) & mask_;
  }
  keys_[at] = key;
  values_[at] = used_;
  const std::size_t pending = static_cast<std::size_t>(used_ - ready_);
  features_.grow((pending + 1) * kFeatures);
  if (first_.size() <= pending) first_.resize(pending + 1);
  network_.features(tile, features_.data() + pending * kFeatures);
  first_[pending] = direction_ ? network_.direction(1 << (state & 3)) : network_.blank();
  return used_++;
}

void InputCache::finish() {
  if (used_ == ready_) return;
  pool_.grow(static_cast<std::size_t>(used_) * kGates);
  network_.project(used_ - ready_, features_.data(), first_.data(),
                   pool_.data() + static_cast<std::size_t>(ready_) * kGates);
  ready_ = used_;
}

}  // namespace maze
