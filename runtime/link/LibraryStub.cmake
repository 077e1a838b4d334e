# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# strait_library_stub(target SONAME symbols-file folder): builds a shared library
# that only names symbols. Programs are linked against it in place of the real
# one, so that linking needs no C library on the machine; it is never loaded.
function(strait_library_stub target soname symbols folder)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}.s)
  set(map ${CMAKE_CURRENT_BINARY_DIR}/${target}.map)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${symbols})
  file(STRINGS ${symbols} lines REGEX "^GLIBC")
  set(assembly ".section .note.GNU-stack,\"\",@progbits\n")
  set(versions)
  foreach(line ${lines})
    separate_arguments(words UNIX_COMMAND "${line}")
    list(GET words 0 version)
    list(GET words 1 name)
    if(NOT version IN_LIST versions)
      list(APPEND versions ${version})
    endif()
    string(APPEND symbols_${version} "    ${name};\n")
    if(line MATCHES " data$")
      string(APPEND assembly ".bss\n.globl ${name}\n.type ${name},@object\n"
        ".size ${name},8\n${name}: .zero 8\n")
    else()
      string(APPEND assembly
        ".text\n.globl ${name}\n.type ${name},@function\n${name}: ret\n")
    endif()
  endforeach()
  set(script)
  foreach(version ${versions})
    string(APPEND script "${version} {\n  global:\n${symbols_${version}}};\n")
  endforeach()
  file(CONFIGURE OUTPUT ${source} CONTENT "${assembly}" @ONLY)
  file(CONFIGURE OUTPUT ${map} CONTENT "${script}" @ONLY)
  add_custom_command(
    OUTPUT ${folder}/${soname}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND ${CMAKE_C_COMPILER} -shared -nostdlib -fuse-ld=lld
      -Wl,-soname,${soname} -Wl,--version-script=${map} -Wl,-s
      -Wl,--build-id=none -o ${folder}/${soname} ${source}
    DEPENDS ${source} ${map}
    COMMENT "Naming the symbols of ${soname}"
    VERBATIM)
  add_custom_target(${target} ALL DEPENDS ${folder}/${soname})
  install(FILES ${folder}/${soname} DESTINATION lib/strait/link)
endfunction()
