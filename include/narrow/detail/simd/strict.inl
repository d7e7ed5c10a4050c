// exact.hpp's product, sum and difference for vectors, which cannot leave a target region; included in one. GCC takes
// a vector under __builtin_assoc_barrier apart, element by element: an empty instruction keeps it whole.

template <class V>
[[gnu::always_inline]] inline V strict_vector(const V& x) {
#if defined(__clang__)
  return x;
#else
  V result = x;
  __asm__("" : "+v"(result));
  return result;
#endif
}
template <class V>
[[gnu::always_inline]] inline V product(const V& a, const V& b) {
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
  return strict_vector(a * b);
}
template <class V>
[[gnu::always_inline]] inline V sum(const V& a, const V& b) {
#if defined(__clang__)
#pragma clang fp contract(off) reassociate(off)
#endif
  return strict_vector(a + b);
}
template <class V>
[[gnu::always_inline]] inline V difference(const V& a, const V& b) {
#if defined(__clang__)
#pragma clang fp contract(off) reassociate(off)
#endif
  return strict_vector(a - b);
}
