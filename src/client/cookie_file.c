/* SPDX-License-Identifier: MIT */
/* Jars saved to files and loaded from them.  What belongs to the jar is done on its thread; a
   thread of libuv has the text only. */
#include "base/error.h"
#include "base/mem.h"
#include "client/cookie_jar.h"
#include "cookies/file.h"
#include "cookies/jar.h"
#include "http/json.h"
#include "loop/future.h"
#include "loop/shared_file.h"
#include <ahttp/thread.h>

typedef struct cookie_file {
    ahttp_future *future; /* promise, or NULL where somebody waits */
    ahttp_cookie_jar *jar;
    const char *verb; /* of its error */
    ah_buf text;
    ah_cookie_format format;
    bool merges;
    int64_t now;
    int rc;          /* a negative errno */
    const char *why; /* the file's text is none; static */
    bool ran_out;    /* of memory */
    char path[];
} cookie_file;

static cookie_file *new_file(ahttp_cookie_jar *jar, const char *verb, const char *path)
{
    size_t size = strlen(path) + 1;
    cookie_file *file = ah_alloc_zeroed(sizeof *file + size);

    if (!file)
        return NULL;
    memcpy(file->path, path, size);
    file->jar = ahttp_cookie_jar_ref(jar);
    file->verb = verb;
    file->now = ah_loop_wall_seconds(ahttp_loop_current());
    return file;
}

static void free_file(cookie_file *file)
{
    if (!file)
        return;
    ahttp_cookie_jar_unref(file->jar);
    ah_buf_release(&file->text);
    ah_free(file);
}

static ahttp_loop *need_loop(const char *sentence)
{
    ahttp_loop *loop = ahttp_loop_current();

    if (!loop)
        ah_misuse(sentence);
    return loop;
}

static int code_of(const cookie_file *file)
{
    if (file->ran_out || file->why == AH_JSON_NO_MEMORY || ah_buf_failed(&file->text))
        return AHTTP_E_NO_MEMORY;
    if (file->why)
        return AHTTP_E_JSON;
    return file->rc < 0 ? AHTTP_E_SYSTEM : 0;
}

/* NULL when it went well. */
static ahttp_error *error_of(const cookie_file *file)
{
    int code = code_of(file);

    if (code == AHTTP_E_NO_MEMORY)
        return ah_error_no_memory();
    if (code == AHTTP_E_JSON)
        return ah_error_new(code, "%s %s: %s", file->verb, file->path, file->why);
    if (code < 0)
        return ah_error_system(code, file->rc, "%s %s", file->verb, file->path);
    return NULL;
}

/* The work may have failed to begin, too. */
static void settle(cookie_file *file, ahttp_future *work)
{
    ahttp_error *error = work ? ah_future_take_error(work) : NULL;

    if (!error)
        error = error_of(file);
    if (error)
        ah_future_reject(file->future, error);
    else
        ah_future_resolve(file->future, NULL, NULL);
    free_file(file);
}

/* The future of what work does in a thread, and then settles on the jar's. */
static ahttp_future *begin(cookie_file *file, ahttp_loop *loop, ahttp_work_fn *work,
                           ahttp_done_fn *done)
{
    ahttp_future *future = file ? ah_future_new(loop) : NULL;

    if (!future) {
        free_file(file);
        return ah_future_failed(loop, ah_error_no_memory());
    }
    file->future = future;
    if (ah_buf_failed(&file->text))
        settle(file, NULL);
    else
        ahttp_then(ahttp_run_blocking(work, file, NULL), done, file);
    return future;
}

/* ---- Saving ---- */

typedef struct merging {
    ah_jar jar;
    cookie_file *file;
} merging;

static bool restore(const ahttp_cookie *cookie, void *ctx)
{
    merging *m = ctx;

    if (ah_jar_restore(&m->jar, cookie, m->file->now) == AH_JAR_NO_MEMORY)
        m->file->ran_out = true;
    return !m->file->ran_out;
}

/* The cookies of the file, and over them ours. */
static int merge(cookie_file *file, ah_buf *text, ah_str old)
{
    merging m = {.file = file};
    ah_cookie_writer writer;

    ah_jar_init(&m.jar, &(ah_jar_rules){.ip_hosts = true});
    file->why = ah_cookies_read(old, restore, &m);
    if (!file->why)
        file->why = ah_cookies_read(ah_buf_str(&file->text), restore, &m);
    ah_cookies_write_begin(&writer, text, file->format);
    ah_jar_each(&m.jar, file->now, ah_cookies_write, &writer);
    ah_cookies_write_end(&writer);
    ah_jar_release(&m.jar);
    return file->why || file->ran_out ? -1 : 0;
}

static int change(ah_buf *text, ah_str old, void *ctx)
{
    cookie_file *file = ctx;

    if (file->merges)
        return merge(file, text, old);
    ah_buf_append(text, ah_buf_str(&file->text));
    return 0;
}

static void *save(void *arg)
{
    cookie_file *file = arg;

    file->rc = ah_shared_file_change(file->path, change, file);
    return NULL;
}

static void on_saved(ahttp_future *future, void *ctx)
{
    settle(ctx, future);
}

/* With the jar's text as it is now. */
static cookie_file *new_saved(ahttp_cookie_jar *jar, const char *path, int how)
{
    cookie_file *file = new_file(jar, "save cookies to", path);
    ah_cookie_writer writer;

    if (!file)
        return NULL;
    file->merges = how & AHTTP_COOKIES_MERGE;
    file->format = how & AHTTP_COOKIES_NETSCAPE ? AH_COOKIES_NETSCAPE : AH_COOKIES_JSON;
    ah_cookies_write_begin(&writer, &file->text, file->format);
    jar->type->each(jar, file->now, ah_cookies_write, &writer);
    ah_cookies_write_end(&writer);
    return file;
}

ahttp_future *ahttp_cookie_jar_save(ahttp_cookie_jar *jar, const char *path, int how)
{
    ahttp_loop *loop =
        need_loop("ahttp_cookie_jar_save: this thread has no loop; call it from a task or "
                  "callback, or after ahttp_loop_create, or call ahttp_cookie_jar_save_blocking");

    return begin(new_saved(jar, path, how), loop, save, on_saved);
}

int ahttp_cookie_jar_save_blocking(ahttp_cookie_jar *jar, const char *path, int how)
{
    cookie_file *file = new_saved(jar, path, how);
    int code = AHTTP_E_NO_MEMORY;

    if (file && !ah_buf_failed(&file->text)) {
        save(file);
        code = code_of(file);
    }
    free_file(file);
    return code;
}

/* ---- Loading ---- */

static void *load(void *arg)
{
    cookie_file *file = arg;

    file->rc = ah_shared_file_read(file->path, &file->text);
    return NULL;
}

/* A cookie that the jar refuses is left out. */
static bool add(const ahttp_cookie *cookie, void *ctx)
{
    cookie_file *file = ctx;

    if (file->jar->type->restore(file->jar, cookie, file->now) != AH_JAR_NO_MEMORY)
        return true;
    file->ran_out = true;
    return false;
}

static void add_all(cookie_file *file)
{
    if (file->rc == 0)
        file->why = ah_cookies_read(ah_buf_str(&file->text), add, file);
}

static void on_loaded(ahttp_future *future, void *ctx)
{
    if (!ahttp_future_error(future))
        add_all(ctx);
    settle(ctx, future);
}

ahttp_future *ahttp_cookie_jar_load(ahttp_cookie_jar *jar, const char *path)
{
    ahttp_loop *loop =
        need_loop("ahttp_cookie_jar_load: this thread has no loop; call it from a task or "
                  "callback, or after ahttp_loop_create, or call ahttp_cookie_jar_load_blocking");

    return begin(new_file(jar, "load cookies from", path), loop, load, on_loaded);
}

int ahttp_cookie_jar_load_blocking(ahttp_cookie_jar *jar, const char *path)
{
    cookie_file *file = new_file(jar, "load cookies from", path);
    int code = AHTTP_E_NO_MEMORY;

    if (file) {
        load(file);
        add_all(file);
        code = code_of(file);
    }
    free_file(file);
    return code;
}
