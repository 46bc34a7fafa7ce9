# Every dependency and its version, in one place. Debian packages and wheels are installed by setup.sh.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)        # libssl-dev 3.0: digests
find_package(simdjson 3.0 REQUIRED)       # libsimdjson-dev 3.0: JSON bodies
find_package(SQLite3 3.40 REQUIRED)       # libsqlite3-dev 3.40: the registry
find_package(RocksDB 7.8 REQUIRED)        # librocksdb-dev 7.8: the online store
find_package(yaml-cpp 0.7 REQUIRED)       # libyaml-cpp-dev 0.7: definitions and configuration
find_package(CLI11 2.1 REQUIRED)          # libcli11-dev 2.1: the command line
find_package(hwy 1.0 REQUIRED)            # libhwy-dev 1.0: vectorised sort
find_package(GTest 1.12 REQUIRED)         # libgtest-dev, libgmock-dev 1.12
find_package(benchmark 1.7 REQUIRED)      # libbenchmark-dev 1.7
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)  # libxxhash-dev 0.8

# Release programs have these compiled in: the loader then looks up 5,000 symbols less, in six libraries less, before
# `main` begins. With sanitizers they stay libraries, whose insides the thread sanitizer can leave out; so they do in the
# Python module, as Debian's archives are made for programs. cmake/dist.sh takes their licences along.
function(larder_archives name shared)
  add_library(${name} INTERFACE)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
    target_link_libraries(${name} INTERFACE ${shared})
    return()
  endif()
  set(is_program "$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>")
  target_link_libraries(${name} INTERFACE "$<$<NOT:${is_program}>:${shared}>")
  foreach(archive ${ARGN})
    find_library(LARDER_ARCHIVE_${archive} NAMES lib${archive}.a REQUIRED)
    target_link_libraries(${name} INTERFACE "$<${is_program}:${LARDER_ARCHIVE_${archive}}>")
  endforeach()
endfunction()
larder_archives(larder_rocksdb RocksDB::rocksdb-shared rocksdb snappy lz4 zstd bz2 z gflags)
larder_archives(larder_sqlite SQLite::SQLite3 sqlite3)
larder_archives(larder_yaml_cpp yaml-cpp yaml-cpp)
larder_archives(larder_xxhash PkgConfig::xxhash xxhash)

# Arrow and Parquet C++ come out of the pinned pyarrow wheel: shared libraries and headers.
set(LARDER_ARROW_SO 2600 CACHE STRING "The version at the end of the wheel's library names")
set(Python_ROOT_DIR "${CMAKE_SOURCE_DIR}/.venv" CACHE PATH "The virtual environment that setup.sh makes")
set(Python_FIND_VIRTUALENV ONLY)
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter)
execute_process(
  COMMAND "${CMAKE_SOURCE_DIR}/.venv/bin/python" -c
          "import importlib.util as u; print(u.find_spec('pyarrow').submodule_search_locations[0])"
  OUTPUT_VARIABLE LARDER_PYARROW_DIR OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

function(larder_arrow name library)
  add_library(${name} SHARED IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES
    IMPORTED_LOCATION "${LARDER_PYARROW_DIR}/lib${library}.so.${LARDER_ARROW_SO}"
    INTERFACE_INCLUDE_DIRECTORIES "${LARDER_PYARROW_DIR}/include"
    INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()
larder_arrow(Arrow::arrow arrow)
larder_arrow(Arrow::compute arrow_compute Arrow::arrow)
larder_arrow(Arrow::parquet parquet Arrow::arrow)
