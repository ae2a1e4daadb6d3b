/* SPDX-License-Identifier: MIT */
/* Libraries that are loaded when they are needed, and are not installed then. */
#include "support/check.h"

#include "client/session.h"
#include "cookies/suffix.h"
#include "dns/channel.h"
#include "fixture.h"
#include "http/encoder.h"
#include "http/idn.h"
#include "http/url.h"

static void become(ah_library *library, const char *soname)
{
    library->soname = soname;
    atomic_store(&library->state, 0);
}

/* What library was; it is missing until it becomes that again. */
static const char *lose(ah_library *library)
{
    const char *soname = library->soname;

    library->path = "/nowhere";
    become(library, "libahttp-lost.so.7");
    return soname;
}

#define EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define CODED "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\n;"

static const server_step plain[] = {READ_REQUEST, SEND(EMPTY), AGAIN};
static const server_step coded[] = {READ_REQUEST, SEND(CODED), CLOSE};
static const server_step coded_later[] = {READ_REQUEST, SEND(EMPTY), READ_REQUEST, SEND(CODED),
                                          CLOSE};

static bool announces_br(const fixture *f, size_t request)
{
    server_request seen = server_request_at(f->server, request);

    assert_true(server_request_has_field(seen, "Accept-Encoding"));
    return strstr(seen.head, "br") != NULL;
}

static void a_coding_whose_library_is_missing_is_not_announced(void **state)
{
    (void)state;
    const char *soname = lose(&ah_decoder_brotli_library);
    fixture f = start(&(server_script){.others = plain}, false);

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "");

    bool has_feature = ahttp_has_feature(AHTTP_FEATURE_BROTLI);
    become(&ah_decoder_brotli_library, soname);
    assert_false(has_feature);
    assert_true(ahttp_has_feature(AHTTP_FEATURE_BROTLI));
    assert_false(announces_br(&f, 0));
    finish(&f);
}

static void a_body_that_comes_in_it_fails_and_names_the_library(void **state)
{
    (void)state;
    fixture f = start(&(server_script){.others = coded}, false);
    const char *soname = lose(&ah_decoder_brotli_library);

    assert_fails(ahttp_get(f.session, server_url(f.server, "/")), AHTTP_E_UNSUPPORTED,
                 "decode body: br needs libahttp-lost.so.7: ");

    become(&ah_decoder_brotli_library, soname);
    finish(&f);
}

/* Requests of blocks that others left, too. */
static void get_twice(const fixture *f)
{
    ahttp_future *both[] = {ahttp_get(f->session, server_url(f->server, "/")),
                            ahttp_get(f->session, server_url(f->server, "/"))};

    for (size_t i = 0; i < COUNT_OF(both); i++)
        ahttp_response_unref(ahttp_await(both[i]));
}

static void one_that_seemed_to_be_there_is_announced_until_it_fails(void **state)
{
    (void)state;
    fixture f = start(&(server_script){.others = coded_later}, false);
    const char *soname = lose(&ah_decoder_brotli_library);
    get_twice(&f);

    assert_fails(ahttp_get(f.session, server_url(f.server, "/")), AHTTP_E_UNSUPPORTED,
                 "decode body: br needs libahttp-lost.so.7: ");
    get_twice(&f);
    ahttp_response_unref(ahttp_await(
        ahttp_get(f.session, server_url(f.server, "/"), .headers = AHTTP_PAIRS({"X-A", "a"}))));

    become(&ah_decoder_brotli_library, soname);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(announces_br(&f, i), i < 3);
    finish(&f);
}

/* A server may send it all the same, as often as it likes: the session does not grow by that. */
static void one_that_was_not_announced_changes_nothing_when_it_fails(void **state)
{
    (void)state;
    const char *soname = lose(&ah_decoder_brotli_library);
    fixture f = start(&(server_script){.others = coded}, false);
    const char *announced = f.session->fields_text.ptr;

    assert_fails(ahttp_get(f.session, server_url(f.server, "/")), AHTTP_E_UNSUPPORTED, "br needs");

    become(&ah_decoder_brotli_library, soname);
    assert_ptr_equal(f.session->fields_text.ptr, announced);
    finish(&f);
}

static void what_the_program_announces_stays(void **state)
{
    (void)state;
    fixture f = start(&(server_script){.others = coded}, false);
    const char *soname = lose(&ah_decoder_brotli_library);
    ahttp_session *own =
        ahttp_session_new(.loop = f.loop, .headers = AHTTP_PAIRS({"Accept-Encoding", "br;q=0.5"}));

    for (int i = 0; i < 2; i++)
        assert_fails(ahttp_get(own, server_url(f.server, "/")), AHTTP_E_UNSUPPORTED, "br needs");

    become(&ah_decoder_brotli_library, soname);
    assert_true(
        server_request_has_line(server_request_at(f.server, 1), "Accept-Encoding: br;q=0.5"));
    ahttp_session_unref(own);
    finish(&f);
}

static void a_body_that_shall_go_in_it_fails_before_anything_is_sent(void **state)
{
    (void)state;
    fixture f = start(NULL, false);
    const char *soname = lose(&ah_encoder_brotli_library);

    assert_fails(
        ahttp_post(f.session, server_url(f.server, "/"), .text = "hello", .compress = "br"),
        AHTTP_E_UNSUPPORTED, "compress body: br needs libahttp-lost.so.7: ");

    become(&ah_encoder_brotli_library, soname);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
    finish(&f);
}

static void names_fail_and_addresses_do_not(void **state)
{
    (void)state;
    fixture f = start(&(server_script){.others = plain}, false);
    const char *soname = lose(&ah_ares_library);

    assert_fails(ahttp_get(f.session, "http://www.example/"), AHTTP_E_UNSUPPORTED,
                 "look up names: c-ares cannot be loaded: libahttp-lost.so.7: ");
    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "");

    become(&ah_ares_library, soname);
    finish(&f);
}

#if AHTTP_IDN
static void international_names_ask_for_a_labels(void **state)
{
    (void)state;
    const char *soname = lose(&ah_idn_library);
    ah_arena arena = {0};
    ah_url url;

    const char *why = ah_url_parse(&url, &arena, AH_STR("http://b\xc3\xbc.example/"));
    bool has_feature = ahttp_has_feature(AHTTP_FEATURE_IDN);

    become(&ah_idn_library, soname);
    assert_non_null(strstr(why, "give A-labels"));
    assert_false(has_feature);
    ah_arena_release(&arena);
}
#endif

#if AHTTP_PSL
static void cookies_go_by_the_rule(void **state)
{
    (void)state;
    const char *soname = lose(&ah_psl_library);

    bool by_list = ah_domain_is_public_suffix(AH_STR("github.io"));
    bool by_rule = ah_domain_is_public_suffix(AH_STR("co.uk"));
    bool has_feature = ahttp_has_feature(AHTTP_FEATURE_PSL);

    become(&ah_psl_library, soname);
    assert_false(by_list);
    assert_true(by_rule);
    assert_false(has_feature);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_coding_whose_library_is_missing_is_not_announced),
        cmocka_unit_test(a_body_that_comes_in_it_fails_and_names_the_library),
        cmocka_unit_test(one_that_seemed_to_be_there_is_announced_until_it_fails),
        cmocka_unit_test(one_that_was_not_announced_changes_nothing_when_it_fails),
        cmocka_unit_test(what_the_program_announces_stays),
        cmocka_unit_test(a_body_that_shall_go_in_it_fails_before_anything_is_sent),
        cmocka_unit_test(names_fail_and_addresses_do_not),
#if AHTTP_IDN
        cmocka_unit_test(international_names_ask_for_a_labels),
#endif
#if AHTTP_PSL
        cmocka_unit_test(cookies_go_by_the_rule),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
