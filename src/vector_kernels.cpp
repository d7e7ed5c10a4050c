#include "narrow/detail/gemm/vector_kernels.hpp"
