# larder_module(NAME SOURCES a.cc ... [DEPENDS modules] [LIBRARIES targets] [TESTS a_test.cc ...])
#   One static library larder_NAME and one test program NAME_test. DEPENDS are modules that its files may include;
#   LIBRARIES are foreign targets. SOURCES and TESTS are named one by one: a file that is not named is not built.
# larder_executable(NAME SOURCES ... DEPENDS ... [LIBRARIES ...])
#   A program. It names Debian's OpenSSL and simdjson before anything that brings Arrow: libparquet exports an OpenSSL
#   and a simdjson of its own, and the first in the link order is the one that answers (docs/decisions).
function(larder_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LIBRARIES;TESTS" ${ARGN})
  add_library(larder_${name} STATIC ${arg_SOURCES})
  target_include_directories(larder_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include")
  list(TRANSFORM arg_DEPENDS PREPEND larder_ OUTPUT_VARIABLE depends)
  target_link_libraries(larder_${name} PUBLIC ${depends} ${arg_LIBRARIES} Threads::Threads)
  if(arg_TESTS)
    larder_test(${name}_test SOURCES ${arg_TESTS} DEPENDS ${name})
  endif()
endfunction()

function(larder_executable name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  list(TRANSFORM arg_DEPENDS PREPEND larder_ OUTPUT_VARIABLE depends)
  foreach(library ${arg_LIBRARIES})
    if(library MATCHES "^Arrow::")
      message(FATAL_ERROR "${name}: ${library} must come through a module, after OpenSSL and simdjson")
    endif()
  endforeach()
  # By their files and as options, which stand before all libraries: among those CMake orders what occurs several times.
  target_link_options(${name} PRIVATE "LINKER:--push-state,--no-as-needed" "$<TARGET_FILE:OpenSSL::SSL>"
    "$<TARGET_FILE:OpenSSL::Crypto>" "$<TARGET_FILE:simdjson::simdjson>" "LINKER:--pop-state")
  target_link_libraries(${name} PRIVATE OpenSSL::SSL OpenSSL::Crypto simdjson::simdjson ${depends} ${arg_LIBRARIES})
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}")
endfunction()

# Lets one run of ctest start the fast tests before the slow ones: ctest starts the costliest first.
function(larder_order_test name labels)
  if("slow" IN_LIST labels)
    set_tests_properties(${name} PROPERTIES COST 1)
  else()
    set_tests_properties(${name} PROPERTIES COST 1000)
  endif()
endfunction()

# larder_script_test(NAME COMMAND ... [LABELS ...] [TIMEOUT seconds]): a program that passes with 0 and skips with 77.
function(larder_script_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "COMMAND;LABELS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS fast)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  add_test(NAME ${name} COMMAND ${arg_COMMAND} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  larder_order_test(${name} "${arg_LABELS}")
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} SKIP_RETURN_CODE 77)
endfunction()

# larder_fuzzer(NAME SOURCES ... DEPENDS ...): a libFuzzer program, built only by the fuzz preset.
function(larder_fuzzer name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  larder_executable(${name} SOURCES ${arg_SOURCES} DEPENDS ${arg_DEPENDS} LIBRARIES ${arg_LIBRARIES})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
endfunction()

# larder_test(NAME SOURCES ... DEPENDS ... [LIBRARIES ...] [LABELS fast|slow ...]): a GoogleTest program that ctest runs.
function(larder_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LIBRARIES;LABELS" ${ARGN})
  larder_executable(${name} SOURCES ${arg_SOURCES} DEPENDS ${arg_DEPENDS}
                    LIBRARIES ${arg_LIBRARIES} GTest::gmock GTest::gtest GTest::gtest_main)
  if(NOT arg_LABELS)
    set(arg_LABELS fast)
  endif()
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  larder_order_test(${name} "${arg_LABELS}")
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 600
    ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()
