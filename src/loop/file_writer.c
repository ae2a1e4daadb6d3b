/* SPDX-License-Identifier: MIT */
#include "loop/file_writer.h"
#include "loop/loop_state.h"
#include "loop/replacement.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

struct ah_file_writer {
    uv_work_t uv;
    ahttp_loop *loop;
    void (*step)(ah_file_writer *writer); /* in a thread */
    ah_file_writer_fn *done;
    void *ctx;
    ah_str bytes;
    int error;   /* a negative errno */
    int fd;      /* unless it is a path */
    int stop[2]; /* a pipe, for a descriptor that makes wait: closing its end [1] ends a wait */
    bool is_path;
    bool is_busy;
    bool must_undo; /* when the step at hand has ended */
    bool is_open;   /* file is */
    ah_replacement file;
    char path[];
};

/* ---- In a thread ---- */

static void undo(ah_file_writer *writer)
{
    if (writer->is_open)
        ah_replacement_discard(&writer->file);
    writer->is_open = false;
}

static void open_file(ah_file_writer *writer)
{
    if (!writer->is_path || writer->is_open)
        return;
    writer->error = ah_replacement_open(&writer->file, writer->path, AH_FILE_MODE);
    writer->is_open = writer->error == 0;
}

/* Each part when there is room for it, which is what poll says of PIPE_BUF bytes; until nobody
   waits any more.  Who writes to a pipe that nobody reads gets a signal, unless it asks first. */
static int write_waiting(const ah_file_writer *writer, ah_str bytes)
{
    while (bytes.len > 0) {
        struct pollfd both[] = {{.fd = writer->fd, .events = POLLOUT},
                                {.fd = writer->stop[0], .events = POLLIN}};
        if (poll(both, 2, -1) < 0)
            continue;
        if (both[1].revents)
            return -ECANCELED;
        if (both[0].revents & POLLERR)
            return -EPIPE;
        ssize_t sent = write(writer->fd, bytes.ptr, bytes.len < PIPE_BUF ? bytes.len : PIPE_BUF);
        if (sent < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        bytes = ah_str_slice(bytes, sent > 0 ? (size_t)sent : 0, SIZE_MAX);
    }
    return 0;
}

static void write_bytes(ah_file_writer *writer)
{
    open_file(writer);
    if (writer->error)
        return;
    if (writer->stop[0] >= 0)
        writer->error = write_waiting(writer, writer->bytes);
    else
        writer->error = ah_write_all(writer->is_path ? writer->file.fd : writer->fd,
                                     writer->bytes.ptr, writer->bytes.len);
    if (writer->error)
        undo(writer);
}

static void finish(ah_file_writer *writer)
{
    open_file(writer);
    if (writer->error || !writer->is_open)
        return;
    writer->error = ah_replacement_commit(&writer->file);
    writer->is_open = false;
}

static void run_in_thread(uv_work_t *uv)
{
    ah_file_writer *writer = AH_CONTAINER(uv, ah_file_writer, uv);

    if (!writer->error)
        writer->step(writer);
}

/* ---- On the loop's thread ---- */

static ahttp_error *why_not(const ah_file_writer *writer)
{
    if (!writer->error)
        return NULL;
    if (writer->is_path)
        return ah_error_system(AHTTP_E_SYSTEM, writer->error, "save to %s", writer->path);
    return ah_error_system(AHTTP_E_SYSTEM, writer->error, "save to descriptor %d", writer->fd);
}

static void on_ended(uv_work_t *uv, int status);

static void begin(ah_file_writer *writer)
{
    writer->is_busy = true;
    ah_loop_hold(writer->loop);
    uv_queue_work(writer->loop->uv, &writer->uv, run_in_thread, on_ended);
}

static void begin_undo(ah_file_writer *writer)
{
    writer->must_undo = false;
    writer->error = 0;
    writer->step = undo;
    begin(writer);
}

static void on_ended(uv_work_t *uv, int status)
{
    ah_file_writer *writer = AH_CONTAINER(uv, ah_file_writer, uv);
    ahttp_loop *loop = writer->loop;

    (void)status;
    ah_loop_enter(loop);
    ah_loop_unhold(loop);
    writer->is_busy = false;
    if (writer->must_undo)
        begin_undo(writer);
    else
        writer->done(writer->ctx, why_not(writer));
    ah_loop_leave(loop);
}

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void ah_file_writer_write(ah_file_writer *writer, ah_str bytes, ah_file_writer_fn *done, void *ctx)
{
    writer->bytes = bytes;
    writer->step = write_bytes;
    writer->done = done;
    writer->ctx = ctx;
    begin(writer);
}

void ah_file_writer_finish(ah_file_writer *writer, ah_file_writer_fn *done, void *ctx)
{
    writer->step = finish;
    writer->done = done;
    writer->ctx = ctx;
    begin(writer);
}

void ah_file_writer_undo(ah_file_writer *writer, ah_file_writer_fn *done, void *ctx)
{
    writer->done = done;
    writer->ctx = ctx;
    if (!writer->is_busy) {
        begin_undo(writer);
        return;
    }
    writer->must_undo = true;
    uv_cancel((uv_req_t *)&writer->uv);
    close_if_open(&writer->stop[1]);
}

bool ah_file_writer_is_busy(const ah_file_writer *writer)
{
    return writer->is_busy;
}

/* ---- Life ---- */

static ah_file_writer *new_writer(ahttp_loop *loop, const char *path)
{
    size_t size = strlen(path) + 1;
    ah_file_writer *writer = ah_alloc_zeroed(sizeof *writer + size);

    if (!writer)
        return NULL;
    memcpy(writer->path, path, size);
    writer->loop = loop;
    writer->stop[0] = writer->stop[1] = -1;
    return writer;
}

ah_file_writer *ah_file_writer_to_path(ahttp_loop *loop, const char *path)
{
    ah_file_writer *writer = new_writer(loop, path);

    if (writer)
        writer->is_path = true;
    return writer;
}

/* What fails here is told as if the first step had found it. */
ah_file_writer *ah_file_writer_to_fd(ahttp_loop *loop, int fd)
{
    ah_file_writer *writer = new_writer(loop, "");
    struct stat facts;

    if (!writer)
        return NULL;
    writer->fd = fd;
    if (fstat(fd, &facts) < 0)
        writer->error = -errno;
    else if (!S_ISREG(facts.st_mode))
        writer->error = uv_pipe(writer->stop, 0, 0);
    return writer;
}

void ah_file_writer_free(ah_file_writer *writer)
{
    close_if_open(&writer->stop[0]);
    close_if_open(&writer->stop[1]);
    ah_free(writer);
}
