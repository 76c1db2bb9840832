// A growing array of numbers on cache-line boundaries; keeps its contents when it grows.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace maze {

template <typename T>
class Aligned {
 public:
  Aligned() = default;
  explicit Aligned(std::size_t size) { grow(size); }
  Aligned(Aligned &&other) noexcept : data_(other.data_), size_(other.size_) {
    other.data_ = nullptr;
    other.size_ = 0;
  }
  Aligned(const Aligned &) = delete;
  Aligned &operator=(const Aligned &) = delete;
  ~Aligned() { std::free(data_); }

  // Makes room for at least `size` elements; new ones are zero. Grows by halves at least.
  void grow(std::size_t size) {
    if (size <= size_) return;
    if (size < size_ + size_ / 2) size = size_ + size_ / 2;
    const std::size_t bytes = (size * sizeof(T) + 63) / 64 * 64;
    T *data = static_cast<T *>(std::aligned_alloc(64, bytes));
    if (!data) throw std::bad_alloc();
    if (size_) std::memcpy(data, data_, size_ * sizeof(T));
    std::memset(data + size_, 0, bytes - size_ * sizeof(T));
    std::free(data_);
    data_ = data;
    size_ = size;
  }

  void swap(Aligned &other) noexcept {
    T *data = data_;
    data_ = other.data_;
    other.data_ = data;
    const std::size_t size = size_;
    size_ = other.size_;
    other.size_ = size;
  }

  std::size_t size() const { return size_; }
  T *data() { return data_; }
  const T *data() const { return data_; }
  T &operator[](std::size_t i) { return data_[i]; }
  const T &operator[](std::size_t i) const { return data_[i]; }

 private:
  T *data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace maze
