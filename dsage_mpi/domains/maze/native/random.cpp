#include "random.hpp"

#include <cstddef>

namespace maze {
namespace {

constexpr int kSize = 624;
constexpr int kMiddle = 397;

}  // namespace

DirectionStream::DirectionStream() {
  // The two halves of the first 8 bytes of SHA-512("52"), as gym's seeding derives them.
  const std::uint32_t key[2] = {1613959344u, 2883369939u};
  state_[0] = 19650218u;
  for (int i = 1; i < kSize; ++i)
    state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + static_cast<unsigned>(i);
  int i = 1, j = 0;
  for (int n = kSize; n > 0; --n) {
    const std::uint32_t previous = state_[i - 1] ^ (state_[i - 1] >> 30);
    state_[i] = (state_[i] ^ (previous * 1664525u)) + key[j] + static_cast<unsigned>(j);
    if (++i == kSize) {
      state_[0] = state_[kSize - 1];
      i = 1;
    }
    j = (j + 1) % 2;
  }
  for (int n = kSize - 1; n > 0; --n) {
    const std::uint32_t previous = state_[i - 1] ^ (state_[i - 1] >> 30);
    state_[i] = (state_[i] ^ (previous * 1566083941u)) - static_cast<unsigned>(i);
    if (++i == kSize) {
      state_[0] = state_[kSize - 1];
      i = 1;
    }
  }
  state_[0] = 0x80000000u;
}

void DirectionStream::generate() {
  for (int i = 0; i < kSize; ++i) {
    const std::uint32_t y =
        (state_[i] & 0x80000000u) | (state_[(i + 1) % kSize] & 0x7fffffffu);
    state_[i] = state_[(i + kMiddle) % kSize] ^ (y >> 1) ^ ((y & 1u) ? 0x9908b0dfu : 0u);
  }
  for (const std::uint32_t word : state_) {
    std::uint32_t y = word;
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    y ^= y >> 18;
    outputs_.push_back(y);
  }
}

}  // namespace maze
