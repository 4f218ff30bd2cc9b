# What every target of the project shares: warnings as errors, include roots, sanitizers; and how tests are declared.
find_package(Threads REQUIRED)

add_library(updraft_options INTERFACE)
target_include_directories(updraft_options INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_options(updraft_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)
# GCC 12 sees an overlapping copy in `"a" + std::string(...)` where there is none (GCC bug 105651).
target_compile_options(updraft_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
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

# updraft_library(name SOURCES a.cpp ... [USES lower layers and external libraries ...])
function(updraft_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_library(updraft_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(updraft_${name} PUBLIC updraft_options ${ARG_USES})
  if(UPDRAFT_SANITIZE)  # programs and tests are compiled without optimisation, which takes a third of the time
    target_compile_options(updraft_${name} PRIVATE -O1)
  endif()
endfunction()

# updraft_test(a_test.cpp ... [THREADS] USES libraries): one test program named after its folder; ctest lists each case. THREADS: what
# it tests starts threads; the others are left out under the thread sanitizer, which has nothing to find there.
function(updraft_test)
  cmake_parse_arguments(ARG "THREADS" "" "USES" ${ARGN})
  if(NOT UPDRAFT_TESTS OR (UPDRAFT_SANITIZE STREQUAL "thread" AND NOT ARG_THREADS))
    return()
  endif()
  get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  add_executable(${folder}_test ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${folder}_test PRIVATE ${ARG_USES} GTest::gtest_main)
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
