# Every test ends by itself long before; launchers such as valgrind are slow.
set(AHTTP_TEST_TIMEOUT 120)
if(NOT AHTTP_TEST_LAUNCHER STREQUAL "")
    set(AHTTP_TEST_TIMEOUT 900)
endif()

# ahttp_add_test(target label [argument...]): the program is the test label/target, run under
# AHTTP_TEST_LAUNCHER where one is set.
function(ahttp_add_test target label)
    add_test(NAME ${label}/${target}
             COMMAND ${AHTTP_TEST_LAUNCHER} $<TARGET_FILE:${target}> ${ARGN})
    set_tests_properties(${label}/${target} PROPERTIES TIMEOUT ${AHTTP_TEST_TIMEOUT} LABELS ${label})
endfunction()
