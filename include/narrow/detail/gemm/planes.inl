// Rows of sums of bit planes (plane_product.hpp), n of them; included in each target's region. They fit 32 bits.

typedef std::int32_t plane_lanes __attribute__((vector_size(lanes_of_32 * 4)));

template <class Body>
[[gnu::always_inline]] inline void for_lanes(std::size_t n, const Body& body) {
  std::size_t j = 0;
  for (; j + lanes_of_32 <= n; j += lanes_of_32) body(j, lanes_of_32 * 4);
  if (j < n) body(j, (n - j) * 4);
}
[[gnu::always_inline]] inline void load_lanes(const std::int32_t* p, std::size_t bytes, plane_lanes& to) {
  if (bytes == sizeof to) {
    __builtin_memcpy(&to, p, sizeof to);
  } else {
    to = plane_lanes{};
    __builtin_memcpy(&to, p, bytes);
  }
}
[[gnu::always_inline]] inline void store_lanes(std::int32_t* p, std::size_t bytes, const plane_lanes& x) {
  if (bytes == sizeof x) {
    __builtin_memcpy(p, &x, sizeof x);
  } else {
    __builtin_memcpy(p, &x, bytes);
  }
}

// higher <- weight * higher + sums
inline void add_lanes_of_plane(const std::int32_t* sums, std::int32_t weight, std::int32_t* higher, std::size_t n) {
  for_lanes(n, [&](std::size_t j, std::size_t bytes) {
    plane_lanes x, y;
    load_lanes(sums + j, bytes, x), load_lanes(higher + j, bytes, y);
    store_lanes(higher + j, bytes, y * weight + x);
  });
}

// to <- (factor * column - (weight * higher + sums)) / 2, which is whole
inline void finish_lanes_of_planes(const std::int32_t* sums, std::int32_t weight, const std::int32_t* higher,
                                   std::int32_t factor, const std::int32_t* column, std::int32_t* to, std::size_t n) {
  for_lanes(n, [&](std::size_t j, std::size_t bytes) {
    plane_lanes x, y, c;
    load_lanes(sums + j, bytes, x), load_lanes(higher + j, bytes, y), load_lanes(column + j, bytes, c);
    store_lanes(to + j, bytes, (c * factor - (y * weight + x)) >> 1);
  });
}
