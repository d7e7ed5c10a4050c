# cmake -D INCLUDE=<the folder that holds narrow/> -P check.cmake
#
# Holds every #include of the library against the table below, and names each one that breaks it.
cmake_minimum_required(VERSION 3.25)

# One line a layer, low to high, in files and folders. A header includes its own layer and those before it. A folder
# stands for the files in it, not for the folders in it: those have entries of their own. A file goes before a folder.
set(layers
    "rounding.hpp overflow.hpp random.hpp target.hpp tensor_view.hpp detail/ detail/simd/"
    "encoding/"
    "stochastic_stream.hpp detail/number/ number.hpp number_math.hpp number_transcendental.hpp number_traits.hpp quire.hpp"
    "formats.hpp number_io.hpp element.hpp packed_bits.hpp"
    "scheme/"
    "detail/codec/"
    "conversion_counts.hpp quantized_tensor.hpp quantize.hpp block_formats.hpp executor.hpp image_layout.hpp"
    "accumulator.hpp emulated.hpp simulated.hpp epilogue.hpp residual.hpp requantize.hpp pack.hpp gemm.hpp detail/gemm/"
    "conv_geometry.hpp pack_kernels.hpp conv.hpp conv1d.hpp conv3d.hpp conv_backward.hpp conv_transpose.hpp winograd.hpp pool.hpp detail/conv/ detail/pool/"
    "training/")

# The leaves may include all layers; nothing outside its folder includes a leaf.
set(leaves storage/ interop/)

# Includes every public header but the leaves; nothing includes it.
set(all narrow.hpp)

# `layer`: the position of `file` in the table, "leaf", "all", or "" for a file that has no place.
function(find_layer file layer)
  cmake_path(GET file PARENT_PATH folder)
  set(${layer} "" PARENT_SCOPE)
  if(file STREQUAL "${all}")
    set(${layer} all PARENT_SCOPE)
    return()
  endif()
  if("${folder}/" IN_LIST leaves)
    set(${layer} leaf PARENT_SCOPE)
    return()
  endif()
  foreach(name "${file}" "${folder}/")
    set(position 0)
    foreach(entries IN LISTS layers)
      separate_arguments(entries)
      if(name IN_LIST entries)
        set(${layer} ${position} PARENT_SCOPE)
        return()
      endif()
      math(EXPR position "${position} + 1")
    endforeach()
  endforeach()
endfunction()

# `violation`: what is wrong with `from` including `to`, both relative to narrow/; "" where it may.
function(find_violation from to violation)
  find_layer(${from} from_layer)
  find_layer(${to} to_layer)
  cmake_path(GET from PARENT_PATH from_folder)
  cmake_path(GET to PARENT_PATH to_folder)
  set(text "")
  if(NOT EXISTS ${INCLUDE}/narrow/${to})
    set(text "which does not exist")
  elseif(to_layer STREQUAL "")
    set(text "which has no place in the table of layers")
  elseif(to_layer STREQUAL "all")
    set(text "which is for users, not for the library")
  elseif(to_layer STREQUAL "leaf")
    if(NOT from_folder STREQUAL to_folder)
      set(text "which is a leaf, for users only")
    endif()
  elseif(from_layer STREQUAL "all")
    if(to MATCHES "^detail/")
      set(text "which is not public")
    endif()
  elseif(from_layer MATCHES "^[0-9]+$" AND to_layer GREATER from_layer)
    set(text "which is a layer above it")
  endif()
  set(${violation} "${text}" PARENT_SCOPE)
endfunction()

set(report "")
file(GLOB_RECURSE files RELATIVE ${INCLUDE}/narrow ${INCLUDE}/narrow/*)
if(NOT files)
  set(report "${INCLUDE}/narrow holds no file\n")
endif()
foreach(file IN LISTS files)
  find_layer(${file} layer)
  if(layer STREQUAL "")
    string(APPEND report "${file} has no place in the table of layers\n")
    continue()
  endif()
  file(STRINGS ${INCLUDE}/narrow/${file} lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    if(line MATCHES "include[ \t]*[<\"]narrow/([^>\"]+)[>\"]")
      set(included ${CMAKE_MATCH_1})
    elseif(line MATCHES "include[ \t]*\"([^\"]+)\"")
      cmake_path(GET file PARENT_PATH included)
      cmake_path(APPEND included ${CMAKE_MATCH_1})
      cmake_path(NORMAL_PATH included)
    elseif(line MATCHES "include[ \t]*<")
      continue()
    else()
      string(APPEND report "${file} has an include that this check cannot read: ${line}\n")
      continue()
    endif()
    find_violation(${file} ${included} violation)
    if(violation)
      string(APPEND report "${file} includes ${included}, ${violation}\n")
    endif()
  endforeach()
endforeach()

if(report)
  message(FATAL_ERROR "The include rule of tests/include_rule/check.cmake is broken:\n${report}")
endif()
list(LENGTH files count)
message(STATUS "${count} files keep the include rule")
