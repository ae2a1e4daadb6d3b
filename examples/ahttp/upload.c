/* SPDX-License-Identifier: MIT */
#include "upload.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 65536 };

typedef struct segment {
    char *bytes;
    size_t len;
    int fd;                 /* instead of bytes; -1: none */
    int64_t offset, length; /* of the file; -1: to be read to its end, once */
} segment;

/* One time that the body goes out.  A read in another thread may outlive the request that asked
   for it, so each has a buffer of its own, until the upload ends. */
typedef struct sending {
    struct sending *next;
    upload *upload;
    size_t at;       /* of the segment that is being sent */
    int64_t at_byte; /* in it */
    uint64_t sent;
    int64_t began_ms;
    ahttp_bytes piece;
    char *buffer;
    atomic_bool is_reading;
} sending;

struct upload {
    segment *segments;
    size_t count;
    sending *sendings; /* the last one first */
    bool is_once;      /* some of it cannot be read twice */
    upload_seen_fn *seen;
    void *seen_ctx;
    int64_t limit;
};

upload *upload_new(void)
{
    return must_alloc(sizeof(upload));
}

bool upload_is_reading(const upload *upload)
{
    for (const sending *each = upload->sendings; each; each = each->next)
        if (atomic_load(&each->is_reading))
            return true;
    return false;
}

void upload_free(upload *upload)
{
    if (!upload)
        return;
    for (size_t i = 0; i < upload->count; i++) {
        free(upload->segments[i].bytes);
        if (upload->segments[i].fd > STDIN_FILENO)
            close(upload->segments[i].fd);
    }
    while (upload->sendings) {
        sending *next = upload->sendings->next;
        free(upload->sendings->buffer);
        free(upload->sendings);
        upload->sendings = next;
    }
    free(upload->segments);
    free(upload);
}

static segment *add_segment(upload *upload)
{
    upload->segments =
        must_realloc(upload->segments, (upload->count + 1) * sizeof *upload->segments);
    segment *added = &upload->segments[upload->count++];
    *added = (segment){.fd = -1};
    return added;
}

void upload_add(upload *upload, const char *bytes, size_t len)
{
    segment *added = add_segment(upload);

    added->bytes = copy_bytes(bytes, len);
    added->len = len;
}

bool upload_add_file(upload *upload, const char *path, int64_t offset)
{
    struct stat facts;
    bool is_input = strcmp(path, "-") == 0;
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    if (fstat(fd, &facts) < 0 || S_ISDIR(facts.st_mode)) {
        int cause = S_ISDIR(facts.st_mode) ? EISDIR : errno;
        if (!is_input)
            close(fd);
        errno = cause;
        return false;
    }
    segment *added = add_segment(upload);
    added->fd = fd;
    added->offset = offset;
    bool is_plain = S_ISREG(facts.st_mode) && !is_input;
    added->length = !is_plain ? -1 : facts.st_size > offset ? facts.st_size - offset : 0;
    if (!is_plain)
        upload->is_once = true;
    return true;
}

int64_t upload_length(const upload *upload)
{
    int64_t length = 0;

    for (size_t i = 0; i < upload->count; i++) {
        const segment *each = &upload->segments[i];
        if (each->fd >= 0 && each->length < 0)
            return -1;
        length += each->fd >= 0 ? each->length : (int64_t)each->len;
    }
    return length;
}

void upload_watch(upload *upload, upload_seen_fn *seen, void *ctx)
{
    upload->seen = seen;
    upload->seen_ctx = ctx;
}

void upload_limit(upload *upload, int64_t bytes_per_second)
{
    upload->limit = bytes_per_second;
}

/* ---- Sending ---- */

/* In another thread: the next piece of a file, or 0 at its end. */
static size_t read_file(sending *sending, const segment *from, size_t most)
{
    ssize_t count;

    if (from->length < 0) {
        count = read(from->fd, sending->buffer, most);
    } else {
        int64_t left = from->length - sending->at_byte;
        count = pread(from->fd, sending->buffer, left < (int64_t)most ? (size_t)left : most,
                      from->offset + sending->at_byte);
    }
    return count > 0 ? (size_t)count : 0;
}

static ahttp_bytes next_of(sending *sending, const segment *from)
{
    int64_t limit = sending->upload->limit;
    size_t most = limit > 0 && limit < PIECE ? (size_t)limit : PIECE;

    if (from->fd >= 0)
        return (ahttp_bytes){sending->buffer, read_file(sending, from, most)};
    size_t left = from->len - (size_t)sending->at_byte;
    return (ahttp_bytes){from->bytes + sending->at_byte, left < most ? left : most};
}

static void *read_piece(void *ctx)
{
    sending *sending = ctx;
    const upload *upload = sending->upload;

    sending->piece = (ahttp_bytes){NULL, 0};
    while (sending->at < upload->count && sending->piece.len == 0) {
        sending->piece = next_of(sending, &upload->segments[sending->at]);
        sending->at_byte += (int64_t)sending->piece.len;
        if (sending->piece.len == 0) {
            sending->at++;
            sending->at_byte = 0;
        }
    }
    atomic_store(&sending->is_reading, false);
    return &sending->piece;
}

/* Texts need no other thread. */
static bool is_at_hand(const sending *sending)
{
    const upload *upload = sending->upload;

    for (size_t i = sending->at; i < upload->count; i++)
        if (upload->segments[i].fd >= 0)
            return false;
        else if (upload->segments[i].len > (i == sending->at ? (size_t)sending->at_byte : 0))
            return true;
    return true;
}

static ahttp_future *read_elsewhere(sending *sending)
{
    if (!sending->buffer)
        sending->buffer = must_alloc(PIECE);
    atomic_store(&sending->is_reading, true);
    return ahttp_run_blocking(read_piece, sending, NULL);
}

static ahttp_future *resolved(void *piece)
{
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    ahttp_promise_resolve(promise, piece, NULL);
    return future;
}

/* As a task: the pause that the limit asks for, then the piece. */
static void *read_slowly(void *ctx)
{
    sending *sending = ctx;
    uint64_t limit = (uint64_t)sending->upload->limit;
    int64_t due = sending->began_ms + (int64_t)(sending->sent * 1000 / limit);
    int64_t now = ahttp_loop_now(ahttp_loop_current());

    if (due > now && ahttp_await_status(ahttp_sleep(due - now)) < 0)
        return ahttp_fail_again();
    void *piece = ahttp_await(read_elsewhere(sending));
    return piece ? piece : ahttp_fail_again();
}

static ahttp_future *produce(void *ctx)
{
    sending *sending = ctx;
    const upload *upload = sending->upload;

    if (sending->piece.len > 0 && upload->seen)
        upload->seen(sending->piece.data, sending->piece.len, upload->seen_ctx);
    sending->sent += sending->piece.len;
    if (upload->limit > 0)
        return ahttp_spawn(read_slowly, sending);
    return is_at_hand(sending) ? resolved(read_piece(sending)) : read_elsewhere(sending);
}

static ahttp_body *make_body(void *ctx)
{
    upload *upload = ctx;
    sending *begun = must_alloc(sizeof *begun);

    begun->upload = upload;
    begun->next = upload->sendings;
    begun->began_ms = ahttp_loop_now(ahttp_loop_current());
    upload->sendings = begun;
    return ahttp_body_produced(produce, begun, upload_length(upload));
}

ahttp_body *upload_body(upload *upload)
{
    return upload->is_once ? make_body(upload) : ahttp_body_factory(make_body, upload);
}
