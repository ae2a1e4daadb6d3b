/* SPDX-License-Identifier: MIT */
#include "loop/file_reader.h"
#include "loop/loop_state.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* Result of a first work that found something which must be waited for. */
enum { ONLY_OPENED = -1 };

struct ah_file_reader {
    uv_work_t uv;
    ahttp_loop *loop;
    ah_file_reader_fn *done;
    void *ctx;
    int fd;         /* -1: not open yet */
    int stop[2];    /* a pipe, for what must be waited for: closing its end [1] ends a wait */
    int64_t size;   /* -1: none */
    uint64_t place; /* of the read at hand: where, how much, and into which block */
    size_t most;
    char *blocks[2];
    unsigned current;
    ptrdiff_t got;
    int error; /* a negative errno */
    bool owns_fd, is_looked_at, can_seek;
    bool is_busy;  /* a thread has it, or will */
    bool is_freed; /* ... and frees it in the end */
    char path[];
};

bool ah_file_can_seek(int fd)
{
    return lseek(fd, 0, SEEK_CUR) >= 0;
}

/* ---- In a thread ---- */

/* O_NONBLOCK keeps a named pipe without a writer from holding the thread. */
static void open_file(ah_file_reader *reader)
{
    reader->fd = reader->owns_fd ? open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (reader->fd < 0)
        reader->error = reader->owns_fd ? -errno : -EBADF;
}

static void look_at_file(ah_file_reader *reader)
{
    struct stat facts;

    if (fstat(reader->fd, &facts) < 0) {
        reader->error = -errno;
        return;
    }
    reader->is_looked_at = true;
    reader->can_seek = ah_file_can_seek(reader->fd);
    reader->size = S_ISREG(facts.st_mode) ? facts.st_size : -1;
}

/* False when nobody waits any more. */
static bool wait_for_bytes(ah_file_reader *reader)
{
    struct pollfd both[] = {{.fd = reader->fd, .events = POLLIN},
                            {.fd = reader->stop[0], .events = POLLIN}};

    while (poll(both, 2, -1) < 0 && errno == EINTR)
        ;
    return both[1].revents == 0;
}

static void read_block(ah_file_reader *reader)
{
    char *block = reader->blocks[reader->current];

    do {
        if (!reader->can_seek && !wait_for_bytes(reader))
            return;
        reader->got = reader->can_seek
                          ? pread(reader->fd, block, reader->most, (off_t)reader->place)
                          : read(reader->fd, block, reader->most);
    } while (reader->got < 0 && (errno == EINTR || errno == EAGAIN));
    if (reader->got < 0)
        reader->error = -errno;
}

static void run_in_thread(uv_work_t *uv)
{
    ah_file_reader *reader = AH_CONTAINER(uv, ah_file_reader, uv);

    if (reader->error == 0 && reader->fd < 0)
        open_file(reader);
    if (reader->error == 0 && !reader->is_looked_at)
        look_at_file(reader);
    if (reader->error != 0)
        return;
    if (reader->can_seek || reader->stop[0] >= 0)
        read_block(reader);
    else
        reader->got = ONLY_OPENED;
}

/* ---- On the loop's thread ---- */

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void destroy(ah_file_reader *reader)
{
    if (reader->owns_fd)
        close_if_open(&reader->fd);
    close_if_open(&reader->stop[0]);
    close_if_open(&reader->stop[1]);
    ah_free(reader->blocks[0]);
    ah_free(reader->blocks[1]);
    ah_free(reader);
}

static ahttp_error *why_not(const ah_file_reader *reader)
{
    const char *verb = reader->fd < 0 ? "open" : "read";

    if (reader->owns_fd)
        return ah_error_system(AHTTP_E_SYSTEM, reader->error, "%s file %s", verb, reader->path);
    return ah_error_system(AHTTP_E_SYSTEM, reader->error, "read descriptor %d", reader->fd);
}

static void begin(ah_file_reader *reader);

static void on_ended(uv_work_t *uv, int status)
{
    ah_file_reader *reader = AH_CONTAINER(uv, ah_file_reader, uv);
    ahttp_loop *loop = reader->loop;

    (void)status;
    ah_loop_enter(loop);
    ah_loop_unhold(loop);
    reader->is_busy = false;
    if (reader->is_freed)
        destroy(reader);
    else if (reader->error)
        reader->done(reader->ctx, (ah_str){0}, why_not(reader));
    else if (reader->got == ONLY_OPENED)
        begin(reader);
    else
        reader->done(reader->ctx, ah_str_make(reader->blocks[reader->current], (size_t)reader->got),
                     NULL);
    ah_loop_leave(loop);
}

static void prepare(ah_file_reader *reader)
{
    char **block = &reader->blocks[reader->current];

    reader->got = 0;
    if (!*block)
        *block = ah_alloc(AH_FILE_BLOCK);
    if (!*block)
        reader->error = -ENOMEM;
    if (reader->is_looked_at && !reader->can_seek && reader->stop[0] < 0) {
        int rc = uv_pipe(reader->stop, 0, 0);
        if (rc < 0)
            reader->error = rc;
    }
}

/* What fails here is told as if the thread had found it. */
static void begin(ah_file_reader *reader)
{
    prepare(reader);
    reader->is_busy = true;
    ah_loop_hold(reader->loop);
    uv_queue_work(reader->loop->uv, &reader->uv, run_in_thread, on_ended);
}

void ah_file_reader_read(ah_file_reader *reader, uint64_t offset, size_t most,
                         ah_file_reader_fn *done, void *ctx)
{
    reader->place = offset;
    reader->most = most < AH_FILE_BLOCK ? most : AH_FILE_BLOCK;
    reader->done = done;
    reader->ctx = ctx;
    reader->current ^= 1;
    begin(reader);
}

static ah_file_reader *new_reader(ahttp_loop *loop, const char *path)
{
    size_t size = strlen(path) + 1;
    ah_file_reader *reader = ah_alloc_zeroed(sizeof *reader + size);

    if (!reader)
        return NULL;
    memcpy(reader->path, path, size);
    reader->loop = loop;
    reader->fd = reader->stop[0] = reader->stop[1] = -1;
    return reader;
}

ah_file_reader *ah_file_reader_of_path(ahttp_loop *loop, const char *path)
{
    ah_file_reader *reader = new_reader(loop, path);

    if (reader)
        reader->owns_fd = true;
    return reader;
}

ah_file_reader *ah_file_reader_of_fd(ahttp_loop *loop, int fd)
{
    ah_file_reader *reader = new_reader(loop, "");

    if (reader)
        reader->fd = fd;
    return reader;
}

void ah_file_reader_free(ah_file_reader *reader)
{
    if (!reader)
        return;
    if (!reader->is_busy) {
        destroy(reader);
        return;
    }
    reader->is_freed = true;
    uv_cancel((uv_req_t *)&reader->uv);
    close_if_open(&reader->stop[1]);
}

int64_t ah_file_reader_size(const ah_file_reader *reader)
{
    return reader->size;
}

bool ah_file_reader_can_seek(const ah_file_reader *reader)
{
    return reader->can_seek;
}
