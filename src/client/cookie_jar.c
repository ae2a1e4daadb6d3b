/* SPDX-License-Identifier: MIT */
#include "client/cookie_jar.h"
#include "base/mem.h"
#include "base/options.h"
#include "cookies/jar.h"
#include "cookies/quote.h"
#include "http/headers.h"
#include "loop/log.h"
#include "loop/loop.h"

static int64_t now_seconds(void)
{
    return ah_loop_wall_seconds(ahttp_loop_current());
}

/* ---- The standard jar ---- */

typedef struct standard_jar {
    ahttp_cookie_jar base;
    ah_jar jar;
    ah_arena arena; /* of the secure origins */
} standard_jar;

static standard_jar *standard(ahttp_cookie_jar *jar)
{
    return AH_CONTAINER(jar, standard_jar, base);
}

static const char *standard_set(ahttp_cookie_jar *jar, const ah_url *url, const ah_set_cookie *said,
                                int64_t now)
{
    return ah_jar_set(&standard(jar)->jar, url, said, now);
}

static const char *standard_restore(ahttp_cookie_jar *jar, const ahttp_cookie *cookie, int64_t now)
{
    return ah_jar_restore(&standard(jar)->jar, cookie, now);
}

static void standard_find(ahttp_cookie_jar *jar, const ah_url *url, int64_t now,
                          ahttp_cookie_fn *fn, void *ctx)
{
    ah_jar_find(&standard(jar)->jar, url, now, fn, ctx);
}

static void standard_each(ahttp_cookie_jar *jar, int64_t now, ahttp_cookie_fn *fn, void *ctx)
{
    ah_jar_each(&standard(jar)->jar, now, fn, ctx);
}

static size_t standard_remove(ahttp_cookie_jar *jar, int64_t now, ahttp_cookie_fn *which, void *ctx)
{
    return ah_jar_remove(&standard(jar)->jar, now, which, ctx);
}

static void standard_free(ahttp_cookie_jar *jar)
{
    standard_jar *own = standard(jar);

    ah_jar_release(&own->jar);
    ah_arena_release(&own->arena);
    ah_free(own);
}

static const ah_cookie_jar_type standard_type = {standard_set,  standard_restore, standard_find,
                                                 standard_each, standard_remove,  standard_free};

/* NULL, or what is wrong. */
static ahttp_error *read_origins(standard_jar *own, const char *const *origins, ah_jar_rules *rules)
{
    size_t count = 0;

    while (origins && origins[count])
        count++;
    ah_url *urls = ah_arena_alloc(&own->arena, (count + 1) * sizeof *urls);
    if (!urls)
        return ah_error_no_memory();
    for (size_t i = 0; i < count; i++) {
        ah_str text = ah_str_from(origins[i]);
        const char *why = ah_url_parse(&urls[i], &own->arena, text);
        if (why)
            return ah_url_error(AHTTP_E_URL, "secure_origins", text, why);
    }
    rules->secure_origins = urls;
    rules->secure_origin_count = count;
    return NULL;
}

static void *not_made(ahttp_error *error)
{
    return ah_log_not_made(ahttp_loop_current(), "cookie jar", error);
}

ahttp_cookie_jar *ahttp_cookie_jar_create(const ahttp_cookie_jar_options *given)
{
    ahttp_cookie_jar_options options;

    if (!ah_options_load(&options, sizeof options, given))
        return not_made(ah_options_error("options"));
    if (options.max_cookies < 0 || options.max_cookies_per_domain < 0)
        ah_misuse("ahttp_cookie_jar_create: give limits above 0, or 0 for the default; no jar is "
                  "unlimited");
    standard_jar *own = AH_NEW(standard_jar);
    ah_jar_rules rules = {.max_cookies = (size_t)options.max_cookies,
                          .max_per_domain = (size_t)options.max_cookies_per_domain,
                          .ip_hosts = options.ip_hosts};
    ahttp_error *error =
        own ? read_origins(own, options.secure_origins, &rules) : ah_error_no_memory();
    if (error) {
        if (own)
            ah_arena_release(&own->arena);
        ah_free(own);
        return not_made(error);
    }
    ah_jar_init(&own->jar, &rules);
    own->base = (ahttp_cookie_jar){.type = &standard_type,
                                   .count = &own->jar.count,
                                   .refs = 1,
                                   .no_quoting = options.no_quoting};
    return &own->base;
}

/* ---- The dummy ---- */

static const char *dummy_set(ahttp_cookie_jar *jar, const ah_url *url, const ah_set_cookie *said,
                             int64_t now)
{
    (void)jar;
    (void)url;
    (void)said;
    (void)now;
    return NULL;
}

static const char *dummy_restore(ahttp_cookie_jar *jar, const ahttp_cookie *cookie, int64_t now)
{
    (void)jar;
    (void)cookie;
    (void)now;
    return NULL;
}

static void dummy_find(ahttp_cookie_jar *jar, const ah_url *url, int64_t now, ahttp_cookie_fn *fn,
                       void *ctx)
{
    (void)jar;
    (void)url;
    (void)now;
    (void)fn;
    (void)ctx;
}

static void dummy_each(ahttp_cookie_jar *jar, int64_t now, ahttp_cookie_fn *fn, void *ctx)
{
    dummy_find(jar, NULL, now, fn, ctx);
}

static size_t dummy_remove(ahttp_cookie_jar *jar, int64_t now, ahttp_cookie_fn *which, void *ctx)
{
    dummy_find(jar, NULL, now, which, ctx);
    return 0;
}

ahttp_cookie_jar *ahttp_cookie_jar_dummy(void)
{
    static const ah_cookie_jar_type type = {dummy_set,  dummy_restore, dummy_find,
                                            dummy_each, dummy_remove,  NULL};
    static const size_t none = 0;
    static ahttp_cookie_jar dummy = {.type = &type, .count = &none, .keeps_nothing = true};

    return &dummy;
}

/* ---- Life ---- */

ahttp_cookie_jar *ahttp_cookie_jar_ref(ahttp_cookie_jar *jar)
{
    if (jar->type->free)
        jar->refs++;
    return jar;
}

void ahttp_cookie_jar_unref(ahttp_cookie_jar *jar)
{
    if (jar && jar->type->free && --jar->refs == 0)
        jar->type->free(jar);
}

/* ---- Values of programs ---- */

const char *ah_cookie_write_value(ah_buf *out, ah_str value, bool no_quoting)
{
    if (!no_quoting) {
        ah_cookie_quote(out, value);
        return NULL;
    }
    if (ah_cookie_has_controls(value) || ah_str_find(value, ';') < value.len)
        return "its value has a semicolon, or a CR, LF or another control character";
    ah_buf_append(out, value);
    return NULL;
}

const char *ah_cookie_write_pair(ah_buf *out, const ahttp_pair *pair, bool no_quoting)
{
    if (!ah_field_name_is_valid(ah_str_from(pair->name)))
        return "its name is not a token: letters, digits and !#$%&'*+-.^_`|~ only";
    if (out->len > 0)
        ah_buf_append(out, AH_STR("; "));
    ah_buf_append(out, ah_str_from(pair->name));
    ah_buf_append_char(out, '=');
    return ah_cookie_write_value(out, ah_str_from(pair->value), no_quoting);
}

ahttp_error *ah_cookie_error(const char *name, const char *why)
{
    return ah_error_new(AHTTP_E_ARGUMENT, "cookie \"%s\": %s", name, why);
}

/* ---- Putting in ---- */

/* The code for why, which the caller of the program is told. */
static int answer(const char *reason, const char **why)
{
    if (why)
        *why = reason;
    if (!reason)
        return 0;
    return reason == AH_JAR_NO_MEMORY ? AHTTP_E_NO_MEMORY : AHTTP_E_ARGUMENT;
}

static int read_url(ah_url *url, ah_arena *arena, const char *text, const char **why)
{
    const char *reason = text ? ah_url_parse(url, arena, ah_str_from(text)) : "it is NULL";

    if (why)
        *why = reason;
    if (!reason)
        return 0;
    return reason == AH_URL_NO_MEMORY ? AHTTP_E_NO_MEMORY : AHTTP_E_URL;
}

static int set_said(ahttp_cookie_jar *jar, const char *url, const ah_set_cookie *said,
                    const char **why)
{
    ah_arena arena = {0};
    ah_url parsed;
    int rc = read_url(&parsed, &arena, url, why);

    if (rc == 0)
        rc = answer(jar->type->set(jar, &parsed, said, now_seconds()), why);
    ah_arena_release(&arena);
    return rc;
}

int ahttp_cookie_jar_set_text(ahttp_cookie_jar *jar, const char *url, const char *text,
                              const char **why)
{
    ah_set_cookie said;
    const char *reason = ah_set_cookie_read(&said, ah_str_from(text));

    return reason ? answer(reason, why) : set_said(jar, url, &said, why);
}

/* What the program gives, but for the value, as if a response had said it. */
static const char *said_by(const ahttp_cookie *cookie, ah_set_cookie *said)
{
    ah_str domain = ah_str_from(cookie->domain);

    *said = (ah_set_cookie){.name = ah_str_from(cookie->name),
                            .path = ah_str_from(cookie->path),
                            .expires = cookie->expires,
                            .has_expires = cookie->expires != 0,
                            .same_site = cookie->same_site,
                            .secure = cookie->secure,
                            .http_only = cookie->http_only};
    if (!cookie->host_only && domain.len > 0)
        said->domain = ah_str_slice(domain, *domain.ptr == '.', SIZE_MAX);
    if (!ah_field_name_is_valid(said->name))
        return "its name is not a token: letters, digits and !#$%&'*+-.^_`|~ only";
    if (said->path.ptr && (*said->path.ptr != '/' || ah_cookie_has_controls(said->path)))
        return "its path does not start with \"/\", or has control characters";
    if (said->domain.len > AH_COOKIE_MOST_ATTRIBUTE_BYTES ||
        said->path.len > AH_COOKIE_MOST_ATTRIBUTE_BYTES)
        return "domain or path have more than 1024 bytes";
    return NULL;
}

int ahttp_cookie_jar_set(ahttp_cookie_jar *jar, const char *url, const ahttp_cookie *given,
                         const char **why)
{
    ahttp_cookie cookie;
    ah_set_cookie said;
    ah_buf value = {0};
    const char *reason = ah_options_load(&cookie, sizeof cookie, given)
                             ? said_by(&cookie, &said)
                             : "its size is not set; use AHTTP_COOKIE, or set it";

    if (!reason)
        reason = ah_cookie_write_value(&value, ah_str_from(cookie.value), jar->no_quoting);
    if (!reason && ah_buf_failed(&value))
        reason = AH_JAR_NO_MEMORY;
    if (!reason && said.name.len + value.len > AH_COOKIE_MOST_BYTES)
        reason = "name and value have more than 4096 bytes";
    if (reason) {
        ah_buf_release(&value);
        return answer(reason, why);
    }
    said.value = value.len > 0 ? ah_buf_str(&value) : AH_STR("");
    int rc = set_said(jar, url, &said, why);
    ah_buf_release(&value);
    return rc;
}

/* ---- Looking, and taking out ---- */

void ahttp_cookie_jar_each(ahttp_cookie_jar *jar, ahttp_cookie_fn *fn, void *ctx)
{
    jar->type->each(jar, now_seconds(), fn, ctx);
}

static bool count_one(const ahttp_cookie *cookie, void *ctx)
{
    (void)cookie;
    ++*(size_t *)ctx;
    return true;
}

size_t ahttp_cookie_jar_count(ahttp_cookie_jar *jar)
{
    size_t count = 0;

    ahttp_cookie_jar_each(jar, count_one, &count);
    return count;
}

int ahttp_cookie_jar_find(ahttp_cookie_jar *jar, const char *url, ahttp_cookie_fn *fn, void *ctx)
{
    ah_arena arena = {0};
    ah_url parsed;
    int rc = read_url(&parsed, &arena, url, NULL);

    if (rc == 0)
        jar->type->find(jar, &parsed, now_seconds(), fn, ctx);
    ah_arena_release(&arena);
    return rc;
}

/* A text of which only the beginning has room. */
typedef struct text_part {
    char *text;
    size_t size, len;
} text_part;

static void add_text(text_part *part, const char *text)
{
    for (; *text; text++) {
        if (part->len + 1 < part->size)
            part->text[part->len] = *text;
        part->len++;
    }
}

static bool add_cookie(const ahttp_cookie *cookie, void *ctx)
{
    text_part *part = ctx;

    add_text(part, part->len > 0 ? "; " : "");
    add_text(part, cookie->name);
    add_text(part, "=");
    add_text(part, cookie->value);
    return true;
}

int ahttp_cookie_jar_text(ahttp_cookie_jar *jar, const char *url, char *text, size_t size)
{
    text_part part = {.text = text, .size = size};
    int rc = ahttp_cookie_jar_find(jar, url, add_cookie, &part);

    if (size > 0)
        text[part.len < size ? part.len : size - 1] = '\0';
    return rc < 0 ? rc : (int)part.len;
}

size_t ahttp_cookie_jar_remove(ahttp_cookie_jar *jar, ahttp_cookie_fn *which, void *ctx)
{
    return jar->type->remove(jar, now_seconds(), which, ctx);
}

static bool is_any(const ahttp_cookie *cookie, void *ctx)
{
    (void)cookie;
    (void)ctx;
    return true;
}

size_t ahttp_cookie_jar_clear(ahttp_cookie_jar *jar)
{
    return ahttp_cookie_jar_remove(jar, is_any, NULL);
}

static bool is_in_domain(const ahttp_cookie *cookie, void *ctx)
{
    ah_str name = ah_str_from(cookie->domain);
    ah_str domain = *(ah_str *)ctx;
    size_t before = name.len - domain.len;

    if (name.len < domain.len || !ah_str_equal_nocase(ah_str_slice(name, before, SIZE_MAX), domain))
        return false;
    return before == 0 || name.ptr[before - 1] == '.';
}

size_t ahttp_cookie_jar_clear_domain(ahttp_cookie_jar *jar, const char *domain)
{
    ah_str name = ah_str_from(domain);

    if (name.len > 0 && *name.ptr == '.')
        name = ah_str_slice(name, 1, SIZE_MAX);
    return name.len > 0 ? ahttp_cookie_jar_remove(jar, is_in_domain, &name) : 0;
}
