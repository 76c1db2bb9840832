// Python bindings of the maze domain's native code.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "endpoints.hpp"
#include "paths.hpp"

namespace nb = nanobind;
using namespace maze;

namespace {

template <typename T, typename... Shape>
using Array = nb::ndarray<T, nb::numpy, nb::device::cpu, nb::c_contig, nb::ndim<sizeof...(Shape)>>;

using Levels = nb::ndarray<const std::uint8_t, nb::shape<-1, kSide, kSide>, nb::c_contig,
                           nb::device::cpu>;
using Cells = nb::ndarray<const std::int16_t, nb::shape<-1>, nb::c_contig, nb::device::cpu>;

template <typename T>
nb::ndarray<nb::numpy, T> make_array(std::initializer_list<std::size_t> shape, T **data) {
  std::size_t size = 1;
  for (std::size_t n : shape) size *= n;
  *data = new T[size]();
  nb::capsule owner(*data, [](void *p) noexcept { delete[] static_cast<T *>(p); });
  return nb::ndarray<nb::numpy, T>(*data, shape, owner);
}

// levels (n, 16, 16) uint8 -> (bad, start, goal, distance, n_reachable, reachable); bad is the
// index of the first level that holds something else than 0 and 1, or -1.
nb::tuple analyse(Levels levels) {
  const std::size_t n = levels.shape(0);
  std::int16_t *start, *goal, *distance, *count;
  std::uint8_t *reachable;
  auto start_array = make_array<std::int16_t>({n}, &start);
  auto goal_array = make_array<std::int16_t>({n}, &goal);
  auto distance_array = make_array<std::int16_t>({n}, &distance);
  auto count_array = make_array<std::int16_t>({n}, &count);
  auto reachable_array = make_array<std::uint8_t>({n, kSide, kSide}, &reachable);
  std::int64_t bad = -1;
  {
    nb::gil_scoped_release release;
    for (std::size_t i = 0; i < n; ++i) {
      Board free;
      if (!free_cells(levels.data() + i * kCells, free)) {
        bad = static_cast<std::int64_t>(i);
        break;
      }
      const Endpoints found = find_endpoints(free);
      start[i] = static_cast<std::int16_t>(found.start);
      goal[i] = static_cast<std::int16_t>(found.goal);
      distance[i] = static_cast<std::int16_t>(found.distance);
      count[i] = static_cast<std::int16_t>(found.reachable.count());
      write_bytes(found.reachable, reachable + i * kCells);
    }
  }
  return nb::make_tuple(bad, start_array, goal_array, distance_array, count_array,
                        reachable_array);
}

// Cells between start and goal on the marked path, (n, 16, 16) uint8 of 0/1.
auto marked_paths(Levels levels, Cells start, Cells goal) {
  const std::size_t n = levels.shape(0);
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

}  // namespace

NB_MODULE(_native, m) {
  m.def("analyse", &analyse, nb::arg("levels"));
  m.def("marked_paths", &marked_paths, nb::arg("levels"), nb::arg("start"), nb::arg("goal"));
  m.def("depth_first", &depth_first, nb::arg("levels"), nb::arg("start"));
}
