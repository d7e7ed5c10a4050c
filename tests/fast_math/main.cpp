// Results that neither optimization nor a floating-point flag may change, as a list of words:
//
//   program write FILE        writes them
//   program compare FILE      exit status 0 where they are those of FILE
//
// Compiled twice, unoptimized and with -ffast-math, into programs of their own: in one program the linker would keep
// one copy of each inline function.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <narrow/narrow.hpp>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace narrow;

struct results {
  std::vector<std::uint64_t> words;
  std::vector<std::string> sections;
  std::vector<std::size_t> first;

  void begin(const std::string& section) {
    sections.push_back(section);
    first.push_back(words.size());
  }
  template <class T>
  void add(T x) {
    if constexpr (any_number<T>) {
      words.push_back(x.bits());
    } else if constexpr (real_element<T>) {
      words.push_back(std::bit_cast<std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>(x));
    } else {
      words.push_back(static_cast<std::uint64_t>(x));
    }
  }
};

// A NaN is as good as any other; what matters is that it is one.
template <class T>
T one_nan(T x) {
  return isnan(x) ? std::numeric_limits<T>::quiet_NaN() : x;
}

template <class T>
void add_pair(results& all, T a, T b) {
  for (const T x : {a + b, a - b, a * b, a / b, fma(a, b, a), fma(a, b, -a), fmin(a, b), fmax(a, b), nextafter(a, b)}) {
    all.add(one_nan(x));
  }
  all.add((a == b) | (a != b) << 1 | (a < b) << 2 | (a <= b) << 3 | (a > b) << 4 | (a >= b) << 5);
}
template <class T>
void add_one(results& all, T a) {
  for (const T x : {-a, abs(a), sqrt(a), floor(a), ceil(a), trunc(a), round(a), rint(a)}) all.add(one_nan(x));
  all.add(isnan(a) | isinf(a) << 1 | isfinite(a) << 2 | signbit(a) << 3 | bool(a) << 4);
  all.add(convert<float16>(a).bits() & (isnan(a) ? 0u : ~0u));
  all.add(convert<bfloat16>(a, toward_zero{}, saturate{}).bits() & (isnan(a) ? 0u : ~0u));
  all.add(convert<fixed<8, 8>>(a));
  all.add(double(a));
}

// Every code, and every pair of small formats; of larger ones, pairs at random, near each other in turn.
template <class T>
void add_format(results& all, const std::string& name) {
  all.begin(name);
  constexpr int bits = T::encoding_type::bits;
  const auto from = [](std::uint32_t code) { return T::from_bits(static_cast<typename T::bits_type>(code)); };
  constexpr std::uint32_t codes = std::uint32_t{1} << std::min(bits, 16);
  for (std::uint32_t i = 0; i < codes; ++i) add_one(all, from(i));
  for (std::uint32_t i = 0; i < codes; ++i) {
    if constexpr (bits <= 8) {
      for (std::uint32_t j = 0; j < codes; ++j) add_pair(all, from(i), from(j));
    } else {
      add_pair(all, from(i), from(random_bits(1, 2, i)));
      add_pair(all, from(i), from(i + random_bits(1, 3, i) % 64));
      add_pair(all, from(i), from(0)), add_pair(all, from(i), from(1u << (bits - 1)));
    }
  }
}

// Reals of all magnitudes that are normal numbers, zeros, infinities and NaN.
template <class Real>
std::vector<Real> reals(std::size_t n) {
  using layout = detail::real_layout<Real>;
  using U = detail::bits_of<Real>;
  std::vector<Real> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    auto bits = static_cast<U>(random_bits(4, 1, i));
    if constexpr (sizeof(Real) == 8) bits = bits << 32 | random_bits(4, 2, i);
    if (i % 4 != 0) {  // within 2^-24 to 2^24, where most formats have numbers
      const U field = static_cast<U>(layout::bias - 24) + static_cast<U>(random_bits(4, 3, i) % 48);
      bits = (bits & ~(((U{1} << (layout::width - 1 - layout::mantissa_bits)) - 1) << layout::mantissa_bits)) |
             field << layout::mantissa_bits;
    }
    const bool subnormal = (bits << 1) >> (layout::mantissa_bits + 1) == 0;
    x[i] = std::bit_cast<Real>(subnormal ? U{0} : bits);
  }
  return x;
}

template <class T, class Real, class Scheme, class Rounding = nearest_even>
void add_quantized(results& all, const std::vector<Real>& x, const Scheme& scheme, const Rounding& rounding = {}) {
  conversion_counts counts;
  const auto codes = quantize<T>(view(x, x.size()), scheme, rounding, &counts);
  for (const T code : codes.storage()) all.add(code);
  for (const std::size_t n : {counts.elements, counts.overflow, counts.underflow, counts.nan}) all.add(n);
}

template <class Real>
void add_conversions(results& all, const std::string& name) {
  all.begin("conversions from " + name);
  const std::vector<Real> x = reals<Real>(20000);
  add_quantized<float16>(all, x, unscaled);
  add_quantized<bfloat16>(all, x, unscaled, toward_negative{});
  add_quantized<float8_e4m3fn>(all, x, affine(0.00214854861F));
  add_quantized<float8_e5m2>(all, x, unscaled, stochastic_sequence{1, 2});
  add_quantized<int8>(all, x, shared_exponent(-3), to_odd{});
  add_quantized<fixed<8, 24>>(all, x, unscaled, nearest_away{});
  add_quantized<posit<16>>(all, x, unscaled);
  for (const Real v : x) all.add(convert<float16>(v, toward_positive{})), all.add(fixed<4, 12>(v));
  all.begin("affine from " + name);
  // A quotient that multiplication by the reciprocal of the scale gets wrong.
  all.add(
      quantize<int8>(view(std::vector<Real>(40, Real(0.273939937F)).data(), 40), affine(0.00214854861F)).storage()[7]);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const float scale = std::bit_cast<float>(0x3A000000u + random_bits(5, 1, i) % 0x04000000u);
    std::vector<Real> ties(100);
    for (std::size_t k = 0; k < ties.size(); ++k) {
      ties[k] = static_cast<Real>(scale) * (static_cast<Real>(k) + static_cast<Real>(0.5F));
    }
    add_quantized<uint8>(all, ties, affine(scale, 3));
  }
}

template <class T>
void add_decoded(results& all, const std::string& name) {
  all.begin("every " + name + " as float");
  std::vector<T> codes;
  for (std::uint32_t i = 0; i < std::uint32_t{1} << T::encoding_type::bits; ++i) {
    codes.push_back(T::from_bits(static_cast<typename T::bits_type>(i)));
  }
  std::vector<float> values(codes.size());
  dequantize_into(quantized(view(std::as_const(codes), codes.size()), unscaled), view(values, values.size()));
  for (const float v : values) all.add(v);
}

void add_products(results& all) {
  all.begin("products of integers");
  const std::vector<float> x = reals<float>(31 * 40);
  std::vector<std::int8_t> a(31 * 40), b(40 * 17);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::int8_t>(random_bits(6, 1, i));
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<std::int8_t>(random_bits(6, 2, i));
  std::vector<std::int32_t> c(31 * 17);
  gemm(view(a, 31, 40), view(b, 40, 17), view(c, 31, 17));
  for (const std::int32_t v : c) all.add(v);
}

results compute() {
  results all;
  add_format<float8_e4m3fn>(all, "float8_e4m3fn");
  add_format<float8_e5m2>(all, "float8_e5m2");
  add_format<number<float8_e5m2::encoding_type, toward_negative>>(all, "float8_e5m2 toward negative");
  add_format<float8_e4m3fnuz>(all, "float8_e4m3fnuz");
  add_format<float4_e2m1fn>(all, "float4_e2m1fn");
  add_format<float16>(all, "float16");
  add_format<bfloat16>(all, "bfloat16");
  add_format<int8>(all, "int8");
  add_format<fixed<8, 8>>(all, "fixed<8, 8>");
  add_format<posit<8>>(all, "posit<8>");
  add_format<posit<32>>(all, "posit<32>");
  add_conversions<float>(all, "float");
  add_conversions<double>(all, "double");
  add_decoded<float16>(all, "float16");
  add_decoded<float8_e4m3fn>(all, "float8_e4m3fn");
  add_decoded<fixed<8, 8>>(all, "fixed<8, 8>");
  add_decoded<posit<16, 1>>(all, "posit<16, 1>");
  add_products(all);
  return all;
}

int compare(const results& all, std::FILE* file) {
  std::vector<std::uint64_t> expected(all.words.size() + 1);
  const std::size_t count = std::fread(expected.data(), sizeof expected[0], expected.size(), file);
  if (count != all.words.size()) {
    std::printf("%zu results, expected %zu\n", all.words.size(), count);
    return 1;
  }
  int status = 0;
  for (std::size_t s = 0; s < all.sections.size(); ++s) {
    const std::size_t end = s + 1 < all.first.size() ? all.first[s + 1] : count;
    std::size_t wrong = 0, last = 0;
    for (std::size_t i = all.first[s]; i < end; ++i) {
      if (all.words[i] != expected[i]) ++wrong, last = i;
    }
    if (wrong == 0) continue;
    status = 1;
    std::printf("%s: %zu of %zu results differ; result %zu is %llx, not %llx\n", all.sections[s].c_str(), wrong,
                end - all.first[s], last - all.first[s], static_cast<unsigned long long>(all.words[last]),
                static_cast<unsigned long long>(expected[last]));
  }
  if (status == 0) std::printf("%zu results agree\n", count);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  const bool writes = argc == 3 && std::strcmp(argv[1], "write") == 0;
  if (argc != 3 || (!writes && std::strcmp(argv[1], "compare") != 0)) {
    std::fprintf(stderr, "usage: write FILE | compare FILE\n");
    return 2;
  }
  const results all = compute();
  std::FILE* const file = std::fopen(argv[2], writes ? "wb" : "rb");
  if (file == nullptr) {
    std::perror(argv[2]);
    return 2;
  }
  int status = 0;
  if (writes) {
    if (std::fwrite(all.words.data(), sizeof all.words[0], all.words.size(), file) != all.words.size()) status = 2;
  } else {
    status = compare(all, file);
  }
  if (std::fclose(file) != 0) status = 2;
  return status;
}
