/* SPDX-License-Identifier: MIT */
#include "http/challenge.h"

/* ---- One element of the list: what stands between two commas ---- */

typedef enum element_kind { NOTHING, SCHEME, PARAM } element_kind;

typedef struct element {
    element_kind kind;
    ah_str scheme;
    ah_str token;   /* of a scheme */
    ah_param param; /* of a scheme, its name "" when there is none; or alone */
} element;

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_token_char(char c)
{
    return ah_field_name_is_valid(ah_str_make(&c, 1));
}

/* token68 of RFC 9110 §11.2. */
static bool is_token68(ah_str text)
{
    size_t len = 0;

    while (len < text.len && (ah_is_alpha(text.ptr[len]) || ah_is_digit(text.ptr[len]) ||
                              (text.ptr[len] != '\0' && strchr("-._~+/", text.ptr[len]))))
        len++;
    if (len == 0)
        return false;
    while (len < text.len && text.ptr[len] == '=')
        len++;
    return len == text.len;
}

/* The next element at the front of *rest, with its quoted strings whole; *rest goes behind its
   comma, and has no ptr when that was the last. */
static ah_str take_element(ah_str *rest)
{
    const char *start = rest->ptr;
    size_t len = 0;
    bool is_quoted = false;

    for (; len < rest->len && (is_quoted || start[len] != ','); len++) {
        if (is_quoted && start[len] == '\\' && len + 1 < rest->len)
            len++;
        else if (start[len] == '"')
            is_quoted = !is_quoted;
    }
    ah_str text = ah_str_make(start, len);
    *rest = len < rest->len ? ah_str_slice(*rest, len + 1, rest->len) : ah_str_make(NULL, 0);
    return ah_str_trim(text);
}

static size_t token_length(ah_str text)
{
    size_t len = 0;

    while (len < text.len && is_token_char(text.ptr[len]))
        len++;
    return len;
}

/* All of text is a quoted string; one that does not end goes on to the end. */
static bool read_quoted(ah_str text, ah_param *param)
{
    size_t len = 1;

    while (len < text.len && text.ptr[len] != '"')
        len += text.ptr[len] == '\\' && len + 1 < text.len ? 2 : 1;
    param->is_quoted = true;
    param->value = ah_str_slice(text, 1, len - 1);
    return len + 1 >= text.len;
}

/* name = value, with spaces allowed round "=". */
static bool read_param(ah_str text, ah_param *param)
{
    size_t len = token_length(text);
    ah_str rest = ah_str_trim(ah_str_slice(text, len, text.len));

    *param = (ah_param){.name = ah_str_slice(text, 0, len)};
    if (len == 0 || rest.len == 0 || *rest.ptr != '=')
        return false;
    rest = ah_str_trim(ah_str_slice(rest, 1, rest.len));
    if (rest.len > 0 && *rest.ptr == '"')
        return read_quoted(rest, param);
    param->value = rest;
    return rest.len > 0 && token_length(rest) == rest.len;
}

static element_kind read_scheme(ah_str text, element *it)
{
    size_t len = token_length(text);
    ah_str rest = ah_str_slice(text, len, text.len);

    if (len == 0 || (rest.len > 0 && !is_space(*rest.ptr)))
        return NOTHING;
    rest = ah_str_trim(rest);
    it->scheme = ah_str_slice(text, 0, len);
    if (rest.len > 0 && read_param(rest, &it->param))
        return SCHEME;
    it->param = (ah_param){.name = {NULL, 0}};
    it->token = rest;
    return rest.len == 0 || is_token68(rest) ? SCHEME : NOTHING;
}

static element read_element(ah_str text)
{
    element it = {.kind = NOTHING};

    if (read_param(text, &it.param))
        it.kind = PARAM;
    else
        it.kind = read_scheme(text, &it);
    return it;
}

/* ---- All of them ---- */

typedef struct reader {
    const ahttp_headers *headers;
    ah_str name;
    const ah_field *field;
    ah_str rest;
} reader;

/* False behind the last.  *is_new says whether a field begins with it. */
static bool next_element(reader *from, element *it, bool *is_new)
{
    *is_new = false;
    while (!from->rest.ptr) {
        from->field = from->field ? ah_headers_find_next(from->headers, from->field)
                                  : ah_headers_find(from->headers, from->name);
        if (!from->field)
            return false;
        from->rest = from->field->value;
        *is_new = true;
    }
    *it = read_element(take_element(&from->rest));
    return true;
}

static bool copy(ah_arena *arena, ah_str text, ah_str *to)
{
    *to = ah_str_make(ah_arena_copy(arena, text), text.len);
    return to->ptr != NULL;
}

static bool copy_param(ah_arena *arena, const ah_param *param, ahttp_pair *pair)
{
    pair->name = ah_copy_lower(arena, param->name);
    pair->value = ah_param_value(param, arena);
    return pair->name && pair->value;
}

/* The room for what count_elements has found. */
typedef struct room {
    ah_challenge *challenges;
    ahttp_pair *pairs; /* those of all challenges, each list with its end */
    size_t count, pairs_count;
} room;

static bool begin_challenge(room *to, const element *it, ah_arena *arena)
{
    ah_challenge *challenge = &to->challenges[to->count++];

    if (to->count > 1)
        to->pairs[to->pairs_count++] = (ahttp_pair){NULL, NULL};
    challenge->params = &to->pairs[to->pairs_count];
    return copy(arena, it->scheme, &challenge->scheme) && copy(arena, it->token, &challenge->token);
}

/* Parameters without a scheme in front of them in their field belong to none. */
static bool fill(room *to, reader from, ah_arena *arena)
{
    bool is_new, has_scheme = false;
    element it;

    while (next_element(&from, &it, &is_new)) {
        has_scheme = (has_scheme && !is_new) || it.kind == SCHEME;
        if (it.kind == SCHEME && !begin_challenge(to, &it, arena))
            return false;
        if (it.kind != NOTHING && has_scheme && it.param.name.len > 0 &&
            !copy_param(arena, &it.param, &to->pairs[to->pairs_count++]))
            return false;
    }
    to->pairs[to->pairs_count] = (ahttp_pair){NULL, NULL};
    return true;
}

bool ah_challenges_read(const ahttp_headers *headers, ah_str name, ah_arena *arena,
                        const ah_challenge **challenges, size_t *count)
{
    reader from = {.headers = headers, .name = name};
    room to = {.count = 0};
    size_t elements = 0, schemes = 0;
    bool is_new;
    element it;

    for (reader counted = from; next_element(&counted, &it, &is_new); elements++)
        schemes += it.kind == SCHEME;
    *challenges = NULL;
    *count = 0;
    if (schemes == 0)
        return true;
    to.challenges = ah_arena_alloc(arena, schemes * sizeof *to.challenges);
    to.pairs = ah_arena_alloc(arena, (elements + schemes) * sizeof *to.pairs);
    if (!to.challenges || !to.pairs || !fill(&to, from, arena))
        return false;
    *challenges = to.challenges;
    *count = to.count;
    return true;
}

const ahttp_pair *ah_challenge_params(ah_str field, ah_arena *arena)
{
    size_t elements = 0, count = 0;
    ah_param param;

    for (ah_str rest = field; rest.ptr; elements++)
        take_element(&rest);
    ahttp_pair *params = ah_arena_alloc(arena, (elements + 1) * sizeof *params);
    if (!params)
        return NULL;
    for (ah_str rest = field; rest.ptr;)
        if (read_param(take_element(&rest), &param) && !copy_param(arena, &param, &params[count++]))
            return NULL;
    params[count] = (ahttp_pair){NULL, NULL};
    return params;
}

/* ---- Looking into them ---- */

const char *ah_challenge_param(const ahttp_pair *params, const char *name)
{
    const char *value = NULL;

    for (; params->name; params++)
        if (ah_str_equal_nocase(ah_str_from(params->name), ah_str_from(name)))
            value = params->value;
    return value;
}

const char *ah_challenge_find(const ah_challenge *challenges, size_t count, const char *scheme,
                              const char *parameter)
{
    for (size_t i = 0; i < count; i++) {
        const ah_challenge *challenge = &challenges[i];
        if (ah_str_equal_nocase(challenge->scheme, ah_str_from(scheme)))
            return parameter ? ah_challenge_param(challenge->params, parameter)
                             : challenge->token.ptr;
    }
    return NULL;
}
