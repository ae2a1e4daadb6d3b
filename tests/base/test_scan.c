/* SPDX-License-Identifier: MIT */
#include "base/scan.h"
#include "support/check.h"
#include <stdlib.h>
#include <string.h>

enum { MOST = 100 };

/* All that may be read, to the byte. */
static char *make(size_t len, char filler)
{
    char *text = malloc(len + AH_SCAN_MARGIN - 1);

    memset(text, filler, len + AH_SCAN_MARGIN - 1);
    return text;
}

static void a_byte_is_found_wherever_it_stands(void **state)
{
    (void)state;

    for (size_t at = 0; at < MOST; at++) {
        char *text = make(at + 1, 'x');
        text[at] = '\n';

        assert_ptr_equal(ah_scan(text, '\n'), text + at);
        assert_ptr_equal(ah_scan_either(text, ':', '\n'), text + at);
        assert_ptr_equal(ah_scan_either(text, '\n', ':'), text + at);
        free(text);
    }
}

static void the_first_one_counts(void **state)
{
    (void)state;

    for (size_t behind = 1; behind < 40; behind++) {
        char *text = make(10 + behind + 1, 'x');
        text[10] = ':';
        text[10 + behind] = '\n';

        assert_ptr_equal(ah_scan_either(text, ':', '\n'), text + 10);
        assert_ptr_equal(ah_scan_either(text, '\n', ':'), text + 10);
        assert_ptr_equal(ah_scan_either(text + 11, ':', '\n'), text + 10 + behind);
        assert_ptr_equal(ah_scan(text, '\n'), text + 10 + behind);
        free(text);
    }
}

static void every_byte_can_be_looked_for(void **state)
{
    (void)state;

    for (int c = 0; c < 256; c++) {
        char *text = make(20, (char)(c ^ 0x80));
        text[19] = (char)c;

        assert_ptr_equal(ah_scan(text, (char)c), text + 19);
        assert_ptr_equal(ah_scan_either(text, (char)c, (char)(c ^ 1)), text + 19);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_is_found_wherever_it_stands),
        cmocka_unit_test(the_first_one_counts),
        cmocka_unit_test(every_byte_can_be_looked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
