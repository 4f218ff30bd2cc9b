# What every target of the project shares: warnings as errors, include roots, sanitizers; and how tests are declared.
find_package(Threads REQUIRED)

add_library(updraft_options INTERFACE)
target_include_directories(updraft_options INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_options(updraft_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)
# GCC 12 sees overlapping and overlong copies in std::string where there are none (GCC bugs 105651, 105329).
target_compile_options(updraft_options INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow> $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overread>)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  # As on x86: char has a sign, and no product is fused with a sum that the source does not fuse. Files and figures are the same.
  target_compile_options(updraft_options INTERFACE -fsigned-char -ffp-contract=off)
endif()
target_link_libraries(updraft_options INTERFACE Threads::Threads)
if(UPDRAFT_SANITIZE)
  target_compile_options(updraft_options INTERFACE -fsanitize=${UPDRAFT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  # Instrumentation hides from GCC what is initialised.
  target_compile_options(updraft_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(updraft_options INTERFACE -fsanitize=${UPDRAFT_SANITIZE})
endif()

# Programs and tests are compiled without optimisation where nothing depends on their speed. Under a sanitizer (the presets are of
# -O0) everything is but the libraries that are HOT: those in which tests would spend minutes are compiled with a little.
set(UPDRAFT_TEST_OPTIONS -O0)
set(UPDRAFT_HOT_OPTIONS -O1)

# Reading the headers of others is most of what compiling costs, so it is done once for all libraries and once for all tests. Each
# file names what it includes nevertheless: clang-tidy sees it without these.
set(UPDRAFT_COMMON_HEADERS <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <condition_variable> <cstdint> <cstdio> <cstring>
  <deque> <filesystem> <fstream> <functional> <map> <memory> <mutex> <numeric> <optional> <random> <set> <span> <sstream> <string>
  <string_view> <thread> <unordered_map> <utility> <variant> <vector> <nlohmann/json.hpp>)
if(UPDRAFT_ENGINE)  # which needs no library
  list(REMOVE_ITEM UPDRAFT_COMMON_HEADERS <nlohmann/json.hpp>)
endif()
# updraft_precompiled(name HEADERS ... OPTIONS ... [USES libraries]): a target whose precompiled headers others use.
function(updraft_precompiled name)
  cmake_parse_arguments(ARG "" "" "HEADERS;OPTIONS;USES" ${ARGN})
  file(TOUCH ${CMAKE_BINARY_DIR}/${name}.cpp)
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE updraft_options ${ARG_USES})
  target_compile_options(${name} PRIVATE ${ARG_OPTIONS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()
updraft_precompiled(precompiled HEADERS ${UPDRAFT_COMMON_HEADERS})
if(UPDRAFT_SANITIZE)
  updraft_precompiled(precompiled_hot HEADERS ${UPDRAFT_COMMON_HEADERS} OPTIONS ${UPDRAFT_HOT_OPTIONS})
endif()
if(UPDRAFT_TESTS)
  updraft_precompiled(precompiled_test HEADERS ${UPDRAFT_COMMON_HEADERS} <gtest/gtest.h> OPTIONS ${UPDRAFT_TEST_OPTIONS} USES GTest::gtest)
endif()

# updraft_library(name [HOT] SOURCES a.cpp ... [USES lower layers and external libraries ...])
function(updraft_library name)
  cmake_parse_arguments(ARG "HOT" "" "SOURCES;USES" ${ARGN})
  add_library(updraft_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(updraft_${name} PUBLIC updraft_options ${ARG_USES})
  if(UPDRAFT_SANITIZE AND ARG_HOT)
    target_compile_options(updraft_${name} PRIVATE ${UPDRAFT_HOT_OPTIONS})
    target_precompile_headers(updraft_${name} REUSE_FROM precompiled_hot)
  else()
    target_precompile_headers(updraft_${name} REUSE_FROM precompiled)
  endif()
endfunction()

# updraft_cold(target): it reads arguments and writes lines, with headers that are slow to compile, and is not where time goes.
function(updraft_cold target)
  if(NOT UPDRAFT_SANITIZE)  # where it is not optimised anyway
    target_compile_options(${target} PRIVATE -O1)
  endif()
  target_precompile_headers(${target} REUSE_FROM precompiled)
endfunction()

# updraft_test(a_test.cpp ... [OPTIMISED] [THREADS] [PRECOMPILED target] USES libraries): one test program named after its folder; ctest
# lists each case.
#   OPTIMISED   what it tests depends on the optimiser, or is in the optimised builds alone. The others are left out where
#               UPDRAFT_TESTS_ONCE says that a sanitized build runs them, too.
#   THREADS     what it tests starts threads. The others are left out under the thread sanitizer, which has nothing to find there.
function(updraft_test)
  cmake_parse_arguments(ARG "OPTIMISED;THREADS" "PRECOMPILED" "USES" ${ARGN})
  if(NOT UPDRAFT_TESTS OR (UPDRAFT_SANITIZE STREQUAL "thread" AND NOT ARG_THREADS) OR (UPDRAFT_TESTS_ONCE AND NOT ARG_OPTIMISED))
    return()
  endif()
  if(NOT ARG_PRECOMPILED)
    set(ARG_PRECOMPILED precompiled_test)
  endif()
  get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  add_executable(${folder}_test ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${folder}_test PRIVATE ${ARG_USES} GTest::gtest_main)
  target_compile_options(${folder}_test PRIVATE ${UPDRAFT_TEST_OPTIONS})
  target_precompile_headers(${folder}_test REUSE_FROM ${ARG_PRECOMPILED})
  target_compile_definitions(${folder}_test PRIVATE UPDRAFT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(${folder}_test TEST_PREFIX ${UPDRAFT_TEST_PREFIX}${folder}. DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 600)
endfunction()

# updraft_cluster_test(a_test.cpp ... USES libraries): a test program that needs a cluster, which ctest starts before and stops
# after (tools/CMakeLists.txt). ./check --cluster builds and runs these.
set(UPDRAFT_CLUSTER_DIR ${CMAKE_BINARY_DIR}/cluster)
set(UPDRAFT_CLUSTER_PORT 18080)
function(updraft_cluster_test)
  if(NOT UPDRAFT_TESTS OR UPDRAFT_SANITIZE)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  add_executable(${folder}_cluster_test EXCLUDE_FROM_ALL ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${folder}_cluster_test PRIVATE ${ARG_USES} GTest::gtest_main)
  target_compile_definitions(${folder}_cluster_test PRIVATE UPDRAFT_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    UPDRAFT_CLUSTER_DIR="${UPDRAFT_CLUSTER_DIR}" UPDRAFT_CLUSTER_PORT=${UPDRAFT_CLUSTER_PORT})
  add_test(NAME cluster.${folder} COMMAND ${folder}_cluster_test)
  # One after the other: they kill nodes.
  set_tests_properties(cluster.${folder} PROPERTIES LABELS cluster FIXTURES_REQUIRED cluster RESOURCE_LOCK cluster TIMEOUT 1800)
endfunction()

if(UPDRAFT_TESTS)
  include(GoogleTest)
endif()
