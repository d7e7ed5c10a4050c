// From any operand's elements along a row of memory to those of a panel, by vectors; included before pack.inl in each
// target's region and namespace.

template <class T>
using word_lanes = lanes<T, static_cast<int>(lanes_of_32)>;

// The next lanes_of_32 codes of any storage type, extended to 32 bits, and the low bits of words as narrower ones. GCC
// 12 makes scalar code of __builtin_convertvector here, hence the targets' own load_words and store_words.
template <class Storage>
[[gnu::always_inline]] inline word_lanes<std::uint32_t> words_at(const Storage* from) {
  return word_lanes<std::uint32_t>((typename word_lanes<std::uint32_t>::vector)load_words(from));
}
template <class Storage>
[[gnu::always_inline]] inline void words_to(Storage* to, const word_lanes<std::uint32_t>& words) {
  store_words(to, (native_words)words.v);
}

// Elements (i, j) and on along a row of memory, as the panel's.
template <class Panel, class Operand>
struct converter {
  using element = typename Panel::element;
  using source = typename Operand::value_type;
  static constexpr bool is_float = std::is_same_v<element, float> || std::is_same_v<Panel, bf16_panel>;
  static constexpr bool is_short = [] {
    if constexpr (std::is_same_v<Panel, bf16_panel> && requires { typename Operand::E; }) {
      return is_short_float<typename Operand::E> && !Operand::folds_scales;
    } else {
      return false;
    }
  }();

  // `place` of all lanes, or places{p} where lane t has place p + t: scales of blocks only.
  template <class Place>
  [[gnu::always_inline]] static inline word_lanes<float> reals(const Operand& x, const source* from, const Place& place,
                                                               bool with_scale) {
    if constexpr (real_element<source>) {
      word_lanes<float> result;
      __builtin_memcpy(&result.v, from, sizeof result.v);
      return result;
    } else {
      using E = encoding_of<source>;
      using storage = typename E::storage_type;
      const storage* const codes = reinterpret_cast<const storage*>(from);
      const word_lanes<std::uint32_t> code = words_at(codes);
      if (with_scale) return x.view.scheme->template decode<E, word_lanes<float>>(code, place);
      if constexpr (fixed_point_encoding<E>) {
        const auto zero = static_cast<std::uint32_t>(x.zero_point(element_place(place, 0)));
        return integer_to_real<word_lanes<float>>(code - word_lanes<std::uint32_t>(zero));
      } else if constexpr (Operand::folds_scales) {
        return x.view.scheme->template in_tensor<E, word_lanes<float>>(code, place);
      } else if constexpr (is_binary16<E>) {
        return word_lanes<float>((typename word_lanes<float>::vector)load_halves(codes));
      } else {
        return E::template decode<word_lanes<float>>(code);
      }
    }
  }

  // n a multiple of the lane count.
  template <class Place>
  [[gnu::always_inline]] static inline void lanes_of(const Operand& x, const source* from, const Place& place,
                                                     bool with_scale, std::size_t n, element* to) {
    if constexpr (is_short) {
      if (!with_scale) {
        bfloat16_of_codes<typename Operand::E>(reinterpret_cast<const std::uint8_t*>(from), n, to);
        return;
      }
    }
    for (std::size_t t = 0; t < n; t += lanes_of_32) {
      if constexpr (is_float) {
        const word_lanes<float> value = reals(x, from + t, place_at(place, t), with_scale);
        if constexpr (std::is_same_v<element, float>) {
          __builtin_memcpy(to + t, &value.v, sizeof value.v);
        } else {
          const auto bits = to_bits(value);
          const auto tiny = equal(bits & word_lanes<std::uint32_t>(0x7F80'0000U), word_lanes<std::uint32_t>(0U));
          words_to(to + t, (bits & ~(tiny & word_lanes<std::uint32_t>(0x7FFF'FFFFU))) >> 16);
        }
      } else {
        words_to(to + t, integers(from + t));
      }
    }
  }

  [[gnu::always_inline]] static inline word_lanes<std::uint32_t> integers(const source* from) {
    using storage = typename encoding_of<source>::storage_type;
    using word = word_lanes<std::uint32_t>;
    word code = words_at(reinterpret_cast<const storage*>(from));
    if constexpr (Operand::has_integer_values) code = Operand::E::integer_of(code);
    if constexpr (Panel::planes == 2) {
      constexpr auto S = Panel::low_flip != 0 ? panel_sign::is_signed : panel_sign::is_unsigned;
      constexpr auto shift = static_cast<std::uint32_t>(panel_offset<Operand, S, 16>);
      return (code + word_lanes<std::uint32_t>(shift)) ^ word_lanes<std::uint32_t>(std::uint32_t{Panel::low_flip});
    } else {
      return code + word_lanes<std::uint32_t>(static_cast<std::uint32_t>(Panel::template offset<Operand>));
    }
  }

  // n elements from (i, j) on along `axis`: by lanes where they have the same scale, so block by block, or scales that
  // lie side by side.
  static void run(const Operand& x, std::size_t i, std::size_t j, std::size_t axis, bool with_scale, std::size_t n,
                  element* to) {
    if constexpr (is_float && Operand::has_blocks) {
      if (with_scale || Operand::folds_scales) {
        const bool along = x.has_blocks_along(axis);
        const std::size_t length = std::remove_cvref_t<decltype(*x.view.scheme)>::block_length;
        std::size_t done = 0, some = 0;
        if constexpr (Operand::takes_vectors) {
          const std::size_t first = x.place(i, j), second = x.place(i + (axis == 0 ? 1 : 0), j + (axis == 1 ? 1 : 0));
          if (!along && x.elements().stride(axis) == 1 && second == first + 1) {
            done = n - n % lanes_of_32;
            lanes_of(x, &x.elements()(i, j), places{first}, with_scale, done, to);
          }
        }
        for (; done < n; done += some) {
          const std::size_t down = i + (axis == 0 ? done : 0), right = j + (axis == 1 ? done : 0);
          const std::size_t left = length - (axis == 0 ? down : right) % length;
          some = along && left < n - done ? left : n - done;
          run_part(x, down, right, axis, with_scale, some, along, to + done);
        }
        return;
      }
    }
    run_part(x, i, j, axis, with_scale, n, !x.varies_along(axis) || !is_float || Operand::has_blocks, to);
  }
  static constexpr bool by_lanes = !std::is_same_v<element, double> && Operand::takes_vectors;
  // n elements from (i, j) on of each of `rows` rows, to rows `stride` bytes apart: short ones take less time than what
  // is asked for each of them by `run`. False where it leaves them to that, and nothing is written.
  static bool run_rows([[maybe_unused]] const Operand& x, [[maybe_unused]] std::size_t i,
                       [[maybe_unused]] std::size_t rows, [[maybe_unused]] std::size_t j,
                       [[maybe_unused]] bool with_scale, [[maybe_unused]] std::size_t n, [[maybe_unused]] std::byte* to,
                       [[maybe_unused]] std::ptrdiff_t stride) {
    if constexpr (by_lanes && !Operand::has_blocks) {
      const auto& view = x.elements();
      if (view.stride(1) != 1 || n % lanes_of_32 != 0 || n == 0 || (is_float && x.varies_along(1))) return false;
      for (std::size_t r = 0; r < rows; ++r) {
        element* const row = reinterpret_cast<element*>(to + static_cast<std::ptrdiff_t>(r) * stride);
        lanes_of(x, &view(i + r, j), x.place(i + r, j), with_scale, n, row);
      }
      return true;
    } else {
      return false;
    }
  }
  static void run_part(const Operand& x, std::size_t i, std::size_t j, std::size_t axis, bool with_scale, std::size_t n,
                       bool uniform, element* to) {
    if (n == 0) return;
    const auto& view = x.elements();
    std::size_t done = 0;
    if constexpr (by_lanes) {
      if (view.stride(axis) == 1 && uniform) {
        const source* const from = &view(i, j);
        const std::size_t place = x.place(i, j);
        done = n - n % lanes_of_32;
        lanes_of(x, from, place, with_scale, done, to);
        if (done < n) {
          // The rest through a padded copy: the lanes beyond it are dropped.
          source last[lanes_of_32] = {};
          element out[lanes_of_32];
          __builtin_memcpy(static_cast<void*>(last), from + done, (n - done) * sizeof(source));
          lanes_of(x, last, place, with_scale, lanes_of_32, out);
          __builtin_memcpy(to + done, out, (n - done) * sizeof(element));
          done = n;
        }
      }
    }
    for (; done < n; ++done) {
      to[done] = Panel::of(x, i + (axis == 0 ? done : 0), j + (axis == 1 ? done : 0), with_scale);
    }
  }
};
