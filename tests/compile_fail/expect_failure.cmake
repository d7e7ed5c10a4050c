# cmake -D COMPILER= -D INCLUDE= -D SOURCE= [-D MUST_COMPILE=ON] -P expect_failure.cmake
#
# Fails unless SOURCE fails to compile with one of the texts of its first line, "// expect: text | other text"; with
# MUST_COMPILE, fails unless it compiles.
cmake_minimum_required(VERSION 3.25)
file(READ ${SOURCE} text)
string(REGEX MATCH "^// expect: ([^\n]+)" found "${text}")
set(wanted "${CMAKE_MATCH_1}")
if(NOT found)
  message(FATAL_ERROR "${SOURCE}: the first line must be \"// expect: what the compiler says\"")
endif()

# What is refused is refused before the targets, which take as long to parse as all the rest.
execute_process(COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C ${COMPILER} -std=c++20 -fsyntax-only -D NARROW_PORTABLE
                        -I ${INCLUDE} ${SOURCE}
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(MUST_COMPILE)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${SOURCE} must compile, and does not:\n${output}")
  endif()
  return()
endif()
if(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} must not compile, and does")
endif()

string(REPLACE " | " ";" alternatives "${wanted}")
foreach(alternative IN LISTS alternatives)
  string(FIND "${output}" "${alternative}" position)
  if(position GREATER_EQUAL 0)
    return()
  endif()
endforeach()
message(FATAL_ERROR "${SOURCE} fails to compile, but not with \"${wanted}\":\n${output}")
