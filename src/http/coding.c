/* SPDX-License-Identifier: MIT */
#include "http/coding.h"

typedef ah_decoder *new_fn(void);

static const struct {
    const char *name;
    new_fn *make;
} known[] = {
    {"gzip", ah_decoder_gzip_new},   {"deflate", ah_decoder_deflate_new},
    {"x-gzip", ah_decoder_gzip_new}, /* RFC 9110 §8.4.1.3 */
#if AHTTP_BROTLI
    {"br", ah_decoder_brotli_new},
#endif
#if AHTTP_ZSTD
    {"zstd", ah_decoder_zstd_new},
#endif
};

#if AHTTP_BROTLI
#define AND_BROTLI ", br"
#else
#define AND_BROTLI ""
#endif
#if AHTTP_ZSTD
#define AND_ZSTD ", zstd"
#else
#define AND_ZSTD ""
#endif

ah_str ah_coding_accepted(void)
{
    return AH_STR("gzip, deflate" AND_BROTLI AND_ZSTD);
}

static new_fn *find(ah_str name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ah_str_equal_nocase(name, ah_str_from(known[i].name)))
            return known[i].make;
    return NULL;
}

/* What is to be undone: makers in the order in which they were applied, as far as they fit. */
typedef struct coding_list {
    new_fn *makers[AH_CODING_MAX_COUNT];
    size_t count; /* how many there are */
} coding_list;

/* False when one is not known. */
static bool read_list(coding_list *codings, ah_str list)
{
    ah_str name;

    while (ah_str_split(&list, ',', &name)) {
        name = ah_str_trim(name);
        if (name.len == 0 || ah_str_equal_nocase(name, AH_STR("identity")))
            continue;
        new_fn *make = find(name);
        if (!make)
            return false;
        if (codings->count < AH_CODING_MAX_COUNT)
            codings->makers[codings->count] = make;
        codings->count++;
    }
    return true;
}

/* The coding that was applied last is undone first. */
static ah_decoder *make_decoder(const coding_list *codings, const ah_coding_limits *limits)
{
    ah_decoder *stages[AH_CODING_MAX_COUNT] = {NULL};
    ah_decoder *decoder = NULL;
    size_t count = codings->count;
    size_t made = 0;

    while (made < count && (stages[made] = codings->makers[count - 1 - made]()))
        made++;
    if (made == count)
        decoder = ah_decoder_chain_new(count, stages, limits);
    while (!decoder && made-- > 0)
        stages[made]->ops->free(stages[made]);
    return decoder;
}

static bool make_all(const coding_list *codings, const ah_coding_limits *limits,
                     ah_decoder **decoder, ahttp_error **error)
{
    if (codings->count == 0)
        return true;
    if (codings->count > AH_CODING_MAX_COUNT) {
        *error = ah_error_new(AHTTP_E_CODING, "decode body: it has %zu codings, more than %d",
                              codings->count, AH_CODING_MAX_COUNT);
        return false;
    }
    *decoder = make_decoder(codings, limits);
    if (!*decoder)
        *error = ah_error_no_memory();
    return *decoder != NULL;
}

bool ah_decoder_new(ah_str content_encoding, const ah_coding_limits *limits, ah_decoder **decoder,
                    ahttp_error **error)
{
    coding_list codings = {.count = 0};

    *decoder = NULL;
    *error = NULL;
    return read_list(&codings, content_encoding) && make_all(&codings, limits, decoder, error);
}

bool ah_decoder_new_for(const ahttp_headers *fields, const ah_coding_limits *limits,
                        ah_decoder **decoder, ahttp_error **error)
{
    const ah_field *field = ah_headers_find(fields, AH_STR("Content-Encoding"));
    coding_list codings = {.count = 0};

    *decoder = NULL;
    *error = NULL;
    for (; field; field = ah_headers_find_next(fields, field))
        if (!read_list(&codings, field->value))
            return false;
    return make_all(&codings, limits, decoder, error);
}

static bool read_transfer_codings(coding_list *codings, const ahttp_headers *fields)
{
    const ah_field *field = ah_headers_find(fields, AH_STR("Transfer-Encoding"));

    for (; field; field = ah_headers_find_next(fields, field)) {
        ah_str rest = field->value;
        ah_str coding;
        while (ah_str_split(&rest, ',', &coding))
            if (!ah_str_equal_nocase(ah_str_trim(coding), AH_STR("chunked")) &&
                !read_list(codings, coding))
                return false;
    }
    return true;
}

bool ah_decoder_new_for_transfer(const ahttp_headers *fields, bool with_content,
                                 const ah_coding_limits *limits, ah_decoder **decoder,
                                 ahttp_error **error)
{
    const ah_field *field = ah_headers_find(fields, AH_STR("Content-Encoding"));
    coding_list codings = {.count = 0};
    bool knows_content = true;

    *decoder = NULL;
    *error = NULL;
    for (; with_content && field; field = ah_headers_find_next(fields, field))
        knows_content = knows_content && read_list(&codings, field->value);
    if (!knows_content)
        codings = (coding_list){.count = 0};
    if (!read_transfer_codings(&codings, fields)) {
        *error = ah_error_new(AHTTP_E_CODING, "decode body: a transfer coding is not known");
        return false;
    }
    return make_all(&codings, limits, decoder, error);
}
