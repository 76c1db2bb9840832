// Bindings: endpoints, marked path and depth-first order of levels.
#include "bindings.hpp"
#include "endpoints.hpp"
#include "paths.hpp"

namespace maze {
namespace {

void check_cells(const Cells &cells, std::size_t levels) {
  check_aligned(cells, "cells");
  if (cells.shape(0) != levels) throw std::invalid_argument("there must be one cell per level");
  for (std::size_t i = 0; i < levels; ++i)
    if (cells(i) < -1 || cells(i) >= kCells) throw std::invalid_argument("cell ids are 0 to 255, -1 for none");
}

// levels (n, 16, 16) uint8 -> (start, goal, distance, n_reachable, reachable).
nb::tuple analyse(Levels levels) {
  const std::size_t n = levels.shape(0);
  std::int16_t *start, *goal, *distance, *count;
  std::uint8_t *reachable;
  auto start_array = make_array<std::int16_t>({n}, &start);
  auto goal_array = make_array<std::int16_t>({n}, &goal);
  auto distance_array = make_array<std::int16_t>({n}, &distance);
  auto count_array = make_array<std::int16_t>({n}, &count);
  auto reachable_array = make_array<std::uint8_t>({n, kSide, kSide}, &reachable);
  check_levels(levels.data(), n);
  {
    nb::gil_scoped_release release;
    for (std::size_t i = 0; i < n; ++i) {
      Board free;
      free_cells(levels.data() + i * kCells, free);
      const Endpoints found = find_endpoints(free);
      start[i] = static_cast<std::int16_t>(found.start);
      goal[i] = static_cast<std::int16_t>(found.goal);
      distance[i] = static_cast<std::int16_t>(found.distance);
      count[i] = static_cast<std::int16_t>(found.reachable.count());
      write_bytes(found.reachable, reachable + i * kCells);
    }
  }
  return nb::make_tuple(start_array, goal_array, distance_array, count_array, reachable_array);
}

// Cells between start and goal on the marked path, (n, 16, 16) uint8 of 0/1.
auto marked_paths(Levels levels, Cells start, Cells goal) {
  const std::size_t n = levels.shape(0);
  check_levels(levels.data(), n);
  check_cells(start, n);
  check_cells(goal, n);
  for (std::size_t i = 0; i < n; ++i)
    if ((start(i) < 0) != (goal(i) < 0))
      throw std::invalid_argument("a level has both a start and a goal, or neither");
  std::uint8_t *out;
  auto array = make_array<std::uint8_t>({n, kSide, kSide}, &out);
  nb::gil_scoped_release release;
  for (std::size_t i = 0; i < n; ++i) {
    Board free;
    free_cells(levels.data() + i * kCells, free);
    if (start(i) < 0) continue;
    write_bytes(marked_path(free, start(i), goal(i)), out + i * kCells);
  }
  return array;
}

// Cell ids in depth-first order from the start, (n, 256) int16, padded with -1.
auto depth_first(Levels levels, Cells start) {
  const std::size_t n = levels.shape(0);
  check_levels(levels.data(), n);
  check_cells(start, n);
  std::int16_t *out;
  auto array = make_array<std::int16_t>({n, kCells}, &out);
  nb::gil_scoped_release release;
  for (std::size_t i = 0; i < n; ++i) {
    Board free;
    free_cells(levels.data() + i * kCells, free);
    std::int16_t *row = out + i * kCells;
    int filled = 0;
    if (start(i) >= 0)
      for (int cell : depth_first_order(free, start(i)))
        row[filled++] = static_cast<std::int16_t>(cell);
    for (; filled < kCells; ++filled) row[filled] = -1;
  }
  return array;
}

// What the tiles imply about ways, (n, 4, 16, 16) float32: steps from the start and to the goal,
// divided by `steps`; whether a cell is on a shortest path; its length, divided by `length`, where
// the start's side of the maze is.
auto planes(Levels levels, Cells start, Cells goal, float steps, float length) {
  constexpr int kPlanes = 4;
  const std::size_t n = levels.shape(0);
  check_levels(levels.data(), n);
  check_cells(start, n);
  check_cells(goal, n);
  float *out;
  auto array = make_array<float>({n, kPlanes, kSide, kSide}, &out);
  nb::gil_scoped_release release;
  for (std::size_t i = 0; i < n; ++i) {
    if (start(i) < 0 || goal(i) < 0) continue;
    Board free;
    free_cells(levels.data() + i * kCells, free);
    std::int16_t there[kCells], onwards[kCells];
    steps_from(free, start(i), there);
    steps_from(free, goal(i), onwards);
    const std::int16_t shortest = there[goal(i)];
    float *plane = out + i * kPlanes * kCells;
    for (int cell = 0; cell < kCells; ++cell) {
      if (there[cell] < 0) continue;  // start and goal are connected: the same cells are
      plane[cell] = there[cell] / steps;
      plane[kCells + cell] = onwards[cell] / steps;
      plane[2 * kCells + cell] = there[cell] + onwards[cell] == shortest;
      plane[3 * kCells + cell] = shortest / length;
    }
  }
  return array;
}

}  // namespace

void bind_levels(nb::module_ &m) {
  m.def("analyse", &analyse, exact("levels"));
  m.def("marked_paths", &marked_paths, exact("levels"), exact("start"), exact("goal"));
  m.def("planes", &planes, exact("levels"), exact("start"), exact("goal"), nb::arg("steps"),
        nb::arg("length"));
  m.def("depth_first", &depth_first, exact("levels"), exact("start"));
}

}  // namespace maze
