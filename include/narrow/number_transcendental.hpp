// Transcendental functions of numbers, computed in double and rounded once by the type's rounding: as exact as double's
// own function plus that rounding, so not proved to be correctly rounded. What fixed point cannot hold becomes what NaN
// and infinity become there.
#pragma once

#include <cmath>

#include "narrow/number.hpp"

namespace narrow {

template <any_number T>
T exp(T x) {
  return T(std::exp(double(x)));
}
template <any_number T>
T exp2(T x) {
  return T(std::exp2(double(x)));
}
template <any_number T>
T expm1(T x) {
  return T(std::expm1(double(x)));
}
template <any_number T>
T log(T x) {
  return T(std::log(double(x)));
}
template <any_number T>
T log2(T x) {
  return T(std::log2(double(x)));
}
template <any_number T>
T log10(T x) {
  return T(std::log10(double(x)));
}
template <any_number T>
T log1p(T x) {
  return T(std::log1p(double(x)));
}
template <any_number T>
T cbrt(T x) {
  return T(std::cbrt(double(x)));
}
template <any_number T>
T sin(T x) {
  return T(std::sin(double(x)));
}
template <any_number T>
T cos(T x) {
  return T(std::cos(double(x)));
}
template <any_number T>
T tan(T x) {
  return T(std::tan(double(x)));
}
template <any_number T>
T asin(T x) {
  return T(std::asin(double(x)));
}
template <any_number T>
T acos(T x) {
  return T(std::acos(double(x)));
}
template <any_number T>
T atan(T x) {
  return T(std::atan(double(x)));
}
template <any_number T>
T sinh(T x) {
  return T(std::sinh(double(x)));
}
template <any_number T>
T cosh(T x) {
  return T(std::cosh(double(x)));
}
template <any_number T>
T tanh(T x) {
  return T(std::tanh(double(x)));
}
template <any_number T>
T asinh(T x) {
  return T(std::asinh(double(x)));
}
template <any_number T>
T acosh(T x) {
  return T(std::acosh(double(x)));
}
template <any_number T>
T atanh(T x) {
  return T(std::atanh(double(x)));
}
template <any_number T>
T erf(T x) {
  return T(std::erf(double(x)));
}
template <any_number T>
T erfc(T x) {
  return T(std::erfc(double(x)));
}
template <any_number T>
T pow(T x, T y) {
  return T(std::pow(double(x), double(y)));
}
template <any_number T>
T atan2(T x, T y) {
  return T(std::atan2(double(x), double(y)));
}
template <any_number T>
T hypot(T x, T y) {
  return T(std::hypot(double(x), double(y)));
}

}  // namespace narrow
