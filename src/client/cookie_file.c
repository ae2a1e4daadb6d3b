/* SPDX-License-Identifier: MIT */
/* Jars kept in files. */
#include "client/cookie_jar.h"
#include "client/kept_file.h"
#include "cookies/file.h"
#include "cookies/jar.h"
#include "http/json.h"

static const char *text_error(const char *why)
{
    return why == AH_JSON_NO_MEMORY ? AH_KEPT_NO_MEMORY : why;
}

/* ---- Two files in one ---- */

typedef struct merging {
    ah_jar jar;
    int64_t now;
    bool ran_out; /* of memory */
} merging;

static bool restore(const ahttp_cookie *cookie, void *ctx)
{
    merging *m = ctx;

    m->ran_out = ah_jar_restore(&m->jar, cookie, m->now) == AH_JAR_NO_MEMORY;
    return !m->ran_out;
}

static const char *merge(const ah_kept_file *file, ah_buf *text, ah_str old)
{
    merging m = {.now = file->now};
    ah_cookie_writer writer;

    ah_jar_init(&m.jar, &(ah_jar_rules){.ip_hosts = true});
    const char *why = text_error(ah_cookies_read(old, restore, &m));
    if (!why && !m.ran_out)
        why = text_error(ah_cookies_read(ah_buf_str(&file->text), restore, &m));
    if (m.ran_out)
        why = AH_KEPT_NO_MEMORY;
    ah_cookies_write_begin(&writer, text, (ah_cookie_format)file->format);
    ah_jar_each(&m.jar, m.now, ah_cookies_write, &writer);
    ah_cookies_write_end(&writer);
    ah_jar_release(&m.jar);
    return why;
}

/* ---- Into the jar ---- */

typedef struct taking {
    ahttp_cookie_jar *jar;
    int64_t now;
    bool ran_out;
} taking;

/* A cookie that the jar refuses is left out. */
static bool add(const ahttp_cookie *cookie, void *ctx)
{
    taking *t = ctx;

    t->ran_out = t->jar->type->restore(t->jar, cookie, t->now) == AH_JAR_NO_MEMORY;
    return !t->ran_out;
}

static const char *take(const ah_kept_file *file)
{
    taking t = {.jar = file->owner, .now = file->now};
    const char *why = text_error(ah_cookies_read(ah_buf_str(&file->text), add, &t));

    return t.ran_out ? AH_KEPT_NO_MEMORY : why;
}

/* ---- For programs ---- */

static void release(void *jar)
{
    ahttp_cookie_jar_unref(jar);
}

static ah_kept_file *new_file(ahttp_cookie_jar *jar, const char *path)
{
    static const ah_kept_type type = {"cookies", merge, take, release};

    return ah_kept_file_new(&type, ahttp_cookie_jar_ref(jar), path);
}

/* With the jar's text as it is now. */
static ah_kept_file *new_saved(ahttp_cookie_jar *jar, const char *path, int how)
{
    ah_kept_file *file = new_file(jar, path);
    ah_cookie_writer writer;
    bool is_netscape = how & AHTTP_COOKIES_NETSCAPE;

    if (!file)
        return NULL;
    file->merges = how & AHTTP_COOKIES_MERGE;
    file->format = is_netscape ? AH_COOKIES_NETSCAPE : AH_COOKIES_JSON;
    ah_cookies_write_begin(&writer, &file->text, (ah_cookie_format)file->format);
    jar->type->each(jar, file->now, ah_cookies_write, &writer);
    ah_cookies_write_end(&writer);
    return file;
}

ahttp_future *ahttp_cookie_jar_save(ahttp_cookie_jar *jar, const char *path, int how)
{
    return ah_kept_file_save(
        new_saved(jar, path, how),
        "ahttp_cookie_jar_save: this thread has no loop; call it from a task or callback, or after "
        "ahttp_loop_create, or call ahttp_cookie_jar_save_blocking");
}

int ahttp_cookie_jar_save_blocking(ahttp_cookie_jar *jar, const char *path, int how)
{
    return ah_kept_file_save_blocking(new_saved(jar, path, how));
}

ahttp_future *ahttp_cookie_jar_load(ahttp_cookie_jar *jar, const char *path)
{
    return ah_kept_file_load(
        new_file(jar, path),
        "ahttp_cookie_jar_load: this thread has no loop; call it from a task or callback, or after "
        "ahttp_loop_create, or call ahttp_cookie_jar_load_blocking");
}

int ahttp_cookie_jar_load_blocking(ahttp_cookie_jar *jar, const char *path)
{
    return ah_kept_file_load_blocking(new_file(jar, path));
}
