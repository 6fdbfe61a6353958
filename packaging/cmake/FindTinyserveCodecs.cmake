# FindTinyserveCodecs: the target tinyserve::codecs, the compression libraries behind core/codec.
#
# Used by our own build, and installed for find_package(tinyserve): who links the static library
# links these as well. Found by hand, since brotli comes without a CMake package. Static ones are
# taken where CMAKE_FIND_LIBRARY_SUFFIXES says so; then brotli is in two parts.
include(FindPackageHandleStandardArgs)

find_path(TinyserveCodecs_brotli_INCLUDE_DIR brotli/encode.h)
find_path(TinyserveCodecs_zstd_INCLUDE_DIR zstd.h)
find_path(TinyserveCodecs_zlib_INCLUDE_DIR zlib.h)
find_library(TinyserveCodecs_brotli_LIBRARY brotlienc)
find_library(TinyserveCodecs_zstd_LIBRARY zstd)
find_library(TinyserveCodecs_zlib_LIBRARY z)
set(tinyserve_codecs_needed
  TinyserveCodecs_brotli_LIBRARY TinyserveCodecs_brotli_INCLUDE_DIR
  TinyserveCodecs_zstd_LIBRARY TinyserveCodecs_zstd_INCLUDE_DIR
  TinyserveCodecs_zlib_LIBRARY TinyserveCodecs_zlib_INCLUDE_DIR)
if(TinyserveCodecs_brotli_LIBRARY MATCHES "\\.a$")
  find_library(TinyserveCodecs_brotlicommon_LIBRARY brotlicommon)
  list(APPEND tinyserve_codecs_needed TinyserveCodecs_brotlicommon_LIBRARY)
endif()
find_package_handle_standard_args(TinyserveCodecs REQUIRED_VARS ${tinyserve_codecs_needed})
mark_as_advanced(${tinyserve_codecs_needed})

if(TinyserveCodecs_FOUND AND NOT TARGET tinyserve::codecs)
  add_library(tinyserve::codecs INTERFACE IMPORTED)
  foreach(variable IN LISTS tinyserve_codecs_needed)
    if(variable MATCHES "_LIBRARY$")
      target_link_libraries(tinyserve::codecs INTERFACE ${${variable}})
    else()
      target_include_directories(tinyserve::codecs INTERFACE ${${variable}})
    endif()
  endforeach()
endif()
