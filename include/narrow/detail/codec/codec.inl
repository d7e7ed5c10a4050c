// The general codec over a target's vectors: any encoding, scheme, rounding and overflow. Included in a target's region
// and namespace, which has
//   width                      floats of a vector
//   narrow_to<Bytes>(c, y)     stores the low bytes of each lane of c
//   widen_from<Storage>(y, c)  loads codes to 32-bit lanes, sign- or zero-extended
//   quick_encode, quick_decode the shorter ways (shortcuts.inl), which return how many elements they did
// Every function leaves the caller's floating-point environment alone and expects the default one (environment.hpp).

template <class E, class Overflow, class Scheme, class Rounding>
std::size_t quick_encode(const float* x, std::byte* y, std::size_t n, const Scheme& scheme, const std::size_t& place,
                         const Rounding& rounding);
template <class E, class Scheme>
std::size_t quick_decode(const std::byte* x, float* y, std::size_t n, const Scheme& scheme, const std::size_t& place);

template <class Real>
using vector_of = lanes<Real, (sizeof(Real) == 4 ? width : width / 2)>;

template <class Real, class Rounding>
[[gnu::always_inline]] inline auto vector_rounding(const Rounding& rounding, const std::size_t& i) {
  if constexpr (takes_words<Rounding>) {
    stochastic_lanes<lanes<std::uint32_t, vector_of<Real>::size>> result;
    std::memcpy(&result.bits, rounding.words + i, sizeof result.bits);
    result.count = rounding.count;
    result.pre_round = rounding.pre_round;
    return result;
  } else {
    (void)i;
    return rounding;
  }
}

// Codes in the low bits of their lanes, to storage form: those of odd widths are cut and extended where they wrapped.
template <class E, class Overflow, class T, int N>
[[gnu::always_inline]] inline void store_codes(const lanes<T, N>& lane_codes, std::byte* y) {
  using U = lanes<T, N>;
  U codes = lane_codes;
  if constexpr (std::is_same_v<Overflow, wrap> && E::bits != static_cast<int>(sizeof(typename E::storage_type) * 8)) {
    codes = codes & U(static_cast<T>((T{1} << E::bits) - 1));
    if constexpr (E::is_signed) {
      const U sign = U(static_cast<T>(T{1} << (E::bits - 1)));
      codes = (codes ^ sign) - sign;
    }
  }
  if constexpr (sizeof(T) == 8) {
    narrow_to<sizeof(typename E::storage_type)>(narrow_exact(codes), y);
  } else {
    narrow_to<sizeof(typename E::storage_type)>(codes, y);
  }
}

template <class E, class Overflow, class Real, class Scheme, class Place, class Rounding>
[[gnu::always_inline]] inline void encode_vector(const Real* x, std::byte* y, const Scheme& scheme, const Place& place,
                                                 const Rounding& rounding) {
  vector_of<Real> v;
  std::memcpy(&v, x, sizeof v);
  store_codes<E, Overflow>(scheme.template encode<E, Overflow>(v, place, rounding), y);
}

// Any number of elements. A last incomplete vector is padded, unless its lanes have parameters of their own.
template <class E, class Overflow, class Real, class Scheme, class Place, class Rounding>
[[gnu::noinline]] void encode_any(const Real* x, std::byte* y, std::size_t n, const Scheme& scheme, const Place& place,
                                  const Rounding& rounding) {
  constexpr std::size_t step = vector_of<Real>::size, bytes = sizeof(typename E::storage_type);
  std::size_t i = 0;
  for (; i + step <= n; i += step) {
    encode_vector<E, Overflow>(x + i, y + i * bytes, scheme, place_at(place, i), vector_rounding<Real>(rounding, i));
  }
  if (i == n) return;
  if constexpr (std::is_same_v<Place, places>) {
    for (; i < n; ++i) {
      const auto code = scheme.template encode<E, Overflow>(x[i], place.first + i, element_rounding(rounding, i));
      const auto stored = to_storage<E>(code);
      std::memcpy(y + i * bytes, &stored, bytes);
    }
  } else {
    Real padded[step] = {};
    std::byte codes[step * 4];
    std::memcpy(padded, x + i, (n - i) * sizeof(Real));
    encode_vector<E, Overflow>(padded, codes, scheme, place, vector_rounding<Real>(rounding, i));
    std::memcpy(y + i * bytes, codes, (n - i) * bytes);
  }
}

template <class E, class Overflow, class Real, class Scheme, class Place, class Rounding>
[[gnu::noinline]] void encode(const Real* x, std::byte* y, std::size_t n, const Scheme& scheme, const Place& place,
                              const Rounding& rounding) {
  std::size_t done = 0;
  if constexpr (std::is_same_v<Real, float> && std::is_same_v<Place, std::size_t>) {
    done = quick_encode<E, Overflow>(x, y, n, scheme, place, rounding);
  }
  if (done == n) return;
  encode_any<E, Overflow>(x + done, y + done * sizeof(typename E::storage_type), n - done, scheme,
                          place_at(place, done), rounding_at(rounding, done));
}

template <class E, class Real, class Scheme, class Place>
[[gnu::always_inline]] inline void decode_vector(const std::byte* x, Real* y, const Scheme& scheme,
                                                 const Place& place) {
  lanes<std::uint32_t, vector_of<Real>::size> codes;
  widen_from<typename E::storage_type>(x, codes);
  vector_of<Real> values;
  if constexpr (sizeof(Real) == 8) {
    constexpr bool is_signed = std::is_signed_v<typename E::storage_type>;
    values = scheme.template decode<E, vector_of<Real>>(widen_code_lanes<is_signed>(codes), place);
  } else {
    values = scheme.template decode<E, vector_of<Real>>(codes, place);
  }
  std::memcpy(y, &values, sizeof values);
}

template <class E, class Real, class Scheme, class Place>
[[gnu::noinline]] void decode(const std::byte* x, Real* y, std::size_t n, const Scheme& scheme, const Place& place) {
  constexpr std::size_t step = vector_of<Real>::size, bytes = sizeof(typename E::storage_type);
  std::size_t i = 0;
  if constexpr (std::is_same_v<Real, float> && std::is_same_v<Place, std::size_t>) {
    i = quick_decode<E>(x, y, n, scheme, place);
  }
  for (; i + step <= n; i += step) decode_vector<E>(x + i * bytes, y + i, scheme, place_at(place, i));
  if (i == n) return;
  if constexpr (std::is_same_v<Place, places>) {
    for (; i < n; ++i) {
      typename E::storage_type code;
      std::memcpy(&code, x + i * bytes, bytes);
      y[i] = scheme.template decode<E, Real>(widen_code<bits_of<Real>>(code), place.first + i);
    }
  } else {
    std::byte padded[step * 4] = {};
    Real values[step];
    std::memcpy(padded, x + i * bytes, (n - i) * bytes);
    decode_vector<E>(padded, values, scheme, place);
    std::memcpy(y + i, values, (n - i) * sizeof(Real));
  }
}
