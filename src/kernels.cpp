#include "narrow/detail/gemm/kernels.hpp"
