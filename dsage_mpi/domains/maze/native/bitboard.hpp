// A set of maze cells as 256 bits: bit `16 * row + col`, four rows per 64-bit word.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

namespace maze {

constexpr int kSide = 16;
constexpr int kCells = kSide * kSide;

struct Board {
  std::array<std::uint64_t, 4> word{};

  bool empty() const { return (word[0] | word[1] | word[2] | word[3]) == 0; }

  int count() const {
    return __builtin_popcountll(word[0]) + __builtin_popcountll(word[1]) +
           __builtin_popcountll(word[2]) + __builtin_popcountll(word[3]);
  }

  // Smallest cell id; the board must not be empty.
  int lowest() const {
    for (int i = 0; i < 4; ++i)
      if (word[i]) return 64 * i + __builtin_ctzll(word[i]);
    return -1;
  }

  bool has(int cell) const { return (word[cell >> 6] >> (cell & 63)) & 1; }

  static Board single(int cell) {
    Board b;
    b.word[cell >> 6] = std::uint64_t{1} << (cell & 63);
    return b;
  }

  // All cells with an id smaller than `cell`.
  static Board below(int cell) {
    Board b;
    for (int i = 0; i < 4; ++i) {
      const int n = cell - 64 * i;
      b.word[i] = n >= 64 ? ~std::uint64_t{0} : n <= 0 ? 0 : (std::uint64_t{1} << n) - 1;
    }
    return b;
  }
};

inline Board operator&(const Board &a, const Board &b) {
  Board r;
  for (int i = 0; i < 4; ++i) r.word[i] = a.word[i] & b.word[i];
  return r;
}

inline Board operator|(const Board &a, const Board &b) {
  Board r;
  for (int i = 0; i < 4; ++i) r.word[i] = a.word[i] | b.word[i];
  return r;
}

// a without b
inline Board operator-(const Board &a, const Board &b) {
  Board r;
  for (int i = 0; i < 4; ++i) r.word[i] = a.word[i] & ~b.word[i];
  return r;
}

// The cells that are 4-neighbours of a cell of `a` (no wrap-around).
inline Board neighbours(const Board &a) {
  constexpr std::uint64_t kNotFirstColumn = 0xfffefffefffefffeULL;
  constexpr std::uint64_t kNotLastColumn = 0x7fff7fff7fff7fffULL;
  Board r;
  for (int i = 0; i < 4; ++i) {
    std::uint64_t w = a.word[i];
    std::uint64_t s = (w << 16) | (w >> 16) | ((w << 1) & kNotFirstColumn) |
                      ((w >> 1) & kNotLastColumn);
    if (i > 0) s |= a.word[i - 1] >> 48;
    if (i < 3) s |= a.word[i + 1] << 48;
    r.word[i] = s;
  }
  return r;
}

// Reads 256 bytes of 0/1 as the set of zero cells; false if another value occurs.
inline bool free_cells(const std::uint8_t *level, Board &out) {
  std::uint64_t strange = 0;
  for (int i = 0; i < 4; ++i) {
    std::uint64_t w = 0;
    for (int j = 0; j < 8; ++j) {
      std::uint64_t bytes;
      std::memcpy(&bytes, level + 64 * i + 8 * j, 8);
      strange |= bytes & ~0x0101010101010101ULL;
      // Gathers the lowest bits of eight bytes into the top byte, first byte lowest.
      w |= ((bytes * 0x0102040810204080ULL) >> 56) << (8 * j);
    }
    out.word[i] = ~w;
  }
  return strange == 0;
}

// Writes one byte (0 or 1) per cell.
inline void write_bytes(const Board &board, std::uint8_t *out) {
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 8; ++j) {
      const std::uint64_t bits = (board.word[i] >> (8 * j)) & 0xff;
      std::uint64_t bytes = (bits * 0x0101010101010101ULL) & 0x8040201008040201ULL;
      // A byte that holds its single bit becomes 1: adding 0x7f carries into bit 7.
      bytes = ((bytes + 0x7f7f7f7f7f7f7f7fULL) | bytes) >> 7 & 0x0101010101010101ULL;
      std::memcpy(out + 64 * i + 8 * j, &bytes, 8);
    }
}

}  // namespace maze
