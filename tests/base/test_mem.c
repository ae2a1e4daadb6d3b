/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/mem.h"
#include "support/failing_alloc.h"
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t last_size;

static void *remember_size(size_t size, void *ctx)
{
    (void)ctx;
    last_size = size;
    return malloc(size);
}

static void *remember_new_size(void *block, size_t size, void *ctx)
{
    (void)ctx;
    last_size = size;
    return realloc(block, size);
}

static void give_back(void *block, void *ctx)
{
    ++*(int *)ctx;
    free(block);
}

static void zeroed_memory_is_zero(void **state)
{
    (void)state;
    static const char zeros[1000];
    char *dirty = ah_alloc(sizeof zeros);
    memset(dirty, 0xff, sizeof zeros);
    ah_free(dirty);

    char *block = ah_alloc_zeroed(sizeof zeros);

    assert_memory_equal(block, zeros, sizeof zeros);
    ah_free(block);
}

static void a_size_of_0_is_not_taken_for_out_of_memory(void **state)
{
    (void)state;

    void *none = ah_alloc(0);
    void *zeroed = ah_alloc_zeroed(0);
    void *shrunk = ah_realloc(ah_alloc(10), 0);
    void *array = ah_realloc_array(NULL, 0, 8);

    assert_true(none && zeroed && shrunk && array);
    ah_free(none);
    ah_free(zeroed);
    ah_free(shrunk);
    ah_free(array);
}

static void an_array_too_big_to_count_is_out_of_memory(void **state)
{
    (void)state;
    char *block = ah_alloc(8);
    memcpy(block, "content", 8);

    assert_null(ah_realloc_array(block, SIZE_MAX / 8 + 1, 8));

    assert_string_equal(block, "content");
    ah_free(block);
}

static void a_size_no_object_can_have_is_out_of_memory_without_asking(void **state)
{
    (void)state;
    size_t size = (size_t)PTRDIFF_MAX + 1;
    counting_alloc_install();

    assert_null(ah_alloc(size));
    assert_null(ah_alloc_zeroed(size));
    assert_null(ah_realloc(NULL, size));

    assert_int_equal(counting_alloc_counts().allocations, 0);
    counting_alloc_remove();
}

static void an_array_keeps_its_contents_when_it_grows(void **state)
{
    (void)state;
    int *numbers = ah_realloc_array(NULL, 2, sizeof *numbers);
    numbers[0] = 7;
    numbers[1] = 8;

    numbers = ah_realloc_array(numbers, 1000, sizeof *numbers);

    assert_int_equal(numbers[0], 7);
    assert_int_equal(numbers[1], 8);
    ah_free(numbers);
}

/* Clang's UndefinedBehaviorSanitizer says where pointers are computed that cannot be. */
static void any_address_may_be_fetched(void **state)
{
    (void)state;
    const char *const last = (const char *)UINTPTR_MAX;

    ah_fetch(NULL, 1);
    ah_fetch(NULL, 10 * AH_LINE_SIZE);
    ah_fetch(last, 10 * AH_LINE_SIZE);
}

static void the_allocator_of_the_program_is_used(void **state)
{
    (void)state;
    int frees = 0;
    ahttp_allocator own = {remember_size, remember_new_size, give_back, &frees};
    ahttp_set_allocator(&own);
    own = (ahttp_allocator){0}; /* it was copied */

    void *block = ah_alloc(123);
    assert_int_equal(last_size, 123);
    block = ah_realloc(block, 456);
    assert_int_equal(last_size, 456);
    ah_free(block);
    ah_free(NULL);

    assert_int_equal(frees, 1);
    ahttp_set_allocator(NULL);
    ah_free(ah_alloc(1));
    assert_int_equal(frees, 1);
}

static void failing_gives_NULL_and_keeps_the_old_block(void **state)
{
    (void)state;
    counting_alloc_install();
    void *block = ah_alloc(10);

    counting_alloc_fail_nth(1);
    assert_null(ah_realloc(block, 20));
    counting_alloc_fail_nth(1);
    assert_null(ah_alloc_zeroed(20));
    assert_int_equal(counting_alloc_counts().live, 1);

    ah_free(block);
    counting_alloc_remove();
}

static void what_lies_in_lines_begins_one_unless_it_is_watched(void **state)
{
    (void)state;
    static const char zeros[200];
    char *all[sizeof zeros];
    counting_alloc_install();

    for (size_t size = 1; size < sizeof zeros; size++) {
        all[size] = ah_alloc_lines(size);
        assert_memory_equal(all[size], zeros, size);
        assert_true(ah_memory_is_watched() || (uintptr_t)all[size] % AH_LINE_SIZE == 0);
        memset(all[size], (int)size, size);
    }
    for (size_t size = 1; size < sizeof zeros; size++) {
        assert_int_equal(all[size][size - 1], (char)size);
        ah_free_lines(all[size]);
    }
    ah_free_lines(NULL);
    counting_alloc_fail_nth(1);
    assert_null(ah_alloc_lines(10));

    counting_alloc_remove();
}

typedef struct outer {
    int before;
    int member;
} outer;

static void a_member_knows_its_struct(void **state)
{
    (void)state;
    outer thing = {1, 2};

    assert_ptr_equal(AH_CONTAINER(&thing.member, outer, member), &thing);
}

static void misuse_says_the_rule_and_aborts(void **state)
{
    (void)state;
    int channel[2];
    char said[200] = "";
    assert_int_equal(pipe(channel), 0);

    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(channel[1], STDERR_FILENO);
        ah_misuse("ahttp_x: do it once");
    }
    close(channel[1]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(read(channel[0], said, sizeof said - 1) > 0);
    close(channel[0]);

    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_string_equal(said, "libahttp: ahttp_x: do it once\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_memory_is_zero),
        cmocka_unit_test(a_size_of_0_is_not_taken_for_out_of_memory),
        cmocka_unit_test(an_array_too_big_to_count_is_out_of_memory),
        cmocka_unit_test(a_size_no_object_can_have_is_out_of_memory_without_asking),
        cmocka_unit_test(an_array_keeps_its_contents_when_it_grows),
        cmocka_unit_test(any_address_may_be_fetched),
        cmocka_unit_test(the_allocator_of_the_program_is_used),
        cmocka_unit_test(failing_gives_NULL_and_keeps_the_old_block),
        cmocka_unit_test(what_lies_in_lines_begins_one_unless_it_is_watched),
        cmocka_unit_test(a_member_knows_its_struct),
        cmocka_unit_test(misuse_says_the_rule_and_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
