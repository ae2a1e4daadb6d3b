# What `cmake --install` puts where: headers, both libraries, a pkg-config file and a CMake
# package.  The static library needs to know its dependencies again in the program's build;
# cmake/ahttp-config.cmake.in and cmake/libahttp.pc.in tell it.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ahttp)
set_target_properties(ahttp_shared PROPERTIES EXPORT_NAME shared)
set_target_properties(ahttp_static PROPERTIES EXPORT_NAME static)
install(TARGETS ahttp_shared ahttp_static EXPORT ahttp-targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(EXPORT ahttp-targets NAMESPACE ahttp:: DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/include/ahttp.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ahttp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")

set(ahttp_static_requires "libuv libcares zlib")
if(AHTTP_ISAL)
    string(APPEND ahttp_static_requires " libisal")
endif()
set(ahttp_static_libs "-pthread")
set(ahttp_has_own_llhttp OFF)
if(AHTTP_TLS)
    string(APPEND ahttp_static_requires " openssl")
endif()
if(TARGET ahttp_dep_brotli)
    string(APPEND ahttp_static_requires " libbrotlidec libbrotlienc")
endif()
if(TARGET ahttp_dep_zstd)
    string(APPEND ahttp_static_requires " libzstd")
endif()
if(TARGET ahttp_dep_psl)
    string(APPEND ahttp_static_requires " libpsl")
endif()
if(TARGET ahttp_dep_idn)
    string(APPEND ahttp_static_requires " libidn2")
endif()
if(CMAKE_DL_LIBS)
    string(APPEND ahttp_static_libs " -l${CMAKE_DL_LIBS}")
endif()
if(NOT Iconv_IS_BUILT_IN)
    string(APPEND ahttp_static_libs " -liconv")
endif()
if(TARGET ahttp_llhttp)
    # Built here from source, so programs that link statically need it from us.
    set(ahttp_has_own_llhttp ON)
    install(TARGETS ahttp_llhttp ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    string(PREPEND ahttp_static_libs "-lahttp_llhttp ")
else()
    string(APPEND ahttp_static_requires " libllhttp")
endif()

# Paths relative to the file itself, so that the installed tree may be moved.
file(RELATIVE_PATH ahttp_pc_prefix
    /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" ahttp_pc_prefix "${ahttp_pc_prefix}")
configure_file(cmake/libahttp.pc.in ${PROJECT_BINARY_DIR}/libahttp.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libahttp.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

configure_package_config_file(cmake/ahttp-config.cmake.in
    ${PROJECT_BINARY_DIR}/ahttp-config.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 every minor version may break programs.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ahttp-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES
    ${PROJECT_BINARY_DIR}/ahttp-config.cmake
    ${PROJECT_BINARY_DIR}/ahttp-config-version.cmake
    DESTINATION ${package_dir})

# The command, its manual page and its completions.
if(TARGET ahttp_command)
    set(documents ${PROJECT_BINARY_DIR}/examples/ahttp)
    set_target_properties(ahttp_command PROPERTIES
        INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    install(TARGETS ahttp_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(FILES ${documents}/ahttp.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${documents}/ahttp.bash RENAME ahttp
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES ${documents}/_ahttp DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
    install(FILES ${documents}/ahttp.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
