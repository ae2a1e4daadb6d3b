/* SPDX-License-Identifier: MIT */
/* Each kind of request with every system call failing that can: nothing is left behind, and the
   next request works. */
#include "failing_calls.h"

#include "scenarios.h"

static bool is_of_the_system(int code)
{
    return code == AHTTP_E_CONNECT || code == AHTTP_E_DISCONNECTED || code == AHTTP_E_BODY_CUT ||
           code == AHTTP_E_PROXY_CONNECT || code == AHTTP_E_PROXY || code == AHTTP_E_TLS ||
           code == AHTTP_E_DNS || code == AHTTP_E_SYSTEM || code == AHTTP_E_NO_MEMORY;
}

/* What failed, or NULL: there are no more calls.  Without a loop or a session nothing is sent. */
static const char *run_with_failing_call(const scenario *what, size_t number)
{
    run self;

    fail_call(number);
    bool has_begun = begin_run(&self, what);
    if (has_begun) {
        start_run(&self);
        go_on(&self);
    }
    fail_no_call();
    const char *failed = calls.failed;
    if (has_begun && self.code == 0)
        assert_string_equal(self.text, "ok");
    else if (!failed || (has_begun && !is_of_the_system(self.code)))
        fail_msg("%s: call %zu (%s): %s: %s", what->name, number, failed ? failed : "none",
                 ahttp_error_name(self.code), self.text);
    if (has_begun)
        assert_next_works(&self);
    end_run(&self);
    return failed;
}

static void any_system_call_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        size_t fds = settled_fds();
        counting_alloc_install();
        size_t number = 1;
        while (run_with_failing_call(&scenarios[i], number))
            number++;
        counting_alloc_remove();
        print_message("%s: each of %zu calls failed\n", scenarios[i].name, number - 1);
        assert_true(number > 5);
        assert_fds_go_back_to(fds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_system_call_may_fail),
    };

    return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
