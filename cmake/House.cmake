# The house's building rules: one library a folder, and a folder can include
# only what its library links. Each library exposes an include root of its own
# that holds nothing but a link to its folder, so a wrong #include does not
# compile.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Debug)
endif()
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

add_library(house_flags INTERFACE)
target_compile_options(house_flags INTERFACE
  -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla
  -Wformat=2 -Wimplicit-fallthrough -fno-common
  -fstack-protector-strong
  $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>) # texts are cut on purpose
target_compile_definitions(house_flags INTERFACE _GNU_SOURCE TOCSIN_VERSION="${PROJECT_VERSION}"
  $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
  target_compile_options(house_flags INTERFACE -Wno-gnu-zero-variadic-macro-arguments)
endif()
if(TOCSIN_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(TOCSIN_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
endif()
if(TOCSIN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

# house_room(TARGET DIR): the include root that shows this folder and no other.
function(house_room target dir)
  string(REPLACE "/" "_" flat ${dir})
  set(root ${CMAKE_BINARY_DIR}/rooms/${flat})
  get_filename_component(parent ${root}/${dir} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${dir} ${root}/${dir} SYMBOLIC)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    target_include_directories(${target} INTERFACE ${root})
  else()
    target_include_directories(${target} PUBLIC ${root})
  endif()
endfunction()

# house_lib(DIR [PURE] [LINK libs...] [PRIVATE libs...] [SOURCES files...])
# A static library named after the folder (gateway/line -> gateway_line) from
# its *.c. PURE libraries are cores: replayed to the bit, so no contraction.
function(house_lib dir)
  cmake_parse_arguments(A "PURE" "" "LINK;PRIVATE;SOURCES" ${ARGN})
  string(REPLACE "/" "_" name ${dir})
  string(REPLACE "-" "_" name ${name})
  if(A_SOURCES)
    set(sources ${A_SOURCES})
  else()
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/*.c)
  endif()
  if(NOT sources)
    add_library(${name} INTERFACE) # headers alone
    house_room(${name} ${dir})
    target_link_libraries(${name} INTERFACE ${A_LINK})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  house_room(${name} ${dir})
  target_link_libraries(${name} PUBLIC ${A_LINK} PRIVATE house_flags ${A_PRIVATE})
  if(A_PURE)
    target_compile_options(${name} PRIVATE -ffp-contract=off)
  endif()
endfunction()

# house_program(NAME DIR LINK libs...): an executable from DIR/*.c.
function(house_program name dir)
  cmake_parse_arguments(A "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/*.c)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  house_room(${name} ${dir})
  target_link_libraries(${name} PRIVATE house_flags ${A_LINK})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# house_pkg(TARGET pkg-config-name): an imported library PkgConfig::TARGET.
function(house_pkg target module)
  if(NOT TARGET PkgConfig::${target})
    pkg_check_modules(${target} REQUIRED IMPORTED_TARGET GLOBAL ${module})
  endif()
endfunction()

# house_fuzz(NAME LINK libs...): tests/fuzz/fuzz_NAME.c under libFuzzer.
function(house_fuzz name)
  cmake_parse_arguments(A "" "" "LINK" ${ARGN})
  if(TOCSIN_FUZZ AND EXISTS ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
    add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
    target_link_libraries(fuzz_${name} PRIVATE house_flags ${A_LINK})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  endif()
endfunction()
