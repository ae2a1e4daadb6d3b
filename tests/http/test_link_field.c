/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/link_field.h"
#include "support/failing_alloc.h"

typedef struct link_set {
    ah_arena arena;
    ahttp_headers fields;
    const ah_web_link *list;
    size_t count;
} link_set;

static void read_links(link_set *links, size_t count, const char *const values[])
{
    *links = (link_set){.count = 0};
    ah_headers_init(&links->fields, &links->arena);
    for (size_t i = 0; i < count; i++)
        assert_true(ah_headers_add(&links->fields, AH_STR("link"), ah_str_from(values[i])));
    assert_true(ah_links_read(&links->fields, &links->arena, &links->list, &links->count));
}

static void release(link_set *links)
{
    ah_arena_release(&links->arena);
}

static void without_fields_there_are_no_links(void **state)
{
    (void)state;
    link_set links;

    read_links(&links, 0, NULL);

    assert_int_equal(links.count, 0);
    release(&links);
}

static void links_of_all_fields_come_in_order(void **state)
{
    (void)state;
    link_set links;

    read_links(&links, 3,
               (const char *const[]){"</2>; rel=next, <http://h/9>;rel=\"last\"", "",
                                     "<../up>; rel=\"up index\"; title=\"a, b; c\""});

    assert_int_equal(links.count, 3);
    assert_string_equal(links.list[0].target.ptr, "/2");
    assert_string_equal(links.list[0].rel.ptr, "next");
    assert_string_equal(links.list[1].target.ptr, "http://h/9");
    assert_string_equal(links.list[1].rel.ptr, "last");
    assert_string_equal(links.list[2].target.ptr, "../up");
    assert_string_equal(ah_params_find(links.list[2].params, "title"), "a, b; c");
    release(&links);
}

static void targets_may_have_commas_and_semicolons(void **state)
{
    (void)state;
    link_set links;

    read_links(&links, 1, (const char *const[]){"< /a,b;c?d=\"e\" > ; rel = next ,<>"});

    assert_int_equal(links.count, 2);
    assert_string_equal(links.list[0].target.ptr, "/a,b;c?d=\"e\"");
    assert_string_equal(links.list[0].rel.ptr, "next");
    assert_string_equal(links.list[1].target.ptr, "");
    assert_string_equal(links.list[1].rel.ptr, "");
    release(&links);
}

static void relations_are_words_without_case(void **state)
{
    (void)state;
    link_set links;

    read_links(&links, 1, (const char *const[]){"</>; rel=\"Next  http://h/r\"; rel=prev"});

    assert_true(ah_web_link_is(&links.list[0], AH_STR("next")));
    assert_true(ah_web_link_is(&links.list[0], AH_STR("HTTP://h/r")));
    assert_false(ah_web_link_is(&links.list[0], AH_STR("prev"))); /* RFC 8288 §3.3: first only */
    assert_false(ah_web_link_is(&links.list[0], AH_STR("nex")));
    assert_false(ah_web_link_is(&links.list[0], AH_STR("")));
    release(&links);
}

static void extended_values_are_decoded(void **state)
{
    (void)state;
    link_set links;

    read_links(&links, 1,
               (const char *const[]){"</>; title*=UTF-8'de'n%c3%a4chstes; x*=odd; title=plain"});

    assert_string_equal(ah_params_find(links.list[0].params, "title*"), "n\xc3\xa4"
                                                                        "chstes");
    assert_string_equal(ah_params_find(links.list[0].params, "x*"), "odd");
    assert_string_equal(ah_params_find(links.list[0].params, "title"), "plain");
    release(&links);
}

static void what_is_no_link_is_passed_over(void **state)
{
    (void)state;
    static const char *const values[] = {
        "/no; rel=a, </yes>; rel=b",   ", ,,</yes>; rel=b,",     "\"</no>; x\", </yes>; rel=b",
        "</yes>; rel=b, </no; rel=c",  "</yes>; ; =x; rel=b; ;", "</yes> junk; rel=b",
        "</yes>; rel=\"b\" junk, no>",
    };

    for (size_t i = 0; i < COUNT_OF(values); i++) {
        link_set links;
        read_links(&links, 1, &values[i]);
        if (links.count != 1)
            fail_msg("%s: %zu links", values[i], links.count);
        assert_string_equal(links.list[0].target.ptr, "/yes");
        assert_string_equal(links.list[0].rel.ptr, "b");
        release(&links);
    }
}

static void read_in_scarcity(void *ctx)
{
    ahttp_headers *fields = ctx;
    ah_arena arena = {0};
    const ah_web_link *list;
    size_t count;

    if (ah_links_read(fields, &arena, &list, &count))
        assert_int_equal(count, 40);
    ah_arena_release(&arena);
}

static void running_out_of_memory_is_told(void **state)
{
    (void)state;
    ah_arena arena = {0};
    ahttp_headers fields;
    ah_headers_init(&fields, &arena);
    for (int i = 0; i < 20; i++)
        ah_headers_add(&fields, AH_STR("Link"),
                       AH_STR("</a/rather/long/target/to/fill/the/arena>; rel=next; "
                              "title*=utf-8''a%20title, </>; a=b; c=d; e=f"));

    for_each_allocation(read_in_scarcity, &fields);

    ah_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_fields_there_are_no_links),
        cmocka_unit_test(links_of_all_fields_come_in_order),
        cmocka_unit_test(targets_may_have_commas_and_semicolons),
        cmocka_unit_test(relations_are_words_without_case),
        cmocka_unit_test(extended_values_are_decoded),
        cmocka_unit_test(what_is_no_link_is_passed_over),
        cmocka_unit_test(running_out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
