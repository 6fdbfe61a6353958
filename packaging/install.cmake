# What `cmake --install` puts where: component program (the tool with its manual page and
# completions) and component library (for find_package and pkg-config).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

if(TINYSERVE_BUILD_PROGRAM)
  # Debian's zsh looks into vendor-completions below /usr and into site-functions elsewhere.
  set(zsh_dir ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(zsh_dir ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  endif()
  set(TINYSERVE_ZSH_DIR ${zsh_dir} CACHE STRING "Where zsh looks for completions")

  install(TARGETS tinyserve
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  install(FILES man/tinyserve.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
  install(FILES completions/tinyserve.bash RENAME tinyserve
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
  install(FILES completions/_tinyserve
    DESTINATION ${TINYSERVE_ZSH_DIR} COMPONENT program)
  install(FILES completions/tinyserve.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
  install(FILES share/log.schema.json
    DESTINATION ${CMAKE_INSTALL_DATADIR}/tinyserve COMPONENT program)
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tinyserve)
install(TARGETS tinyserve_core EXPORT tinyserveTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(EXPORT tinyserveTargets NAMESPACE tinyserve::
  DESTINATION ${package_dir} COMPONENT library)

configure_package_config_file(packaging/cmake/tinyserveConfig.cmake.in tinyserveConfig.cmake
  INSTALL_DESTINATION ${package_dir})
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(tinyserveConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/tinyserveConfig.cmake
  ${PROJECT_BINARY_DIR}/tinyserveConfigVersion.cmake
  packaging/cmake/FindTinyserveCodecs.cmake
  DESTINATION ${package_dir} COMPONENT library)

# From the file itself up to the prefix, so that an installed tree may be moved.
file(RELATIVE_PATH pc_prefix
  "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
configure_file(packaging/cmake/tinyserve.pc.in tinyserve.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/tinyserve.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
