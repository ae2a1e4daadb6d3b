/* SPDX-License-Identifier: MIT */
/* Which lines of a head a careful command shows, and what is wrong with the first that it does
   not. */
#include "support/check.h"

#include "head_check.h"
#include <stdio.h>
#include <string.h>

#define OK "HTTP/1.1 200 OK\r\n"

typedef struct row {
    const char *good, *rest; /* what of the head is shown, and what is not */
    int code;
    const char *why;
    head_rules rules;
} row;

#define ASKED                                                                                      \
    {                                                                                              \
        .takes_codings = true                                                                      \
    }

static const row rows[] = {
    {OK "A: b\r\n\r\n", "", 0, "", {0}},
    {"HTTP/1.1 200 OK\nA: b\n\n", "", 0, "", {0}},
    {OK "A: b\r\n c\r\n\r\n", "", 0, "", {0}},
    {OK "A: b", "", 0, "", {0}},
    /* Content-Length */
    {OK "Content-Length: 6\r\n\r\n", "", 0, "", {0}},
    {OK "Content-Length: 6, 06,6\r\n\r\n", "", 0, "", {0}},
    {OK "Content-Length: 99999999999999999999\r\n\r\n", "", 0, "", {0}},
    {OK "Date: x\r\n",
     "Content-Length: -6\r\nA: b\r\n\r\n",
     8,
     "Invalid Content-Length: value",
     {0}},
    {OK, "Content-Length: six\r\n\r\n", 8, "Invalid Content-Length: value", {0}},
    {OK, "Content-Length:\r\n\r\n", 8, "Invalid Content-Length: value", {0}},
    {OK "Content-Length: -6\r\n\r\n", "", 0, "", {.any_length = true}},
    /* Transfer-Encoding */
    {OK "Transfer-Encoding: chunked\r\n\r\n", "", 0, "", {0}},
    {OK "Transfer-Encoding: Chunked, chunked\r\n\r\n", "", 0, "", {0}},
    {OK "Transfer-Encoding: identity, identity\r\n\r\n", "", 0, "", {0}},
    {OK "Transfer-Encoding: gzip, chunked\r\n\r\n", "", 0, "", ASKED},
    {OK "Transfer-Encoding: a,b,c,d,e\r\n\r\n", "", 0, "", ASKED},
    {OK "A: b\r\n",
     "Transfer-Encoding: gzip\r\n\r\n",
     61,
     "Unsolicited Transfer-Encoding (gzip) found",
     {0}},
    {OK, "Transfer-Encoding: chunked, gzip\r\n\r\n", 61,
     "A Transfer-Encoding (gzip) was not listed first", ASKED},
    {OK,
     "Transfer-Encoding: chunked, identity\r\n\r\n",
     61,
     "A Transfer-Encoding (identity) was not listed first",
     {0}},
    {OK "Transfer-Encoding: a, b\r\nTransfer-Encoding: c, d\r\n", "Transfer-Encoding: e, f\r\n\r\n",
     61, "Reject response exceeding limit of 5 transfer encodings", ASKED},
    {OK "Transfer-Encoding: x\r\n\r\n", "", 0, "", {.any_coding = true}},
    /* Location */
    {OK "Location: this\r\nLocation: this\r\n\r\n", "", 0, "", {0}},
    {OK "Location: this\r\n", "Location: that\r\n\r\n", 8, "Multiple Location headers", {0}},
    /* Bytes */
    {OK "A: b\r\n", "C: d\re\r\nF: g\r\n\r\n", 8, "Carriage return inside of a header", {0}},
};

static void check(const row *row, const char *head, size_t len, size_t good)
{
    head_problem problem;

    size_t shown = head_check(head, len, &row->rules, &problem);

    if (shown != good || problem.code != row->code || strcmp(text_str(&problem.why), row->why) != 0)
        fail_msg("%s: %zu bytes are good, not %zu; (%d) %s", head, shown, good, problem.code,
                 text_str(&problem.why));
    text_free(&problem.why);
}

static void lines_are_good_up_to_the_first_that_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char head[512];
        snprintf(head, sizeof head, "%s%s", rows[i].good, rows[i].rest);
        check(&rows[i], head, strlen(head), strlen(rows[i].good));
    }
}

static void a_nul_byte_is_wrong_in_every_line(void **state)
{
    static const char head[] = OK "A: b\r\nC: \0\r\n\r\n";
    const row nul = {.code = 8, .why = "Nul byte in header"};

    (void)state;
    check(&nul, head, sizeof head - 1, strlen(OK "A: b\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_good_up_to_the_first_that_is_wrong),
        cmocka_unit_test(a_nul_byte_is_wrong_in_every_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
