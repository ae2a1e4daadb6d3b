/* SPDX-License-Identifier: MIT */
/* What a response's head says about its body. */
#include "scarcity.h"

static fixture f;
static ahttp_response *response;

static int begin(void **state)
{
    (void)state;
    f = start(NULL, false);
    response = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    ahttp_response_unref(response);
    finish(&f);
    return 0;
}

/* Answers each request with fields, which end in CRLF; valid until the next call. */
static const server_step *head_server(const char *fields)
{
    static char head[1024];
    static server_step steps[3];

    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n%sContent-Length: 0\r\n\r\n", fields);
    memcpy(steps, ((server_step[]){READ_REQUEST, SEND(head), AGAIN}), sizeof steps);
    return steps;
}

static ahttp_response *get(const char *fields)
{
    ahttp_response_unref(response);
    response = NULL;
    finish(&f);
    f = start(&(server_script){.connections = {head_server(fields)}}, false);
    response = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    return response;
}

static void the_content_type_is_in_lower_case_and_without_parameters(void **state)
{
    (void)state;
    get("Content-Type: Text/HTML ; Charset=\"UTF-8\"; level=1\r\n");

    assert_string_equal(ahttp_response_content_type(response), "text/html");
    assert_string_equal(ahttp_response_charset(response), "utf-8");
    assert_string_equal(ahttp_response_header(response, "content-type"),
                        "Text/HTML ; Charset=\"UTF-8\"; level=1");
}

static void a_content_type_that_is_not_there_or_nonsense_is_octets(void **state)
{
    static const char *const fields[] = {"", "Content-Type: \r\n", "Content-Type: text\r\n",
                                         "Content-Type: ;charset=utf-8\r\n"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        assert_string_equal(ahttp_response_content_type(get(fields[i])),
                            "application/octet-stream");
        assert_null(ahttp_response_charset(response));
    }
}

static void a_charset_is_named_even_if_nobody_knows_it(void **state)
{
    (void)state;
    assert_string_equal(ahttp_response_charset(get("Content-Type: a/b; charset=Klingon\r\n")),
                        "klingon");
}

static void a_file_name_is_safe_to_be_used(void **state)
{
    static const struct {
        const char *fields, *name;
    } cases[] = {
        {"", NULL},
        {"Content-Disposition: inline\r\n", NULL},
        {"Content-Disposition: attachment; filename=a.txt\r\n", "a.txt"},
        {"Content-Disposition: attachment; filename=\"../../etc/pass wd\"\r\n", "pass wd"},
        {"Content-Disposition: attachment; filename=\"C:\\\\x\\\\evil.exe\"\r\n", "evil.exe"},
        {"Content-Disposition: attachment; filename=\"..\"\r\n", NULL},
        {"Content-Disposition: attachment; filename=x; filename*=UTF-8''%e2%82%ac.txt\r\n",
         "\xe2\x82\xac.txt"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = ahttp_response_file_name(get(cases[i].fields));
        if (cases[i].name)
            assert_string_equal(name, cases[i].name);
        else
            assert_null(name);
        assert_ptr_equal(ahttp_response_file_name(response), name);
    }
}

static void links_are_found_by_their_relation(void **state)
{
    (void)state;
    get("Link: </page/2>; rel=\"next\", </page/9>; rel=last\r\n"
        "Link: <https://h/first>; rel=\"First start\"; title=\"a, b\"\r\n"
        "Link: </page/3>; rel=next\r\n");

    assert_string_equal(ahttp_response_link(response, "next"), "/page/2");
    assert_string_equal(ahttp_response_link(response, "last"), "/page/9");
    assert_string_equal(ahttp_response_link(response, "START"), "https://h/first");
    assert_null(ahttp_response_link(response, "prev"));
    assert_null(ahttp_response_link(get(""), "next"));
}

static void all_links_are_read_and_resolved(void **state)
{
    (void)state;
    get("Link: </page/2>; rel=\"next last\"; title=\"a, b\", <x?y>; REL=prev\r\n"
        "Link: <mailto:a@b>; rel=author\r\nLink: <https://h/z#f>\r\n");

    const ahttp_link *next = ahttp_response_link_at(response, 0);
    assert_string_equal(next->url, server_url(f.server, "/page/2"));
    assert_string_equal(next->target, "/page/2");
    assert_string_equal(next->relation, "next last");
    assert_string_equal(next->params[1].name, "title");
    assert_string_equal(next->params[1].value, "a, b");
    assert_null(next->params[2].name);
    assert_ptr_equal(ahttp_response_link_at(response, 0), next);
    assert_string_equal(ahttp_response_link_at(response, 1)->url, server_url(f.server, "/x?y"));
    assert_string_equal(ahttp_response_link_at(response, 1)->params[0].name, "rel");
    assert_null(ahttp_response_link_at(response, 2)->url);
    assert_string_equal(ahttp_response_link_at(response, 2)->target, "mailto:a@b");
    assert_string_equal(ahttp_response_link_at(response, 3)->url, "https://h/z");
    assert_string_equal(ahttp_response_link_at(response, 3)->relation, "");
    assert_null(ahttp_response_link_at(response, 4));
    assert_null(ahttp_response_link_at(get(""), 0));
}

static void content_disposition_is_read_as_a_whole(void **state)
{
    (void)state;
    get("Content-Disposition: Attachment; filename=\"../a b\"; Size=7\r\n");

    const ahttp_disposition *disposition = ahttp_response_disposition(response);

    assert_string_equal(disposition->type, "attachment");
    assert_string_equal(disposition->file_name, "../a b");
    assert_string_equal(disposition->params[1].name, "size");
    assert_string_equal(disposition->params[1].value, "7");
    assert_string_equal(ahttp_response_file_name(response), "a b");
    assert_ptr_equal(ahttp_response_disposition(response), disposition);
    assert_null(ahttp_response_disposition(get("Content-Disposition: inline\r\n"))->file_name);
    assert_null(ahttp_response_disposition(get("")));
}

static void challenges_are_read(void **state)
{
    (void)state;
    get("WWW-Authenticate: Basic realm=\"a, b\", Negotiate abc==, Basic realm=c\r\n");

    assert_string_equal(ahttp_response_challenge(response, "basic", "REALM"), "a, b");
    assert_null(ahttp_response_challenge(response, "Basic", "charset"));
    assert_string_equal(ahttp_response_challenge(response, "Basic", NULL), "");
    assert_string_equal(ahttp_response_challenge(response, "Negotiate", NULL), "abc==");
    assert_null(ahttp_response_challenge(response, "Digest", NULL));
}

static void what_was_read_lasts_as_long_as_the_response(void **state)
{
    (void)state;
    get("Content-Type: text/x; charset=x\r\nLink: </2>; rel=next\r\n"
        "Content-Disposition: attachment; filename=f\r\n");
    const char *type = ahttp_response_content_type(response);
    const char *name = ahttp_response_file_name(response);
    const char *next = ahttp_response_link(response, "next");
    assert_non_null(ahttp_await(ahttp_response_text(response)));

    assert_string_equal(type, "text/x");
    assert_string_equal(name, "f");
    assert_string_equal(next, "/2");
    assert_ptr_equal(ahttp_response_content_type(response), type);
}

static test_server *server;

static void look_at_a_head(ahttp_session *session, void *ctx)
{
    (void)ctx;
    ahttp_response *page = ahttp_await(ahttp_get(session, server_url(server, "/")));
    if (page) {
        for (int i = 0; i < 2; i++) { /* at the second look there is memory again */
            assert_non_null(ahttp_response_content_type(page));
            ahttp_response_charset(page);
            ahttp_response_file_name(page);
            ahttp_response_link(page, "next");
        }
        assert_string_equal(ahttp_response_content_type(page), "text/x");
        assert_string_equal(ahttp_response_file_name(page), "f");
        assert_string_equal(ahttp_response_link(page, "next"), "/2");
    }
    ahttp_response_unref(page);
}

static void every_allocation_of_a_look_may_fail(void **state)
{
    static char fields[900]; /* so many that another block of memory is needed to read them */
    int len = snprintf(fields, sizeof fields,
                       "Content-Type: text/x\r\nLink: </2>; rel=next\r\n"
                       "Content-Disposition: attachment; filename=f");

    (void)state;
    while (len < 800)
        len += snprintf(fields + len, sizeof fields - (size_t)len, "; p%d=v", len);
    snprintf(fields + len, sizeof fields - (size_t)len, "\r\n");
    server_script script = {.others = head_server(fields)};
    server = server_start(&script);
    for_each_allocation_with_session(look_at_a_head, NULL);
    server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(all_links_are_read_and_resolved),
        TEST(content_disposition_is_read_as_a_whole),
        TEST(challenges_are_read),
        TEST(the_content_type_is_in_lower_case_and_without_parameters),
        TEST(a_content_type_that_is_not_there_or_nonsense_is_octets),
        TEST(a_charset_is_named_even_if_nobody_knows_it),
        TEST(a_file_name_is_safe_to_be_used),
        TEST(links_are_found_by_their_relation),
        TEST(what_was_read_lasts_as_long_as_the_response),
        cmocka_unit_test(every_allocation_of_a_look_may_fail),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
