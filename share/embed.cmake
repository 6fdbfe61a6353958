# Turns the data of this folder into C++ when the build is configured: no other language is needed
# for it, and the binary needs no file beside it.
#
#   "share/mime_types.inc"   rows {"css", "text/css; charset=utf-8"}, sorted by extension
#   "share/pages.inc"        kErrorPage, kListingPage, and what allows their style and script
#   "share/manual.inc"       kManual, the manual page with holes for what --generate fills in
#
# A target that includes them links tinyserve_share. A change to the data configures the build anew.

set(tinyserve_share_dir ${CMAKE_CURRENT_LIST_DIR})
set(tinyserve_generated_dir ${PROJECT_BINARY_DIR}/generated)

# Base64 (RFC 4648) of the 32 bytes that the 64 hexadecimal digits of `hex` spell.
function(tinyserve_base64_of_sha256 hex out)
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  # Eleven groups of three bytes; the last byte of the last group is only padding, written as "=".
  string(APPEND hex "00")
  set(text "")
  foreach(start RANGE 0 60 6)
    string(SUBSTRING "${hex}" ${start} 6 group)
    foreach(shift IN ITEMS 18 12 6 0)
      math(EXPR index "(0x${group} >> ${shift}) & 63")
      string(SUBSTRING "${alphabet}" ${index} 1 digit)
      string(APPEND text "${digit}")
    endforeach()
  endforeach()
  string(REGEX REPLACE ".$" "=" text "${text}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# The rows of mime_types.inc.
function(tinyserve_mime_rows out)
  file(STRINGS ${tinyserve_share_dir}/mime.types lines REGEX "^[^#]")
  set(pairs "")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "[ \t]+" ";" words "${line}")
    list(POP_FRONT words type)
    foreach(extension IN LISTS words)
      if(NOT extension MATCHES "^[a-z0-9]+$")
        message(FATAL_ERROR "share/mime.types: '${extension}' is not a lower-case extension")
      endif()
      # A space sorts before every letter and digit, so that "h" comes before "h264".
      list(APPEND pairs "${extension} ${type}")
    endforeach()
  endforeach()
  list(SORT pairs)

  set(rows "")
  set(previous "")
  foreach(pair IN LISTS pairs)
    string(REGEX MATCH "^([^ ]+) (.+)$" pair "${pair}")
    if(CMAKE_MATCH_1 STREQUAL previous)
      message(FATAL_ERROR "share/mime.types: '${previous}' has two types")
    endif()
    set(extension "${CMAKE_MATCH_1}")
    set(type "${CMAKE_MATCH_2}")
    set(previous "${extension}")
    set(charset "")
    if(type MATCHES "^text/")
      set(charset "; charset=utf-8")
    endif()
    string(APPEND rows "{\"${extension}\", \"${type}${charset}\"},\n")
  endforeach()
  set(${out} "${rows}" PARENT_SCOPE)
endfunction()

# The source expression that allows the one <`element`> block of `text` in a
# Content-Security-Policy; empty where there is none.
function(tinyserve_block_hash text element out)
  set(${out} "" PARENT_SCOPE)
  if(text MATCHES "<${element}>(.*)</${element}>")
    string(SHA256 hex "${CMAKE_MATCH_1}")
    tinyserve_base64_of_sha256(${hex} base64)
    set(${out} "'sha256-${base64}'" PARENT_SCOPE)
  endif()
endfunction()

# The text of a page, and the directives of a Content-Security-Policy that allow its blocks.
function(tinyserve_page file text_out sources_out)
  file(READ ${tinyserve_share_dir}/${file} text)
  tinyserve_block_hash("${text}" style style)
  tinyserve_block_hash("${text}" script script)
  set(sources "style-src ${style}")
  if(script)
    string(APPEND sources "; script-src ${script}")
  endif()
  set(${text_out} "${text}" PARENT_SCOPE)
  set(${sources_out} "${sources}" PARENT_SCOPE)
endfunction()

tinyserve_mime_rows(mime_rows)
tinyserve_page(error.html error_page error_sources)
tinyserve_page(listing.html listing_page listing_sources)
file(READ ${tinyserve_share_dir}/manual.mdoc manual)

# file(CONFIGURE) leaves a file alone when nothing changed, so that nothing is compiled for it.
file(CONFIGURE OUTPUT ${tinyserve_generated_dir}/share/mime_types.inc @ONLY CONTENT
"// Made from share/mime.types.
@mime_rows@")
file(CONFIGURE OUTPUT ${tinyserve_generated_dir}/share/pages.inc @ONLY CONTENT
"// Made from share/error.html and share/listing.html.
inline constexpr std::string_view kErrorPage = R\"page(@error_page@)page\";
inline constexpr std::string_view kErrorSources = \"@error_sources@\";
inline constexpr std::string_view kListingPage = R\"page(@listing_page@)page\";
inline constexpr std::string_view kListingSources = \"@listing_sources@\";
")
file(CONFIGURE OUTPUT ${tinyserve_generated_dir}/share/manual.inc @ONLY CONTENT
"// Made from share/manual.mdoc.
inline constexpr std::string_view kManual = R\"page(@manual@)page\";
")

add_library(tinyserve_share INTERFACE)
target_include_directories(tinyserve_share INTERFACE ${tinyserve_generated_dir})
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${tinyserve_share_dir}/mime.types
  ${tinyserve_share_dir}/error.html
  ${tinyserve_share_dir}/listing.html
  ${tinyserve_share_dir}/manual.mdoc)
