// What other software calls the library's element types: the codes and names of DLPack, ONNX, safetensors, NCCL and
// ggml, as data. They name the type of an element only: there, types below a byte are packed, while the elements of a
// tensor here take whole bytes (packed_bits.hpp packs them, the first in the low bits).
// Sources: dlpack.h 1.1 (DLDataTypeCode); onnx.proto (TensorProto.DataType, IR version 13); the dtypes of safetensors
// 0.6; nccl.h 2.24 (ncclDataType_t); ggml.h (ggml_type), whose block formats are no element types.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "narrow/element.hpp"
#include "narrow/formats.hpp"

namespace narrow {

// As DLDataType, of one lane.
struct dlpack_type {
  std::uint8_t code, bits;
  constexpr bool operator==(const dlpack_type&) const = default;
};

struct type_codes {
  std::string_view name;  // the library's own
  dlpack_type dlpack;
  std::optional<int> onnx = {};
  std::string_view safetensors = {};  // empty where it has none
  std::optional<int> nccl = {};
  std::optional<int> ggml = {};
};

inline constexpr std::array<type_codes, 25> type_code_table{{
    {"float", {2, 32}, 1, "F32", 7, 0},
    {"double", {2, 64}, 11, "F64", 8, 28},
    {"float16", {2, 16}, 10, "F16", 6, 1},
    {"bfloat16", {4, 16}, 16, "BF16", 9, 30},
    {"float8_e3m4", {7, 8}},
    {"float8_e4m3", {8, 8}},
    {"float8_e4m3b11fnuz", {9, 8}},
    {"float8_e4m3fn", {10, 8}, 17, "F8_E4M3", 10},
    {"float8_e4m3fnuz", {11, 8}, 18, "F8_E4M3FNUZ"},
    {"float8_e5m2", {12, 8}, 19, "F8_E5M2", 11},
    {"float8_e5m2fnuz", {13, 8}, 20, "F8_E5M2FNUZ"},
    {"float8_e8m0fnu", {14, 8}, 24, "F8_E8M0"},
    {"float6_e2m3fn", {15, 6}, {}, "F6_E2M3"},
    {"float6_e3m2fn", {16, 6}, {}, "F6_E3M2"},
    {"float4_e2m1fn", {17, 4}, 23, "F4"},
    {"int2", {0, 2}, 26},
    {"int4", {0, 4}, 22},
    {"int8", {0, 8}, 3, "I8", 0, 24},
    {"int16", {0, 16}, 5, "I16", {}, 25},
    {"int32", {0, 32}, 6, "I32", 2, 26},
    {"uint2", {1, 2}, 25},
    {"uint4", {1, 4}, 21},
    {"uint8", {1, 8}, 2, "U8", 1},
    {"uint16", {1, 16}, 4, "U16"},
    {"uint32", {1, 32}, 12, "U32", 3},
}};

namespace detail {

// The types of the rows above, in their order.
using coded_types =
    std::tuple<float, double, float16, bfloat16, float8_e3m4, float8_e4m3, float8_e4m3b11fnuz, float8_e4m3fn,
               float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz, float8_e8m0fnu, float6_e2m3fn, float6_e3m2fn,
               float4_e2m1fn, number<signed_integer<2>>, int4, int8, int16, number<signed_integer<32>>,
               number<unsigned_integer<2>>, uint4, uint8, uint16, number<unsigned_integer<32>>>;

// A number's encoding alone tells what its bits mean.
template <class T>
struct coded_as {
  using type = T;
};
template <coded_element T>
struct coded_as<T> {
  using type = number<encoding_of<T>>;
};

template <class T>
constexpr std::size_t type_code_row() {
  return []<class... Row>(std::type_identity<std::tuple<Row...>>) {
    std::size_t row = 0;
    (void)((std::is_same_v<Row, typename coded_as<T>::type> || (++row, false)) || ...);
    return row;
  }(std::type_identity<coded_types>{});
}

}  // namespace detail

// Has T, whatever its rounding and overflow, a row in the table?
template <class T>
inline constexpr bool has_type_codes = detail::type_code_row<T>() < type_code_table.size();

// The row of T: a real, a number or a standard integer.
template <tensor_element T>
requires has_type_codes<T>
inline constexpr const type_codes& type_codes_of = type_code_table[detail::type_code_row<T>()];

}  // namespace narrow
