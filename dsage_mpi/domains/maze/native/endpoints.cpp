#include "endpoints.hpp"

namespace maze {
namespace {

// Breadth-first search layers from one cell; layer[d] holds the cells at distance d.
struct Search {
  int eccentricity = 0;
  std::array<Board, kCells> layer;

  void run(int source, const Board &component) {
    Board unseen = component - Board::single(source);
    layer[0] = Board::single(source);
    int depth = 0;
    for (;;) {
      const Board next = neighbours(layer[depth]) & unseen;
      if (next.empty()) break;
      layer[++depth] = next;
      unseen = unseen - next;
    }
    eccentricity = depth;
  }
};

Board component_of(int cell, const Board &free) {
  Board seen = Board::single(cell);
  Board front = seen;
  for (;;) {
    front = (neighbours(front) & free) - seen;
    if (front.empty()) return seen;
    seen = seen | front;
  }
}

// Finds the smallest cell of largest eccentricity, over the components that it is shown.
//
// Not every cell is searched from. If the search from v reached eccentricity e, then a cell w at
// distance d from v has eccentricity <= e + d: with e + d < best it is out, with e + d == best it
// can only tie, so it matters only if its id is smaller than that of the best cell so far.
class Finder {
 public:
  void component(const Board &cells) {
    candidates_ = cells;
    component_ = cells;
    // Twice to the far end, then from the middle of the way: a good bound from three searches.
    search(cells.lowest());
    if (first_.eccentricity == 0) return;
    const int far = first_.layer[first_.eccentricity].lowest();
    search(far);
    const int length = first_.eccentricity;
    const int other = first_.layer[length].lowest();
    const Board half_way = first_.layer[length / 2];
    search(other);
    const Board middle = half_way & first_.layer[length - length / 2];
    if (!middle.empty()) search(middle.lowest());
    while (!candidates_.empty()) search(candidates_.lowest());
  }

  int best() const { return best_; }
  int start() const { return start_; }
  int goal() const { return goal_; }
  const Board &reachable() const { return reachable_; }

 private:
  void search(int cell) {
    first_.run(cell, component_);
    const int e = first_.eccentricity;
    candidates_ = candidates_ - Board::single(cell);
    if (e > best_ || (e == best_ && cell < start_)) {
      best_ = e;
      start_ = cell;
      goal_ = first_.layer[e].lowest();
      reachable_ = component_;
    }
    const int tie = best_ - e;
    Board out;
    for (int d = 1; d < tie && d <= e; ++d) out = out | first_.layer[d];
    if (tie <= e) out = out | (first_.layer[tie] - Board::below(start_));
    candidates_ = candidates_ - out;
  }

  Search first_;
  Board component_, candidates_, reachable_;
  int best_ = 0, start_ = kCells, goal_ = -1;
};

}  // namespace

Endpoints find_endpoints(const Board &free) {
  Finder finder;
  Board left = free;
  while (!left.empty()) {
    const Board cells = component_of(left.lowest(), left);
    left = left - cells;
    // A path of d moves needs d + 1 cells; a later component must not be smaller than that. Its
    // ids do not help it either: a tie counts only if its start id is smaller than ours.
    if (cells.count() < 2 || cells.count() - 1 < finder.best()) continue;
    finder.component(cells);
  }
  Endpoints found;
  if (finder.best() < 1) return found;
  found.start = finder.start();
  found.goal = finder.goal();
  found.distance = finder.best();
  found.reachable = finder.reachable();
  return found;
}

}  // namespace maze
