/* SPDX-License-Identifier: MIT */
#include "client/kept_file.h"
#include "base/error.h"
#include "base/mem.h"
#include "loop/future.h"
#include "loop/shared_file.h"
#include <ahttp/thread.h>

const char AH_KEPT_NO_MEMORY[] = "out of memory";

/* ---- Life ---- */

ah_kept_file *ah_kept_file_new(const ah_kept_type *type, void *owner, const char *path)
{
    size_t size = strlen(path) + 1;
    ah_kept_file *file = ah_alloc_zeroed(sizeof *file + size);

    if (!file) {
        type->release(owner);
        return NULL;
    }
    memcpy(file->path, path, size);
    file->type = type;
    file->owner = owner;
    file->now = ah_loop_wall_seconds(ahttp_loop_current());
    return file;
}

static void free_file(ah_kept_file *file)
{
    file->type->release(file->owner);
    ah_buf_release(&file->text);
    ah_free(file);
}

/* ---- How it went ---- */

static int code_of(const ah_kept_file *file)
{
    if (file->why == AH_KEPT_NO_MEMORY || ah_buf_failed(&file->text))
        return AHTTP_E_NO_MEMORY;
    if (file->why)
        return AHTTP_E_JSON;
    return file->rc < 0 ? AHTTP_E_SYSTEM : 0;
}

/* NULL when it went well. */
static ahttp_error *error_of(const ah_kept_file *file)
{
    int code = code_of(file);
    const char *verb = file->loads ? "load" : "save";
    const char *way = file->loads ? "from" : "to";

    if (code == AHTTP_E_NO_MEMORY)
        return ah_error_no_memory();
    if (code == AHTTP_E_JSON)
        return ah_error_new(code, "%s %s %s %s: %s", verb, file->type->what, way, file->path,
                            file->why);
    if (code < 0)
        return ah_error_system(code, file->rc, "%s %s %s %s", verb, file->type->what, way,
                               file->path);
    return NULL;
}

/* error is taken over. */
static void settle(ah_kept_file *file, ahttp_error *error)
{
    if (error)
        ah_future_reject(file->future, error);
    else
        ah_future_resolve(file->future, NULL, NULL);
    free_file(file);
}

/* The future of what work does in a thread, and done on this one. */
static ahttp_future *begin(ah_kept_file *file, const char *sentence, ahttp_work_fn *work,
                           ahttp_done_fn *done)
{
    ahttp_loop *loop = ahttp_loop_current();

    if (!loop)
        ah_misuse(sentence);
    ahttp_future *future = file ? ah_future_new(loop) : NULL;
    if (!future) {
        if (file)
            free_file(file);
        return ah_future_failed(loop, ah_error_no_memory());
    }
    file->future = future;
    if (ah_buf_failed(&file->text))
        settle(file, ah_error_no_memory());
    else
        ahttp_then(ahttp_run_blocking(work, file, NULL), done, file);
    return future;
}

/* ---- Saving ---- */

static int change(ah_buf *text, ah_str old, void *ctx)
{
    ah_kept_file *file = ctx;

    if (file->merges)
        file->why = file->type->merge(file, text, old);
    else
        ah_buf_append(text, ah_buf_str(&file->text));
    return file->why ? -1 : 0;
}

static void *save(void *arg)
{
    ah_kept_file *file = arg;

    file->rc = ah_shared_file_change(file->path, change, file);
    return NULL;
}

static void on_saved(ahttp_future *future, void *ctx)
{
    ahttp_error *error = ah_future_take_error(future); /* it did not even begin */

    settle(ctx, error ? error : error_of(ctx));
}

ahttp_future *ah_kept_file_save(ah_kept_file *file, const char *sentence)
{
    return begin(file, sentence, save, on_saved);
}

int ah_kept_file_save_blocking(ah_kept_file *file)
{
    if (!file)
        return AHTTP_E_NO_MEMORY;
    if (!ah_buf_failed(&file->text))
        save(file);
    int code = code_of(file);
    free_file(file);
    return code;
}

/* ---- Loading ---- */

static void *load(void *arg)
{
    ah_kept_file *file = arg;

    file->loads = true;
    file->rc = ah_shared_file_read(file->path, &file->text);
    return NULL;
}

static void take(ah_kept_file *file)
{
    if (file->rc == 0)
        file->why = file->type->take(file);
}

static void on_loaded(ahttp_future *future, void *ctx)
{
    ahttp_error *error = ah_future_take_error(future);

    if (!error)
        take(ctx);
    settle(ctx, error ? error : error_of(ctx));
}

ahttp_future *ah_kept_file_load(ah_kept_file *file, const char *sentence)
{
    return begin(file, sentence, load, on_loaded);
}

int ah_kept_file_load_blocking(ah_kept_file *file)
{
    if (!file)
        return AHTTP_E_NO_MEMORY;
    load(file);
    take(file);
    int code = code_of(file);
    free_file(file);
    return code;
}
