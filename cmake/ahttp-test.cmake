# ahttp_add_test(target label [argument...]): the program is the test label/target, run under
# AHTTP_TEST_LAUNCHER where one is set.
function(ahttp_add_test target label)
    add_test(NAME ${label}/${target}
             COMMAND ${AHTTP_TEST_LAUNCHER} $<TARGET_FILE:${target}> ${ARGN})
    set_tests_properties(${label}/${target} PROPERTIES TIMEOUT 300 LABELS ${label})
endfunction()
