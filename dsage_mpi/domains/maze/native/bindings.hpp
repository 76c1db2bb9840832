// What the Python bindings share: array types, new arrays, checks.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <stdexcept>
#include <string>

#include "bitboard.hpp"
#include "kernels.hpp"

namespace maze {

namespace nb = nanobind;

using Levels = nb::ndarray<const std::uint8_t, nb::shape<-1, kSide, kSide>, nb::c_contig,
                           nb::device::cpu>;
using Level = nb::ndarray<const std::uint8_t, nb::shape<kSide, kSide>, nb::c_contig,
                          nb::device::cpu>;
using Cells = nb::ndarray<const std::int16_t, nb::shape<-1>, nb::c_contig, nb::device::cpu>;
using Bytes = nb::ndarray<const std::uint8_t, nb::shape<-1>, nb::c_contig, nb::device::cpu>;

// A new zeroed array that Python owns; *data is its memory.
template <typename T>
nb::ndarray<nb::numpy, T> make_array(std::initializer_list<std::size_t> shape, T **data) {
  std::size_t size = 1;
  for (std::size_t n : shape) size *= n;
  *data = new T[size]();
  nb::capsule owner(*data, [](void *p) noexcept { delete[] static_cast<T *>(p); });
  return nb::ndarray<nb::numpy, T>(*data, shape, owner);
}

// Conversions are refused: they would wrap numbers that do not fit, without a word.
inline auto exact(const char *name) { return nb::arg(name).noconvert(); }

// NumPy's arrays may begin in the middle of a number (records, buffers); ours may not.
template <typename Array>
bool is_aligned(const Array &array) {
  return reinterpret_cast<std::uintptr_t>(array.data()) % alignof(typename Array::Scalar) == 0;
}

template <typename Array>
void check_aligned(const Array &array, const char *name) {
  if (!is_aligned(array))
    throw std::invalid_argument(std::string(name) + " must be aligned in memory");
}

inline void check_levels(const std::uint8_t *levels, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    Board free;
    if (!free_cells(levels + i * kCells, free))
      throw std::invalid_argument("level " + std::to_string(i) +
                                  " holds something else than 0 and 1");
  }
}

inline void check_actions(const std::uint8_t *actions, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    if (actions[i] >= kActions) throw std::invalid_argument("actions are 0 to 6");
}

// Add functions and classes to the module.
void bind_levels(nb::module_ &m);
void bind_world(nb::module_ &m);
void bind_agent(nb::module_ &m);

}  // namespace maze
