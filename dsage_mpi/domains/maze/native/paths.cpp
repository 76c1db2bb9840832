#include "paths.hpp"

#include <memory>

namespace maze {
namespace {

// Neighbours of a cell in ascending id: up, left, right, down; returns how many there are.
int adjacent(int cell, const Board &free, int out[4]) {
  const int row = cell / kSide, col = cell % kSide;
  int n = 0;
  if (row > 0 && free.has(cell - kSide)) out[n++] = cell - kSide;
  if (col > 0 && free.has(cell - 1)) out[n++] = cell - 1;
  if (col < kSide - 1 && free.has(cell + 1)) out[n++] = cell + 1;
  if (row < kSide - 1 && free.has(cell + kSide)) out[n++] = cell + kSide;
  return n;
}

struct AllPairs {
  std::int16_t distance[kCells][kCells];
  std::int16_t predecessor[kCells][kCells];
};

}  // namespace

Board marked_path(const Board &free, int start, int goal) {
  // Which of several optimal paths is marked depends on the order of Floyd-Warshall's updates, so
  // the textbook algorithm is run as it stands (rows of unconnected cells are skipped).
  constexpr std::int16_t kFar = 10000;
  auto table = std::make_unique<AllPairs>();
  for (int i = 0; i < kCells; ++i) {
    for (int j = 0; j < kCells; ++j) {
      table->distance[i][j] = i == j ? 0 : kFar;
      table->predecessor[i][j] = -1;
    }
    if (!free.has(i)) continue;
    int next[4];
    const int n = adjacent(i, free, next);
    for (int k = 0; k < n; ++k) {
      table->distance[i][next[k]] = 1;
      table->predecessor[i][next[k]] = static_cast<std::int16_t>(i);
    }
  }
  for (int k = 0; k < kCells; ++k) {
    if (!free.has(k)) continue;
    for (int i = 0; i < kCells; ++i) {
      const std::int16_t head = table->distance[i][k];
      if (head == kFar) continue;
      std::int16_t *distance = table->distance[i];
      std::int16_t *predecessor = table->predecessor[i];
      const std::int16_t *tail = table->distance[k];
      const std::int16_t *source = table->predecessor[k];
      for (int j = 0; j < kCells; ++j) {
        const std::int16_t sum = static_cast<std::int16_t>(head + tail[j]);
        const bool better = sum < distance[j];
        distance[j] = better ? sum : distance[j];
        predecessor[j] = better ? source[j] : predecessor[j];
      }
    }
  }
  // The walk starts at the start and reads the goal's predecessor row.
  Board path;
  for (int cell = table->predecessor[goal][start]; cell != goal && cell >= 0;
       cell = table->predecessor[goal][cell])
    path = path | Board::single(cell);
  return path;
}

std::vector<int> depth_first_order(const Board &free, int start) {
  std::vector<int> order;
  std::vector<int> stack{start};
  Board visited;
  // A cell counts when it is first entered, so the stack may hold it more than once.
  while (!stack.empty()) {
    const int cell = stack.back();
    stack.pop_back();
    if (visited.has(cell)) continue;
    visited = visited | Board::single(cell);
    order.push_back(cell);
    int next[4];
    for (int n = adjacent(cell, free, next) - 1; n >= 0; --n)
      if (!visited.has(next[n])) stack.push_back(next[n]);
  }
  return order;
}

void steps_from(const Board &free, int start, std::int16_t *out) {
  for (int cell = 0; cell < kCells; ++cell) out[cell] = -1;
  Board front = Board::single(start), seen = front;
  for (std::int16_t steps = 0; !front.empty(); ++steps) {
    for (int i = 0; i < 4; ++i)
      for (std::uint64_t word = front.word[i]; word; word &= word - 1)
        out[64 * i + __builtin_ctzll(word)] = steps;
    front = (neighbours(front) & free) - seen;
    seen = seen | front;
  }
}

}  // namespace maze
