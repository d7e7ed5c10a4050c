# cmake -D SCRATCH=<a folder of its own> -P self_test.cmake
#
# Plants one violation after another in a small tree that keeps the rule, and fails unless check.cmake names each.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_FILE PARENT_PATH here)

function(plant_good_tree)
  file(REMOVE_RECURSE ${SCRATCH})
  file(WRITE ${SCRATCH}/narrow/rounding.hpp "#include <cmath>\n")
  file(WRITE ${SCRATCH}/narrow/detail/lanes.hpp "#include \"narrow/rounding.hpp\"\n")
  file(WRITE ${SCRATCH}/narrow/detail/simd/avx2.hpp "#include \"kernel.inl\"\n#  include <narrow/rounding.hpp>\n")
  file(WRITE ${SCRATCH}/narrow/detail/simd/kernel.inl "#include \"../lanes.hpp\"\n")
  file(WRITE ${SCRATCH}/narrow/encoding/fixed.hpp "#include \"narrow/detail/lanes.hpp\"\n")
  file(WRITE ${SCRATCH}/narrow/encoding/encoding.hpp "#include \"narrow/encoding/fixed.hpp\"\n")
  file(WRITE ${SCRATCH}/narrow/gemm.hpp "#include \"narrow/encoding/encoding.hpp\"\n")
  file(WRITE ${SCRATCH}/narrow/detail/gemm/driver.hpp "#include \"narrow/rounding.hpp\"\n")
  file(WRITE ${SCRATCH}/narrow/storage/error.hpp "#include <string>\n")
  file(WRITE ${SCRATCH}/narrow/storage/idx.hpp "#include \"narrow/gemm.hpp\"\n#include \"narrow/storage/error.hpp\"\n")
  file(WRITE ${SCRATCH}/narrow/narrow.hpp "#include \"narrow/gemm.hpp\"\n#include \"narrow/rounding.hpp\"\n")
endfunction()

function(run_check)
  execute_process(COMMAND ${CMAKE_COMMAND} -D INCLUDE=${SCRATCH} -P ${here}/check.cmake
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  set(result ${result} PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

# Adds `line` to `file` of the good tree; the check must fail and say `expected`.
function(expect_violation file line expected)
  plant_good_tree()
  file(APPEND ${SCRATCH}/narrow/${file} "${line}\n")
  run_check()
  string(FIND "${output}" "${expected}" position)
  if(result EQUAL 0 OR position EQUAL -1)
    message(FATAL_ERROR "${line} in ${file} should have been reported: ${expected}\n${output}")
  endif()
endfunction()

plant_good_tree()
run_check()
if(NOT result EQUAL 0)
  message(FATAL_ERROR "The good tree was turned down:\n${output}")
endif()

expect_violation(rounding.hpp "#include \"narrow/encoding/fixed.hpp\""
                 "rounding.hpp includes encoding/fixed.hpp, which is a layer above it")
expect_violation(detail/lanes.hpp "  #  include <narrow/gemm.hpp>"
                 "detail/lanes.hpp includes gemm.hpp, which is a layer above it")
expect_violation(detail/simd/kernel.inl "#include \"../gemm/driver.hpp\""
                 "detail/simd/kernel.inl includes detail/gemm/driver.hpp, which is a layer above it")
expect_violation(gemm.hpp "#include \"narrow/storage/idx.hpp\""
                 "gemm.hpp includes storage/idx.hpp, which is a leaf, for users only")
expect_violation(interop/eigen.hpp "#include \"narrow/storage/idx.hpp\""
                 "interop/eigen.hpp includes storage/idx.hpp, which is a leaf, for users only")
expect_violation(narrow.hpp "#include \"narrow/storage/idx.hpp\""
                 "narrow.hpp includes storage/idx.hpp, which is a leaf, for users only")
expect_violation(narrow.hpp "#include \"narrow/detail/lanes.hpp\""
                 "narrow.hpp includes detail/lanes.hpp, which is not public")
expect_violation(gemm.hpp "#include \"narrow/narrow.hpp\""
                 "gemm.hpp includes narrow.hpp, which is for users, not for the library")
expect_violation(storage/idx.hpp "#include \"narrow/narrow.hpp\""
                 "storage/idx.hpp includes narrow.hpp, which is for users, not for the library")
expect_violation(gemm.hpp "#include \"narrow/missing.hpp\"" "gemm.hpp includes missing.hpp, which does not exist")
expect_violation(gemm.hpp "#include KERNEL" "gemm.hpp has an include that this check cannot read: #include KERNEL")
expect_violation(unlisted.hpp "#include <cmath>" "unlisted.hpp has no place in the table of layers")
expect_violation(unlisted/file.hpp "" "unlisted/file.hpp has no place in the table of layers")
expect_violation(detail/unlisted/file.hpp "" "detail/unlisted/file.hpp has no place in the table of layers")
