/* SPDX-License-Identifier: MIT */
/* A request body that is (a part of) a file.  The first block is read when the file is opened,
   and after that one block while another is being sent.  At the end the file is closed, and it
   is opened anew when the body is sent again. */
#include "base/mem.h"
#include "conn/source.h"
#include "loop/file_reader.h"

typedef struct file_body {
    ahttp_body base;
    ah_file_reader *reader; /* while open */
    uint64_t offset;
    uint64_t most;  /* that is asked for; 0: all that follows offset */
    uint64_t taken; /* bytes of it that were read */
    size_t asked;   /* bytes the read under way asks for; 0: none is */
    ah_str block;   /* that was read and not given yet */
    bool has_block;
    bool has_ended; /* nothing is left to be read */
    ahttp_error *failure;
    int fd; /* -1: the file is opened by its path */
    char path[];
} file_body;

static file_body *of(ahttp_body *base)
{
    return AH_CONTAINER(base, file_body, base);
}

/* ---- Reading ---- */

static void on_block(void *ctx, ah_str block, ahttp_error *error)
{
    file_body *body = ctx;

    /* Regular files give all that is asked for, unless they end. */
    body->has_ended =
        block.len == 0 || (ah_file_reader_size(body->reader) >= 0 && block.len < body->asked);
    body->taken += block.len;
    body->has_ended = body->has_ended || body->taken == body->most;
    body->asked = 0;
    body->block = block;
    body->has_block = true;
    body->failure = error;
    ah_source_wake(&body->base);
}

static void read_next(file_body *body)
{
    uint64_t left = body->most ? body->most - body->taken : UINT64_MAX;

    body->asked = left < AH_FILE_BLOCK ? (size_t)left : AH_FILE_BLOCK;
    ah_file_reader_read(body->reader, body->offset + body->taken, body->asked, on_block, body);
}

static void close_file(file_body *body)
{
    ah_file_reader_free(body->reader);
    body->reader = NULL;
    body->asked = 0;
    body->has_block = false;
    ah_error_free(body->failure);
    body->failure = NULL;
}

static ah_pull failed(file_body *body, ahttp_error **error)
{
    *error = body->failure;
    body->failure = NULL;
    return AH_PULL_FAILED;
}

/* ---- Opening ---- */

static ahttp_error *too_short(const file_body *body, int64_t size)
{
    unsigned long long offset = body->offset;
    unsigned long long most = body->most;

    if (body->fd >= 0)
        return ah_error_new(AHTTP_E_BODY_LENGTH,
                            "send descriptor %d: it has %lld bytes, which is less than the %llu "
                            "from offset %llu on that were asked for",
                            body->fd, (long long)size, most, offset);
    return ah_error_new(AHTTP_E_BODY_LENGTH,
                        "send file %s: it has %lld bytes, which is less than the %llu from offset "
                        "%llu on that were asked for",
                        body->path, (long long)size, most, offset);
}

/* What the file is shows when its first block has been read. */
static ah_pull measure(file_body *body, ahttp_error **error)
{
    int64_t size = ah_file_reader_size(body->reader);

    if (!ah_file_reader_can_seek(body->reader))
        body->base.replay = AHTTP_BODY_ONCE;
    body->base.length = body->most ? (int64_t)body->most : -1;
    if (size < 0)
        return AH_PULL_READY;
    if (body->offset > (uint64_t)size || body->most > (uint64_t)size - body->offset) {
        *error = too_short(body, size);
        return AH_PULL_FAILED;
    }
    if (!body->most)
        body->base.length = size - (int64_t)body->offset;
    return AH_PULL_READY;
}

static ah_pull open_body(ahttp_body *base, ahttp_error **error)
{
    file_body *body = of(base);

    if (!body->reader) {
        body->reader = body->fd < 0 ? ah_file_reader_of_path(base->loop, body->path)
                                    : ah_file_reader_of_fd(base->loop, body->fd);
        if (!body->reader) {
            *error = ah_error_no_memory();
            return AH_PULL_FAILED;
        }
        body->taken = 0;
        read_next(body);
    }
    if (body->failure)
        return failed(body, error);
    return body->has_block ? measure(body, error) : AH_PULL_WAIT;
}

static ah_pull next(ahttp_body *base, ah_str *piece, ahttp_error **error)
{
    file_body *body = of(base);

    if (body->failure)
        return failed(body, error);
    if (!body->has_block && !body->has_ended)
        return AH_PULL_WAIT;
    if (!body->has_block || body->block.len == 0) {
        close_file(body);
        return AH_PULL_END;
    }
    *piece = body->block;
    body->has_block = false;
    if (!body->has_ended)
        read_next(body);
    return AH_PULL_READY;
}

static void stop(ahttp_body *base)
{
    file_body *body = of(base);

    if (body->asked > 0)
        close_file(body);
}

static void rewind_file(ahttp_body *base)
{
    close_file(of(base));
}

/* ---- Making ---- */

static const ah_source_ops ops = {
    .open = open_body, .next = next, .stop = stop, .rewind = rewind_file, .release = rewind_file};

static ahttp_body *new_file(const char *path, int fd, uint64_t offset, uint64_t length)
{
    size_t size = strlen(path) + 1;
    file_body *body = ah_alloc_zeroed(sizeof *body + size);
    bool is_replayable = fd < 0 || ah_file_can_seek(fd);

    if (!body)
        return NULL;
    memcpy(body->path, path, size);
    body->fd = fd;
    body->offset = offset;
    body->most = length;
    ah_source_init(&body->base, &ops, is_replayable ? AHTTP_BODY_REPLAYABLE : AHTTP_BODY_ONCE,
                   length ? (int64_t)length : -1);
    return &body->base;
}

ahttp_body *ahttp_body_file(const char *path, uint64_t offset, uint64_t length)
{
    if (offset > INT64_MAX || length > INT64_MAX)
        ah_misuse("ahttp_body_file: offset and length must be below 2^63");
    return new_file(path, -1, offset, length);
}

ahttp_body *ahttp_body_fd(int fd, uint64_t offset, uint64_t length)
{
    if (fd < 0)
        ah_misuse("ahttp_body_fd: fd must be an open descriptor");
    if (offset > INT64_MAX || length > INT64_MAX)
        ah_misuse("ahttp_body_fd: offset and length must be below 2^63");
    return new_file("", fd, offset, length);
}
