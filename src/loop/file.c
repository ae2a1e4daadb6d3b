/* SPDX-License-Identifier: MIT */
/* Whole files, loaded and saved in libuv's threads. */
#include "base/error.h"
#include "loop/blocking.h"
#include "loop/loop_state.h"
#include "loop/replacement.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Some systems refuse reads of 2 GiB and more. */
enum { MOST_AT_ONCE = 1 << 30 };

typedef struct file_work {
    ah_work work;
    const char *verb; /* of its error */
    int error;        /* a negative errno */
    char *bytes;      /* to save */
    size_t len;
    char path[];
} file_work;

/* ---- On the loop's thread ---- */

static void release_file(ahttp_future *future)
{
    file_work *file = AH_CONTAINER(future, file_work, work.future);

    ah_free(file->bytes);
    ah_free(file);
}

static void on_ended(ah_work *work)
{
    file_work *file = AH_CONTAINER(work, file_work, work);

    if (file->error)
        ah_future_reject(&work->future, ah_error_system(AHTTP_E_SYSTEM, file->error, "%s %s",
                                                        file->verb, file->path));
    else
        ah_work_settle(work);
}

/* NULL when out of memory. */
static file_work *new_file(ahttp_loop *loop, const char *verb, const char *path, const char *maker)
{
    size_t size = strlen(path) + 1;
    file_work *file = ah_alloc_zeroed(sizeof *file + size);

    if (!file)
        return NULL;
    ah_work_init(&file->work, loop, release_file, maker);
    file->work.arg = file;
    file->work.ended = on_ended;
    file->verb = verb;
    memcpy(file->path, path, size);
    return file;
}

/* ---- Loading ---- */

static ssize_t read_some(int fd, char *room, size_t size)
{
    ssize_t got;

    do
        got = read(fd, room, size < MOST_AT_ONCE ? size : MOST_AT_ONCE);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

/* Behind the struct, for cap bytes and a NUL.  NULL when out of memory. */
static char *make_room(ahttp_bytes **loaded, size_t cap)
{
    ahttp_bytes *block = ah_realloc(*loaded, sizeof *block + cap + 1);

    if (!block)
        return NULL;
    *loaded = block;
    return (char *)(block + 1);
}

/* The expected size is a guess: files may grow, and those of /proc say 0. */
static int read_all(int fd, size_t expected, ahttp_bytes **loaded)
{
    size_t cap = expected + 1; /* one more, so that a read shows the end */
    size_t len = 0;
    ssize_t got = 0;

    char *data = make_room(loaded, cap);
    while (data && (got = read_some(fd, data + len, cap - len)) > 0) {
        len += (size_t)got;
        if (len < cap)
            continue;
        cap *= 2;
        data = make_room(loaded, cap);
    }
    if (!data)
        return -ENOMEM;
    if (got < 0)
        return (int)got;
    data[len] = '\0';
    **loaded = (ahttp_bytes){data, len};
    return 0;
}

static void *load(void *arg)
{
    file_work *file = arg;
    ahttp_bytes *loaded = NULL;
    struct stat facts;

    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        file->error = -errno;
        return NULL;
    }
    if (fstat(fd, &facts) < 0)
        file->error = -errno;
    else
        file->error = read_all(fd, (size_t)facts.st_size, &loaded);
    close(fd);
    if (file->error) {
        ah_free(loaded);
        return NULL;
    }
    return loaded;
}

ahttp_future *ahttp_file_load(const char *path)
{
    ahttp_loop *loop =
        ah_loop_need_current("ahttp_file_load: this thread has no loop; call it from a task or "
                             "callback, or after ahttp_loop_create");
    file_work *file = new_file(loop, "load", path, __func__);

    if (!file)
        return ah_future_failed(loop, ah_error_no_memory());
    file->work.fn = load;
    file->work.free_result = ahttp_file_free;
    ah_work_begin(&file->work);
    return &file->work.future;
}

void ahttp_file_free(void *bytes)
{
    ah_free(bytes);
}

/* ---- Saving ---- */

static int save_file(const file_work *file)
{
    ah_replacement replacement;
    int rc = ah_replacement_open(&replacement, file->path, AH_FILE_MODE);

    if (rc < 0)
        return rc;
    rc = ah_write_all(replacement.fd, file->bytes, file->len);
    if (rc == 0)
        return ah_replacement_commit(&replacement);
    ah_replacement_discard(&replacement);
    return rc;
}

static void *save(void *arg)
{
    file_work *file = arg;

    file->error = save_file(file);
    return NULL;
}

ahttp_future *ahttp_file_save(const char *path, ahttp_bytes bytes)
{
    ahttp_loop *loop =
        ah_loop_need_current("ahttp_file_save: this thread has no loop; call it from a task or "
                             "callback, or after ahttp_loop_create");
    char *copy = ah_alloc(bytes.len);
    file_work *file = copy ? new_file(loop, "save", path, __func__) : NULL;

    if (!file) {
        ah_free(copy);
        return ah_future_failed(loop, ah_error_no_memory());
    }
    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    file->bytes = copy;
    file->len = bytes.len;
    file->work.fn = save;
    ah_work_begin(&file->work);
    return &file->work.future;
}
