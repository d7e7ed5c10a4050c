// The transforms of Winograd's F(2x2, 3x3), included in a namespace of each target: one tile at a time, over channels
// that lie side by side.
//
//          |  1  0 -1  0 |          | 1  1  1  0 |
//   B^T  = |  0  1  1  0 |   A^T  = | 0  1 -1 -1 |      V = B^T d B,  Y = A^T M A
//          |  0 -1  1  0 |
//          |  0  1  0 -1 |
//
// Bound by loads and stores: 16 of each for 32 additions, and 16 and 4 for 24.

#include "narrow/detail/simd/chunks.inl"

struct input_transform {
  const std::byte* const* d;
  float* v;
  std::size_t step;

  template <class V>
  [[gnu::always_inline]] void chunk(std::size_t i) const {
    V t[4][4];
    NARROW_UNROLL
    for (std::size_t b = 0; b < 4; ++b) {
      V d0, d1, d2, d3;
      load(d0, d[b] + i * sizeof(float));
      load(d1, d[4 + b] + i * sizeof(float));
      load(d2, d[8 + b] + i * sizeof(float));
      load(d3, d[12 + b] + i * sizeof(float));
      t[0][b] = d0 - d2, t[1][b] = d1 + d2, t[2][b] = d2 - d1, t[3][b] = d1 - d3;
    }
    NARROW_UNROLL
    for (std::size_t a = 0; a < 4; ++a) {
      const V row[4] = {t[a][0] - t[a][2], t[a][1] + t[a][2], t[a][2] - t[a][1], t[a][1] - t[a][3]};
      NARROW_UNROLL
      for (std::size_t b = 0; b < 4; ++b) __builtin_memcpy(v + (4 * a + b) * step + i, &row[b], sizeof(V));
    }
  }
};

// Element k of V, of channel c, to v[k * step + c]; d are the 16 pixels of a tile.
inline void transform_input(const std::byte* const* d, std::size_t channels, float* v, std::size_t step) {
  for_each_vector<float>(channels, input_transform{d, v, step});
}

struct output_transform {
  const float* m;
  std::size_t step;
  float* const* y;

  template <class V>
  [[gnu::always_inline]] void chunk(std::size_t i) const {
    V s[2][4];
    NARROW_UNROLL
    for (std::size_t b = 0; b < 4; ++b) {
      V m0, m1, m2, m3;
      load(m0, reinterpret_cast<const std::byte*>(m + b * step + i));
      load(m1, reinterpret_cast<const std::byte*>(m + (4 + b) * step + i));
      load(m2, reinterpret_cast<const std::byte*>(m + (8 + b) * step + i));
      load(m3, reinterpret_cast<const std::byte*>(m + (12 + b) * step + i));
      s[0][b] = (m0 + m1) + m2, s[1][b] = (m1 - m2) - m3;
    }
    NARROW_UNROLL
    for (std::size_t a = 0; a < 2; ++a) {
      const V left = (s[a][0] + s[a][1]) + s[a][2], right = (s[a][1] - s[a][2]) - s[a][3];
      __builtin_memcpy(y[2 * a] + i, &left, sizeof(V));
      __builtin_memcpy(y[2 * a + 1] + i, &right, sizeof(V));
    }
  }
};

// The four pixels of Y from element k of M, of channel o, at m[k * step + o].
inline void transform_output(const float* m, std::size_t step, std::size_t channels, float* const* y) {
  for_each_vector<float>(channels, output_transform{m, step, y});
}

struct transforms {
  static constexpr auto input = &transform_input;
  static constexpr auto output = &transform_output;
};
