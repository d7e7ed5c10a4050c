// Loops over memory by vectors of the compiler's own, included in a namespace of each target that says `vector_bytes`:
// whole vectors, then some of 16 bytes, and at last of one element, so that one text serves all of them.

template <class T, std::size_t Bytes>
struct vector_of {
  typedef T type __attribute__((vector_size(Bytes)));
};

// Calls body(vector of one T, index) for chunks that cover n elements.
template <class T, class Body>
[[gnu::always_inline]] inline void for_each_vector(std::size_t n, const Body& body) {
  std::size_t i = 0;
  for (; i + vector_bytes / sizeof(T) <= n; i += vector_bytes / sizeof(T)) {
    body.template chunk<typename vector_of<T, vector_bytes>::type>(i);
  }
  if constexpr (vector_bytes > 16) {
    for (; i + 16 / sizeof(T) <= n; i += 16 / sizeof(T)) body.template chunk<typename vector_of<T, 16>::type>(i);
  }
  for (; i < n; ++i) body.template chunk<typename vector_of<T, sizeof(T)>::type>(i);
}

template <class V>
[[gnu::always_inline]] inline void load(V& x, const std::byte* p) {
  __builtin_memcpy(&x, p, sizeof x);
}
