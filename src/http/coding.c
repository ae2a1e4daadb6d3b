/* SPDX-License-Identifier: MIT */
#include "http/coding.h"

typedef ah_decoder *new_fn(void);

static const struct {
    const char *name;
    new_fn *make;
} known[] = {
    {"gzip", ah_decoder_gzip_new},
    {"deflate", ah_decoder_deflate_new},
    {"x-gzip", ah_decoder_gzip_new}, /* RFC 9110 §8.4.1.3 */
};

ah_str ah_coding_accepted(void)
{
    return AH_STR("gzip, deflate");
}

static new_fn *find(ah_str name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ah_str_equal_nocase(name, ah_str_from(known[i].name)))
            return known[i].make;
    return NULL;
}

/* Fills makers in the order of the list, as far as they fit; *count says how many there are.
   False when one is not known. */
static bool read_list(ah_str list, new_fn *makers[AH_CODING_MAX_COUNT], size_t *count)
{
    ah_str name;

    *count = 0;
    while (ah_str_split(&list, ',', &name)) {
        name = ah_str_trim(name);
        if (name.len == 0 || ah_str_equal_nocase(name, AH_STR("identity")))
            continue;
        new_fn *make = find(name);
        if (!make)
            return false;
        if (*count < AH_CODING_MAX_COUNT)
            makers[*count] = make;
        ++*count;
    }
    return true;
}

/* The coding that was applied last is undone first. */
static ah_decoder *make_decoder(size_t count, new_fn *const makers[])
{
    ah_decoder *stages[AH_CODING_MAX_COUNT];
    ah_decoder *decoder = NULL;
    size_t made = 0;

    while (made < count && (stages[made] = makers[count - 1 - made]()))
        made++;
    if (made == count)
        decoder = count == 1 ? stages[0] : ah_decoder_chain_new(count, stages);
    while (!decoder && made-- > 0)
        stages[made]->ops->free(stages[made]);
    return decoder;
}

bool ah_decoder_new(ah_str content_encoding, ah_decoder **decoder, ahttp_error **error)
{
    new_fn *makers[AH_CODING_MAX_COUNT];
    size_t count;

    *decoder = NULL;
    *error = NULL;
    if (!read_list(content_encoding, makers, &count))
        return false;
    if (count == 0)
        return true;
    if (count > AH_CODING_MAX_COUNT) {
        *error = ah_error_new(AHTTP_E_CODING, "decode body: it has %zu codings, more than %d",
                              count, AH_CODING_MAX_COUNT);
        return false;
    }
    *decoder = make_decoder(count, makers);
    if (!*decoder)
        *error = ah_error_no_memory();
    return *decoder != NULL;
}
