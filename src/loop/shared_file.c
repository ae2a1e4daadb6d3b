/* SPDX-License-Identifier: MIT */
/* The lock is on the file itself, so that none is left behind.  Who has waited for it may hold
   that of a file which has been replaced meanwhile, and then has to begin again. */
#include "loop/shared_file.h"
#include "loop/replacement.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OWNER_ONLY = 0600, PIECE = 65536 };

/* A descriptor, or a negative errno. */
static int open_file(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, OWNER_ONLY);

    return fd < 0 ? -errno : fd;
}

static bool is_still(const char *path, int fd)
{
    struct stat held, there;

    return fstat(fd, &held) == 0 && stat(path, &there) == 0 && held.st_ino == there.st_ino &&
           held.st_dev == there.st_dev;
}

static int lock_file(const char *path)
{
    for (;;) {
        int fd = open_file(path, O_RDWR | O_CREAT);
        if (fd < 0)
            return fd;
        int rc = flock(fd, LOCK_EX) < 0 ? -errno : 0;
        if (rc == 0 && is_still(path, fd))
            return fd;
        close(fd);
        if (rc < 0 && rc != -EINTR)
            return rc;
    }
}

static int read_all(int fd, ah_buf *text)
{
    for (;;) {
        char *room = ah_buf_reserve(text, PIECE);
        if (!room)
            return -ENOMEM;
        ssize_t got = read(fd, room, PIECE);
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got == 0)
            return 0;
        text->len += got > 0 ? (size_t)got : 0;
    }
}

static int replace(const char *path, const ah_buf *text)
{
    ah_replacement file;
    int rc;

    if (ah_buf_failed(text))
        return -ENOMEM;
    rc = ah_replacement_open(&file, path, OWNER_ONLY);
    if (rc < 0)
        return rc;
    rc = ah_write_all(file.fd, text->data, text->len);
    if (rc == 0)
        return ah_replacement_commit(&file);
    ah_replacement_discard(&file);
    return rc;
}

int ah_shared_file_change(const char *path, ah_shared_file_fn *fn, void *ctx)
{
    ah_buf old = {0};
    ah_buf text = {0};
    int fd = lock_file(path);

    if (fd < 0)
        return fd;
    int rc = read_all(fd, &old);
    if (rc == 0)
        rc = fn(&text, ah_buf_str(&old), ctx);
    if (rc == 0)
        rc = replace(path, &text);
    close(fd);
    ah_buf_release(&old);
    ah_buf_release(&text);
    return rc;
}

int ah_shared_file_read(const char *path, ah_buf *text)
{
    int fd = open_file(path, O_RDONLY);

    if (fd < 0)
        return fd;
    int rc = read_all(fd, text);
    close(fd);
    return rc;
}
