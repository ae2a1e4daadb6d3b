/* SPDX-License-Identifier: MIT */
/* Strict-Transport-Security fields, and files of hosts. */
#include "fuzz.h"

#include "http/hsts.h"

enum { NOW = 1000000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str text = ah_str_make((const char *)data, size);
    ah_hsts_policy policy;
    ah_hsts list;
    ah_buf before = {0};
    ah_buf after = {0};

    if (ah_hsts_policy_read(text, &policy))
        must(policy.max_age >= 0 && policy.max_age <= INT64_C(3153600000));
    ah_hsts_init(&list);
    must(ah_hsts_read(&list, text, NOW));
    ah_hsts_write(&list, &before, NOW);
    ah_hsts_release(&list);

    ah_hsts_init(&list);
    must(ah_hsts_read(&list, ah_buf_str(&before), NOW));
    ah_hsts_write(&list, &after, NOW);
    must(ah_str_equal(ah_buf_str(&before), ah_buf_str(&after)));
    ah_hsts_release(&list);
    ah_buf_release(&before);
    ah_buf_release(&after);
    return 0;
}
