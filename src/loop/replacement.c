/* SPDX-License-Identifier: MIT */
#include "loop/replacement.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

/* Some systems refuse writes of 2 GiB and more. */
enum { MOST_AT_ONCE = 1 << 30, MOST_NAMES_TRIED = 100 };

int ah_write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = write(fd, data, len < MOST_AT_ONCE ? len : MOST_AT_ONCE);
        if (sent < 0 && errno != EINTR)
            return -errno;
        if (sent > 0) {
            data += sent;
            len -= (size_t)sent;
        }
    }
    return 0;
}

/* ---- Opening ---- */

/* Finds the file that is meant.  *mode becomes its mode, or -1 when there is none yet. */
static int find_target(ah_replacement *file, const char *path, int *mode)
{
    struct stat facts;
    size_t size = strlen(path) + 1;

    *mode = -1;
    if (size > sizeof file->target)
        return -ENAMETOOLONG;
    memcpy(file->target, path, size);
    if (lstat(path, &facts) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (S_ISLNK(facts.st_mode) &&
        (!realpath(path, file->target) || lstat(file->target, &facts) < 0))
        return -errno;
    if (!S_ISREG(facts.st_mode))
        return S_ISDIR(facts.st_mode) ? -EISDIR : -ENOTSUP;
    *mode = facts.st_mode & 07777;
    return 0;
}

/* In the folder of the target; its name does not depend on the target's, which may be as long
   as names can be. */
static int create_beside(ah_replacement *file, mode_t mode)
{
    const char *slash = strrchr(file->target, '/');
    int folder_len = slash ? (int)(slash + 1 - file->target) : 0;

    for (int i = 0; i < MOST_NAMES_TRIED; i++) {
        int len = snprintf(file->name, sizeof file->name, "%.*s.ahttp-%ld-%llx", folder_len,
                           file->target, (long)getpid(), (unsigned long long)uv_hrtime());
        if (len < 0 || (size_t)len >= sizeof file->name)
            return -ENAMETOOLONG;
        file->fd = open(file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (file->fd >= 0)
            return 0;
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

int ah_replacement_open(ah_replacement *file, const char *path, mode_t new_mode)
{
    int mode;
    int rc = find_target(file, path, &mode);

    if (rc == 0)
        rc = create_beside(file, mode < 0 ? new_mode : (mode_t)mode & 0777);
    if (rc < 0 || mode < 0)
        return rc;
    if (fchmod(file->fd, (mode_t)mode) < 0) {
        rc = -errno;
        ah_replacement_discard(file);
    }
    return rc;
}

/* ---- Ends ---- */

int ah_replacement_commit(ah_replacement *file)
{
    int rc = fsync(file->fd) < 0 ? -errno : 0;

    if (close(file->fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && rename(file->name, file->target) < 0)
        rc = -errno;
    if (rc < 0)
        unlink(file->name);
    return rc;
}

void ah_replacement_discard(ah_replacement *file)
{
    close(file->fd);
    unlink(file->name);
}
