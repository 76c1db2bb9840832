// Random streams: Philox 4x64-10 (as numpy.random.Philox), MT19937 (as numpy.random.RandomState).
#pragma once

#include <cstdint>
#include <vector>

namespace maze {

// Counter-based stream: draw number n is a function of (key, n) alone.
class Philox {
 public:
  Philox(std::uint64_t seed, std::uint64_t stream) : key_{seed, stream} {}

  // Raw 64-bit outputs, equal to numpy.random.Philox(key=[seed, stream]).random_raw().
  std::uint64_t next() {
    if (used_ == 4) refill();
    return block_[used_++];
  }

  // Uniform in [0, 1) with 53 random bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  void refill() {
    ++counter_;  // NumPy counts before it generates
    std::uint64_t x[4] = {counter_, 0, 0, 0};
    std::uint64_t k0 = key_[0], k1 = key_[1];
    for (int round = 0; round < 10; ++round) {
      const auto a = static_cast<unsigned __int128>(0xD2E7470EE14C6C93ULL) * x[0];
      const auto b = static_cast<unsigned __int128>(0xCA5A826395121157ULL) * x[2];
      const std::uint64_t mixed[4] = {static_cast<std::uint64_t>(b >> 64) ^ x[1] ^ k0,
                                      static_cast<std::uint64_t>(b),
                                      static_cast<std::uint64_t>(a >> 64) ^ x[3] ^ k1,
                                      static_cast<std::uint64_t>(a)};
      for (int i = 0; i < 4; ++i) x[i] = mixed[i];
      k0 += 0x9E3779B97F4A7C15ULL;
      k1 += 0xBB67AE8584CAA73BULL;
    }
    for (int i = 0; i < 4; ++i) block_[i] = x[i];
    used_ = 0;
  }

  std::uint64_t key_[2];
  std::uint64_t counter_ = 0;
  std::uint64_t block_[4] = {};
  int used_ = 4;
};

// The legacy generator that every original environment seeds with 52 (maze.md section 4): one
// sequence of 32-bit outputs, computed as far as anybody has read it.
class DirectionStream {
 public:
  DirectionStream();

  std::uint32_t raw(std::size_t index) {
    while (index >= outputs_.size()) generate();
    return outputs_[index];
  }

  // RandomState.randint(0, bound): masked rejection; advances `position`.
  int below(int bound, std::size_t &position) {
    std::uint32_t mask = static_cast<std::uint32_t>(bound - 1);
    for (int shift = 1; shift < 32; shift *= 2) mask |= mask >> shift;
    for (;;) {
      const std::uint32_t value = raw(position++) & mask;
      if (value < static_cast<std::uint32_t>(bound)) return static_cast<int>(value);
    }
  }

 private:
  void generate();

  std::uint32_t state_[624];
  std::vector<std::uint32_t> outputs_;
};

}  // namespace maze
