/* SPDX-License-Identifier: MIT */
#include "output.h"
#include "url.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_NAMES = 100, DEFAULT_MODE = 0644, FOLDER_MODE = 0750 };

static int open_new(const output *output, const char *path)
{
    int mode = output->mode ? output->mode : DEFAULT_MODE;

    return open(path, O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, mode);
}

/* name.1, name.2, ... until one is free. */
static int open_numbered(output *output)
{
    for (int i = 1; i < MOST_NAMES; i++) {
        char *path = format_text("%s.%d", output->path, i);
        int fd = open_new(output, path);
        if (fd >= 0) {
            free(output->path);
            output->path = path;
            return fd;
        }
        free(path);
        if (errno != EEXIST && errno != EISDIR)
            break;
    }
    return -1;
}

static int open_path(output *output)
{
    int mode = output->mode ? output->mode : DEFAULT_MODE;
    bool overwrites = output->clobber > 0 || (output->clobber == 0 && !output->is_remote);
    int flags = O_CREAT | O_WRONLY | O_CLOEXEC;

    if (output->append)
        return open(output->path, flags | O_APPEND, mode);
    if (overwrites)
        return open(output->path, flags | O_TRUNC, mode);
    int fd = open_new(output, output->path);
    return fd < 0 && output->clobber < 0 ? open_numbered(output) : fd;
}

bool output_open(output *output)
{
    struct stat facts;
    int fd;

    if (output->file || output->discard)
        return true;
    if (!output->path) {
        output->file = stdout;
        return true;
    }
    fd = open_path(output);
    if (fd < 0) {
        output->failure = strerror(errno);
        return false;
    }
    output->was_made = true;
    if (output->append && fstat(fd, &facts) == 0)
        output->start = facts.st_size;
    output->file = fdopen(fd, output->append ? "ab" : "wb");
    return output->file != NULL;
}

bool output_write(output *output, const char *bytes, size_t len)
{
    if (output->discard) {
        output->bytes += len;
        return true;
    }
    if (!output_open(output))
        return false;
    if (fwrite(bytes, 1, len, output->file) != len ||
        (output->file == stdout && output->at_once && fflush(stdout) != 0)) {
        output->failure = strerror(errno);
        return false;
    }
    output->bytes += len;
    return true;
}

bool output_rewind(output *output)
{
    off_t start = (off_t)output->start;

    if (!output->file || output->file == stdout || output->bytes == 0) {
        output->bytes = 0;
        return true;
    }
    if (fflush(output->file) != 0)
        return false;
    output->bytes = 0;
    return ftruncate(fileno(output->file), start) == 0 &&
           fseeko(output->file, start, SEEK_SET) == 0;
}

bool output_flush(output *output)
{
    return !output->file || fflush(output->file) == 0;
}

bool output_close(output *output)
{
    bool good = true;

    if (output->file == stdout)
        good = fflush(stdout) == 0;
    else if (output->file)
        good = fclose(output->file) == 0;
    if (!good)
        output->failure = strerror(errno);
    output->file = NULL;
    return good;
}

void output_release(output *output)
{
    output_close(output);
    free(output->path);
    output->path = NULL;
}

/* ---- Names ---- */

char *output_name_of_url(const char *text)
{
    static const char fallback[] = "curl_response";
    struct text why = {0};
    url url;
    char *name = NULL;

    if (!url_parse(&url, text, NULL, URL_ENCODE, &why)) {
        text_free(&why);
        return copy_text(fallback);
    }
    for (;;) {
        char *slash = strrchr(url.path, '/');
        char *backslash = strrchr(slash ? slash + 1 : url.path, '\\');
        char *last = backslash ? backslash : slash;
        if (last && !last[1]) {
            *last = '\0'; /* a slash at the end: the folder before it */
            continue;
        }
        if (last)
            name = copy_text(last + 1);
        break;
    }
    url_free(&url);
    return name ? name : copy_text(fallback);
}

/* Quoted, with backslashes, or up to a ";". */
static char *take_name(const char *at)
{
    text name = {0};

    if (*at == '"' || *at == '\'') {
        char quote = *at++;
        const char *end = strchr(at, quote);
        for (; *at && (!end || *at != quote); at++) {
            if (*at == '\\' && at[1])
                at++;
            text_add_char(&name, *at);
        }
    } else {
        text_add(&name, at, strcspn(at, ";"));
    }
    return text_take(&name);
}

static void trim_name(char *name)
{
    size_t len = strlen(name);

    while (len > 0 && (is_space(name[len - 1])))
        name[--len] = '\0';
}

char *output_name_of_field(const char *disposition)
{
    for (const char *at = disposition; *at;) {
        while (*at && !is_alpha(*at))
            at++;
        if (starts_nocase(at, "filename=")) {
            char *whole = take_name(at + 9);
            char *slash = strrchr(whole, '/');
            char *backslash = strrchr(slash ? slash : whole, '\\');
            const char *last = backslash ? backslash + 1 : slash ? slash + 1 : whole;
            char *name = copy_text(last);
            free(whole);
            trim_name(name);
            if (*name)
                return name;
            free(name);
            return NULL;
        }
        at += strcspn(at, ";");
    }
    return NULL;
}

char *output_in_folder(const char *folder, const char *name)
{
    return folder && *folder ? format_text("%s/%s", folder, name) : copy_text(name);
}

bool output_make_folders(const char *path)
{
    char *folder = copy_text(path);
    bool good = true;

    for (char *slash = strchr(folder + 1, '/'); slash && good; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        good = mkdir(folder, FOLDER_MODE) == 0 || errno == EEXIST || errno == EACCES;
        *slash = '/';
    }
    free(folder);
    return good;
}
