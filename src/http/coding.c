/* SPDX-License-Identifier: MIT */
#include "http/coding.h"

typedef struct known_coding {
    const char *name;
    ah_decoder *(*make)(void);
    ah_library *library; /* NULL: it needs none of its own */
} known_coding;

static const known_coding known[] = {
    {"gzip", ah_decoder_gzip_new, NULL},
    {"deflate", ah_decoder_deflate_new, NULL},
    {"x-gzip", ah_decoder_gzip_new, NULL}, /* RFC 9110 §8.4.1.3 */
#if AHTTP_BROTLI
    {"br", ah_decoder_brotli_new, &ah_decoder_brotli_library},
#endif
#if AHTTP_ZSTD
    {"zstd", ah_decoder_zstd_new, &ah_decoder_zstd_library},
#endif
};

static const known_coding *find(ah_str name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ah_str_equal_nocase(name, ah_str_from(known[i].name)))
            return &known[i];
    return NULL;
}

bool ah_decoder_works(ah_str name)
{
    const known_coding *found = find(name);

    return found && (!found->library || !ah_library_load(found->library));
}

static bool is_there(ah_str name)
{
    const known_coding *found = find(name);

    return found && ah_library_is_there(found->library);
}

ah_str ah_coding_accepted(void)
{
    static const char *const lists[2][2] = {{"gzip, deflate", "gzip, deflate, zstd"},
                                            {"gzip, deflate, br", "gzip, deflate, br, zstd"}};

    return ah_str_from(lists[is_there(AH_STR("br"))][is_there(AH_STR("zstd"))]);
}

ahttp_error *ah_coding_failed(const char *what, const char *name, ah_library *library)
{
    const char *why = library ? ah_library_load(library) : NULL;

    return why ? ah_error_new(AHTTP_E_UNSUPPORTED, "%s: %s needs %s", what, name, why)
               : ah_error_no_memory();
}

/* What is to be undone, in the order in which it was applied, as far as it fits. */
typedef struct coding_list {
    const known_coding *codings[AH_CODING_MAX_COUNT];
    size_t count; /* how many there are */
} coding_list;

/* False when one is not known. */
static bool read_list(coding_list *list, ah_str text)
{
    ah_str name;

    while (ah_str_split(&text, ',', &name)) {
        name = ah_str_trim(name);
        if (name.len == 0 || ah_str_equal_nocase(name, AH_STR("identity")))
            continue;
        const known_coding *found = find(name);
        if (!found)
            return false;
        if (list->count < AH_CODING_MAX_COUNT)
            list->codings[list->count] = found;
        list->count++;
    }
    return true;
}

/* The coding that was applied last is undone first. */
static ah_decoder *make_stage(const coding_list *list, size_t at, ahttp_error **error)
{
    const known_coding *coding = list->codings[list->count - 1 - at];
    ah_decoder *decoder = coding->make();

    if (!decoder)
        *error = ah_coding_failed("decode body", coding->name, coding->library);
    return decoder;
}

static ah_decoder *make_decoder(const coding_list *list, const ah_coding_limits *limits,
                                ahttp_error **error)
{
    ah_decoder *stages[AH_CODING_MAX_COUNT] = {NULL};
    ah_decoder *decoder = NULL;
    size_t made = 0;

    while (made < list->count && (stages[made] = make_stage(list, made, error)))
        made++;
    if (made == list->count) {
        decoder = ah_decoder_chain_new(made, stages, limits);
        *error = decoder ? NULL : ah_error_no_memory();
    }
    while (!decoder && made-- > 0)
        stages[made]->ops->free(stages[made]);
    return decoder;
}

static bool make_all(const coding_list *list, const ah_coding_limits *limits, ah_decoder **decoder,
                     ahttp_error **error)
{
    if (list->count == 0)
        return true;
    if (list->count > AH_CODING_MAX_COUNT) {
        *error = ah_error_new(AHTTP_E_CODING, "decode body: it has %zu codings, more than %d",
                              list->count, AH_CODING_MAX_COUNT);
        return false;
    }
    *decoder = make_decoder(list, limits, error);
    return *decoder != NULL;
}

bool ah_decoder_new(ah_str content_encoding, const ah_coding_limits *limits, ah_decoder **decoder,
                    ahttp_error **error)
{
    coding_list list = {.count = 0};

    *decoder = NULL;
    *error = NULL;
    return read_list(&list, content_encoding) && make_all(&list, limits, decoder, error);
}

bool ah_decoder_new_for(const ahttp_headers *fields, const ah_coding_limits *limits,
                        ah_decoder **decoder, ahttp_error **error)
{
    const ah_field *field = ah_headers_find(fields, AH_STR("Content-Encoding"));
    coding_list list = {.count = 0};

    *decoder = NULL;
    *error = NULL;
    for (; field; field = ah_headers_find_next(fields, field))
        if (!read_list(&list, field->value))
            return false;
    return make_all(&list, limits, decoder, error);
}

static bool read_transfer_codings(coding_list *list, const ahttp_headers *fields)
{
    const ah_field *field = ah_headers_find(fields, AH_STR("Transfer-Encoding"));

    for (; field; field = ah_headers_find_next(fields, field)) {
        ah_str rest = field->value;
        ah_str coding;
        while (ah_str_split(&rest, ',', &coding))
            if (!ah_str_equal_nocase(ah_str_trim(coding), AH_STR("chunked")) &&
                !read_list(list, coding))
                return false;
    }
    return true;
}

bool ah_decoder_new_for_transfer(const ahttp_headers *fields, bool with_content,
                                 const ah_coding_limits *limits, ah_decoder **decoder,
                                 ahttp_error **error)
{
    const ah_field *field = ah_headers_find(fields, AH_STR("Content-Encoding"));
    coding_list list = {.count = 0};
    bool knows_content = true;

    *decoder = NULL;
    *error = NULL;
    for (; with_content && field; field = ah_headers_find_next(fields, field))
        knows_content = knows_content && read_list(&list, field->value);
    if (!knows_content)
        list = (coding_list){.count = 0};
    if (!read_transfer_codings(&list, fields)) {
        *error = ah_error_new(AHTTP_E_CODING, "decode body: a transfer coding is not known");
        return false;
    }
    return make_all(&list, limits, decoder, error);
}
