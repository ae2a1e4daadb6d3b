/* SPDX-License-Identifier: MIT */
/* multipart/form-data, byte for byte. */
#include "sending.h"

static ahttp_future *post(const ahttp_part *parts)
{
    return ahttp_post(f.session, server_url(f.server, "/ok"), .multipart = parts);
}

/* The boundary that the last request says. */
static const char *boundary(void)
{
    static char text[80];
    const char *at = strstr(seen().head, "Content-Type: multipart/form-data; boundary=");

    assert_non_null(at);
    assert_int_equal(sscanf(strchr(at, '=') + 1, "%70[^\r]", text), 1);
    return text;
}

/* The body of the last request is this, in which every @ stands for the boundary; and its
   length was told before. */
static void assert_body(const char *expected)
{
    char whole[8192] = "";
    char line[64];
    const char *mark = boundary();

    for (const char *c = expected; *c; c++)
        if (*c == '@')
            strcat(whole, mark);
        else
            strncat(whole, c, 1);
    assert_string_equal(seen().body, whole);
    snprintf(line, sizeof line, "Content-Length: %zu", strlen(whole));
    assert_true(server_request_has_line(seen(), line));
}

/* ---- What it looks like ---- */

static void values_and_bytes_become_parts(void **state)
{
    (void)state;
    assert_sent(post(AHTTP_PARTS({.name = "a", .value = "1"}, {.name = "b", .value = ""},
                                 {.name = "c", .data = {"x\0y", 3}, .content_type = "image/png"})));

    assert_true(memmem(seen().body, seen().body_kept, "x\0y\r\n--", 7) != NULL);
    assert_sent(post(AHTTP_PARTS({.name = "a", .value = "1"}, {.name = "b", .value = ""},
                                 {.name = "c", .data = {"xy", 2}, .content_type = "image/png"})));
    assert_body("--@\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
                "--@\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n\r\n"
                "--@\r\nContent-Disposition: form-data; name=\"c\"\r\nContent-Type: image/png\r\n"
                "\r\nxy\r\n"
                "--@--\r\n");
}

static void names_are_quoted_as_browsers_do(void **state)
{
    (void)state;
    assert_sent(post(
        AHTTP_PARTS({.name = "a\"b\r\nc", .data = {"x", 1}, .file_name = "\xC3\xA4 \"1\".txt"})));

    assert_body("--@\r\nContent-Disposition: form-data; name=\"a%22b%0D%0Ac\"; "
                "filename=\"\xC3\xA4 %221%22.txt\"\r\n"
                "Content-Type: application/octet-stream\r\n\r\nx\r\n--@--\r\n");
}

static void a_file_brings_its_name(void **state)
{
    char expected[512];

    (void)state;
    const char *path = make_file("hello", 5);
    assert_sent(post(AHTTP_PARTS({.name = "f", .file = path})));
    snprintf(expected, sizeof expected,
             "--@\r\nContent-Disposition: form-data; name=\"f\"; filename=\"%s\"\r\n"
             "Content-Type: application/octet-stream\r\n\r\nhello\r\n--@--\r\n",
             strrchr(path, '/') + 1);
    assert_body(expected);
    assert_sent(post(AHTTP_PARTS(
        {.name = "f", .file = path, .file_name = "n.txt", .content_type = "text/plain"})));
    assert_body("--@\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\n"
                "Content-Type: text/plain\r\n\r\nhello\r\n--@--\r\n");
    assert_sent(post(AHTTP_PARTS({.name = "f", .file = path, .file_name = ""})));
    assert_body("--@\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nhello\r\n--@--\r\n");
    remove_file(path);
}

static void no_parts_at_all_are_a_body_too(void **state)
{
    const ahttp_part none[] = {{.name = NULL}};

    (void)state;
    assert_sent(post(none));

    assert_body("--@--\r\n");
}

static void each_body_has_a_boundary_of_its_own(void **state)
{
    char first[80];

    (void)state;
    assert_sent(post(AHTTP_PARTS({.name = "a", .value = "1"})));
    snprintf(first, sizeof first, "%s", boundary());
    assert_sent(post(AHTTP_PARTS({.name = "a", .value = "1"})));

    assert_string_not_equal(boundary(), first);
}

/* ---- Parts that are bodies ---- */

static void a_part_of_unknown_length_makes_it_one_of_chunks(void **state)
{
    producer p = {.pieces = PIECES("hel", "lo")};

    (void)state;
    ahttp_body *form = ahttp_body_multipart(AHTTP_PARTS(
        {.name = "a", .value = "1"}, {.name = "p", .body = ahttp_body_produced(produce, &p, -1)}));
    assert_int_equal(ahttp_body_length(form), -1);
    assert_int_equal(ahttp_body_replay_of(form), AHTTP_BODY_ONCE);
    assert_sent(ahttp_post(f.session, server_url(f.server, "/ok"), .body = form));

    assert_true(server_request_has_line(seen(), "Transfer-Encoding: chunked"));
    assert_non_null(strstr(seen().body, "name=\"p\"\r\n\r\nhello\r\n--"));
}

static void a_compressed_part_says_so(void **state)
{
    (void)state;
    assert_sent(post(AHTTP_PARTS(
        {.name = "z",
         .body = ahttp_body_compressed("gzip", ahttp_body_bytes((ahttp_bytes){"hello", 5}))})));

    assert_non_null(strstr(seen().body, "name=\"z\"\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b"));
    assert_false(server_request_has_field(seen(), "Content-Encoding"));
}

static void a_body_in_parts_replays_as_the_worst_of_them(void **state)
{
    (void)state;
    ahttp_body *form =
        ahttp_body_multipart(AHTTP_PARTS({.name = "a", .value = "1"}, {.name = "f", .file = "/x"}));
    assert_int_equal(ahttp_body_replay_of(form), AHTTP_BODY_REPLAYABLE);
    ahttp_body_free(form);

    producer p = {0};
    form = ahttp_body_multipart(AHTTP_PARTS(
        {.name = "f", .file = "/x"}, {.name = "p", .body = ahttp_body_produced(produce, &p, 5)}));
    assert_int_equal(ahttp_body_replay_of(form), AHTTP_BODY_ONCE);
    ahttp_body_free(form);
}

static void many_files_are_sent_with_few_of_them_open(void **state)
{
    enum { COUNT = 20, SIZE = 40000 };
    ahttp_part parts[COUNT + 1] = {{.name = NULL}};
    char *bytes = make_pattern(SIZE);
    char names[COUNT][64];

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "%s", make_file(bytes, SIZE));
        parts[i] = (ahttp_part){.name = "f", .file = names[i]};
    }
    assert_sent(post(parts));

    const char *at = seen().body;
    for (int i = 0; i < COUNT; i++) {
        at = strstr(at, "\r\n\r\nabc");
        assert_non_null(at);
        assert_memory_equal(at + 4, bytes, SIZE);
        at += SIZE;
        remove_file(names[i]);
    }
    assert_true(server_request_has_field(seen(), "Content-Length"));
    free(bytes);
}

/* ---- What goes wrong ---- */

static void a_file_that_is_not_there_fails_before_anything_is_sent(void **state)
{
    (void)state;
    assert_fails(post(AHTTP_PARTS({.name = "a", .value = "1"}, {.name = "f", .file = "/x/y"})),
                 AHTTP_E_SYSTEM, "open file /x/y: no such file or directory");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

static void parts_that_make_no_sense_are_refused_and_freed(void **state)
{
    (void)state;
    assert_fails(post(AHTTP_PARTS({.name = "a", .value = "1", .file = "/x"},
                                  {.name = "b", .body = ahttp_body_file("/x", 0, 0)})),
                 AHTTP_E_ARGUMENT, "multipart part \"a\": more than one of value, data");
    assert_fails(
        post(AHTTP_PARTS({.name = "b", .body = ahttp_body_file("/x", 0, 0)}, {.name = "a"})),
        AHTTP_E_ARGUMENT, "multipart part \"a\": it has none of");
    assert_fails(post(AHTTP_PARTS({.name = "a", .value = "1", .content_type = "x\r\ny"})),
                 AHTTP_E_ARGUMENT, "multipart part \"a\": its content type has a control");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

static void a_body_that_could_not_be_made_makes_no_parts(void **state)
{
    (void)state;
    assert_null(ahttp_body_multipart(
        AHTTP_PARTS({.name = "a", .body = NULL}, {.name = "f", .file = "/x"})));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(values_and_bytes_become_parts),
        WITH_SERVER(names_are_quoted_as_browsers_do),
        WITH_SERVER(a_file_brings_its_name),
        WITH_SERVER(no_parts_at_all_are_a_body_too),
        WITH_SERVER(each_body_has_a_boundary_of_its_own),
        WITH_SERVER(a_part_of_unknown_length_makes_it_one_of_chunks),
        WITH_SERVER(a_compressed_part_says_so),
        WITH_SERVER(a_body_in_parts_replays_as_the_worst_of_them),
        WITH_SERVER(many_files_are_sent_with_few_of_them_open),
        WITH_SERVER(a_file_that_is_not_there_fails_before_anything_is_sent),
        WITH_SERVER(parts_that_make_no_sense_are_refused_and_freed),
        WITH_SERVER(a_body_that_could_not_be_made_makes_no_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
