/* SPDX-License-Identifier: MIT */
/* The cookies of a run: one jar for all transfers, and its files.  The jar is the library's; what
   differs here is how curl orders and bounds what it sends, that cookies from a file of heads may
   be for every host, and that this machine counts as secure. */
#include "run.h"
#include "text.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVERY_HOST "https://every.host"

enum { MOST_SET = 50, MOST_SENT = 150, LONGEST_FIELD = 8190, LONGEST_LIFE = 400 * 24 * 3600 };

static bool is_known(const list *files, const char *path)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i], path) == 0)
            return true;
    return false;
}

/* ---- What a Set-Cookie says ---- */

static bool has_tab_inside(const char *part, size_t len)
{
    while (len > 0 && is_space(*part)) {
        part++;
        len--;
    }
    while (len > 0 && is_space(part[len - 1]))
        len--;
    return memchr(part, '\t', len) != NULL;
}

/* Without the quotes round it.  "/a/" and "/a" are the same path. */
static void add_path(text *out, const char *path, size_t len)
{
    if (len > 0 && *path == '"') {
        path++;
        len--;
        len -= len > 0 && path[len - 1] == '"';
    }
    len -= len > 1 && path[len - 1] == '/';
    text_add_format(out, ";path=%.*s", (int)len, path);
}

/* Appends an attribute, unless nobody is to see it. */
static bool add_attribute(text *out, const char *part, size_t len)
{
    enum { LONGEST_DATE = 80, PATH = 5, EXPIRES = 8 };
    size_t blanks = strspn(part, " \t");
    const char *name = part + blanks;

    if (starts_nocase(name, "expires=") && len - blanks - EXPIRES >= LONGEST_DATE)
        return true;
    if (starts_nocase(name, "path=")) {
        add_path(out, name + PATH, len - blanks - PATH);
        return !has_tab_inside(part, len);
    }
    text_add_format(out, ";%.*s", (int)len, part);
    return true;
}

/* A Set-Cookie as the jar is to read it, to be freed; NULL: it is not to.  A tab would be taken
   for the end of a column in the jar's file. */
static char *as_kept(const char *set_cookie)
{
    size_t len = strcspn(set_cookie, ";");
    bool good = !has_tab_inside(set_cookie, len);
    text out = {0};

    text_add(&out, set_cookie, len);
    for (const char *at = set_cookie + len; *at && good; at += len + 1) {
        len = strcspn(at + 1, ";");
        good = add_attribute(&out, at + 1, len);
    }
    if (good)
        return text_take(&out);
    text_free(&out);
    return NULL;
}

/* ---- Files ---- */

/* "Set-Cookie: ..." of a dump of heads.  Without a domain it is for every host. */
static void take_head_line(run *run, const char *value)
{
    const char *domain = NULL;
    char *kept = as_kept(value);

    if (!kept)
        return;
    for (const char *at = strchr(value, ';'); at; at = strchr(at + 1, ';')) {
        const char *name = at + 1 + strspn(at + 1, " \t");
        if (starts_nocase(name, "domain="))
            domain = name + 7 + (name[7] == '.');
    }
    if (domain) {
        char *url = format_text("https://%.*s/", (int)strcspn(domain, "; \t"), domain);
        ahttp_cookie_jar_set_text(run->jar, url, kept, NULL);
        free(url);
    } else {
        ahttp_cookie_jar_set_text(run->jar_for_all, EVERY_HOST "/", kept, NULL);
    }
    free(kept);
}

static void read_head_lines(run *run, const char *path)
{
    text file = {0};

    if (text_add_file(&file, path) && file.bytes)
        for (char *line = file.bytes ? strtok(file.bytes, "\r\n") : NULL; line;
             line = strtok(NULL, "\r\n")) {
            const char *value = value_of_field(line, "Set-Cookie");
            if (value)
                take_head_line(run, value);
        }
    text_free(&file);
}

/* Cookies of a file, whose paths lose the slash at their end as those of heads do. */
typedef struct slashed {
    ahttp_cookie *all;
    size_t count;
} slashed;

static bool ends_in_slash(const ahttp_cookie *cookie, void *ctx)
{
    size_t len = strlen(cookie->path);

    (void)ctx;
    return len > 1 && cookie->path[len - 1] == '/';
}

static bool copy_slashed(const ahttp_cookie *cookie, void *ctx)
{
    slashed *slashed = ctx;

    if (!ends_in_slash(cookie, NULL))
        return true;
    slashed->all = must_realloc(slashed->all, (slashed->count + 1) * sizeof *slashed->all);
    ahttp_cookie *copy = &slashed->all[slashed->count++];
    *copy = *cookie;
    copy->name = copy_text(cookie->name);
    copy->value = copy_text(cookie->value);
    copy->domain = copy_text(cookie->domain);
    copy->path = copy_bytes(cookie->path, strlen(cookie->path) - 1);
    return true;
}

static void free_const(const char *text)
{
    free((void *)(uintptr_t)text);
}

static void strip_slashes(ahttp_cookie_jar *jar)
{
    slashed slashed = {0};

    ahttp_cookie_jar_each(jar, copy_slashed, &slashed);
    ahttp_cookie_jar_remove(jar, ends_in_slash, NULL);
    for (size_t i = 0; i < slashed.count; i++) {
        ahttp_cookie *cookie = &slashed.all[i];
        const char *domain = cookie->domain;
        char *url = format_text("https://%s/", domain);
        cookie->domain = cookie->host_only ? NULL : domain;
        ahttp_cookie_jar_set(jar, url, cookie, NULL);
        free(url);
        free_const(domain);
        free_const(cookie->name);
        free_const(cookie->value);
        free_const(cookie->path);
    }
    free(slashed.all);
}

static void read_file(run *run, const char *path)
{
    if (is_known(&run->cookie_files, path))
        return;
    list_add(&run->cookie_files, path);
    const char *from = strcmp(path, "-") == 0 ? "/dev/stdin" : path;
    if (*from && ahttp_cookie_jar_load_blocking(run->jar, from) == 0)
        read_head_lines(run, from);
    strip_slashes(run->jar);
}

static bool is_of_session(const ahttp_cookie *cookie, void *ctx)
{
    (void)ctx;
    return cookie->expires == 0;
}

void cookies_begin(run *run, settings *settings)
{
    run->has_cookies = run->has_cookies || settings->cookie_jar || settings->cookie_files.count > 0;
    if (!run->has_cookies)
        return;
    if (!run->jar) {
        run->jar = ahttp_cookie_jar_new(.ip_hosts = true);
        run->jar_for_all = ahttp_cookie_jar_new(.ip_hosts = true);
    }
    if (!run->jar || !run->jar_for_all)
        exit(27);
    for (size_t i = 0; i < settings->cookie_files.count; i++)
        read_file(run, settings->cookie_files.items[i]);
    if (settings->junk_session_cookies)
        ahttp_cookie_jar_remove(run->jar, is_of_session, NULL);
}

/* ---- Coming and going ---- */

/* This machine is as good as TLS. */
static char *secure_url(const char *url)
{
    static const char *const here[] = {"http://localhost", "http://127.0.0.1", "http://[::1]"};

    for (size_t i = 0; i < sizeof here / sizeof *here; i++) {
        size_t len = strlen(here[i]);
        if (strncmp(url, here[i], len) == 0 && (url[len] == ':' || url[len] == '/'))
            return format_text("https%s", url + 4);
    }
    return copy_text(url);
}

void cookies_take(run *run, const char *url, const char *set_cookie, size_t number)
{
    char *as_secure;

    if (!run->jar || number >= MOST_SET)
        return;
    as_secure = secure_url(url);
    char *kept = as_kept(set_cookie);
    if (kept)
        ahttp_cookie_jar_set_text(run->jar, as_secure, kept, NULL);
    free(kept);
    free(as_secure);
}

typedef struct found {
    size_t path, domain, age; /* lengths, and which came first */
    char *text;
    size_t name;
} found;

typedef struct finding {
    found *all;
    size_t count;
    bool for_all; /* of no domain */
} finding;

static bool add_found(const ahttp_cookie *cookie, void *ctx)
{
    finding *finding = ctx;
    size_t path = strlen(cookie->path);

    finding->all = must_realloc(finding->all, (finding->count + 1) * sizeof *finding->all);
    finding->all[finding->count] =
        (found){.path = path > 1 ? path : 1,
                .domain = finding->for_all ? 0 : strlen(cookie->domain),
                .name = strlen(cookie->name),
                .age = finding->count,
                .text = format_text("%s=%s", cookie->name, cookie->value)};
    finding->count++;
    return finding->count < MOST_SENT;
}

/* The longest path first, then the longest domain, the longest name, the newest. */
static int compare(const void *left, const void *right)
{
    const found *a = left, *b = right;

    if (a->path != b->path)
        return a->path < b->path ? 1 : -1;
    if (a->domain != b->domain)
        return a->domain < b->domain ? 1 : -1;
    if (a->name != b->name)
        return a->name < b->name ? 1 : -1;
    return a->age < b->age ? 1 : -1;
}

/* Those of every host, by the URL's path. */
static void find_for_all(run *run, const char *url, finding *finding)
{
    const char *path = strchr(strstr(url, "://") + 3, '/');
    char *same_path = format_text("%s%s", EVERY_HOST, path ? path : "/");

    finding->for_all = true;
    if (finding->count < MOST_SENT)
        ahttp_cookie_jar_find(run->jar_for_all, same_path, add_found, finding);
    free(same_path);
}

char *cookies_for(run *run, const char *url)
{
    finding finding = {0};
    text out = {0};
    char *as_secure;

    if (!run->jar)
        return NULL;
    as_secure = secure_url(url);
    ahttp_cookie_jar_find(run->jar, as_secure, add_found, &finding);
    find_for_all(run, as_secure, &finding);
    free(as_secure);
    if (finding.count > 0)
        qsort(finding.all, finding.count, sizeof *finding.all, compare);
    for (size_t i = 0; i < finding.count; i++) {
        if (out.len + strlen(finding.all[i].text) + 10 < LONGEST_FIELD)
            text_add_format(&out, "%s%s", out.len > 0 ? "; " : "", finding.all[i].text);
        free(finding.all[i].text);
    }
    free(finding.all);
    return out.len > 0 ? text_take(&out) : NULL;
}

/* ---- The jar's file ---- */

/* The longest life is kept to the minute, so that two who write at about the same time agree. */
static int64_t expiry_of(const ahttp_cookie *cookie)
{
    enum { MINUTE = 60 };
    int64_t most = time(NULL) + LONGEST_LIFE;

    if (cookie->expires <= most && cookie->expires > most - MINUTE)
        return (cookie->expires + MINUTE - 1) / MINUTE * MINUTE;
    return cookie->expires;
}

static bool add_line(const ahttp_cookie *cookie, void *ctx)
{
    list *lines = ctx;
    size_t path = strlen(cookie->path);

    while (path > 1 && cookie->path[path - 1] == '/')
        path--;
    list_add_taken(lines,
                   format_text("%s%s%s\t%s\t%.*s\t%s\t%" PRId64 "\t%s\t%s",
                               cookie->http_only ? "#HttpOnly_" : "", cookie->host_only ? "" : ".",
                               cookie->domain, cookie->host_only ? "FALSE" : "TRUE", (int)path,
                               cookie->path, cookie->secure ? "TRUE" : "FALSE", expiry_of(cookie),
                               cookie->name, cookie->value));
    return true;
}

/* Cookies log somebody in, so a new file is its owner's alone. */
static FILE *open_jar(const char *path)
{
    enum { OWNER_ONLY = 0600 };

    if (strcmp(path, "-") == 0)
        return stdout;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, OWNER_ONLY);
    return fd < 0 ? NULL : fdopen(fd, "w");
}

void cookies_end(run *run, const settings *settings)
{
    static const char head[] = "# Netscape HTTP Cookie File\n"
                               "# https://curl.se/docs/http-cookies.html\n"
                               "# This file was generated by libcurl! Edit at your own risk.\n\n";
    list lines = {0};
    FILE *out;

    if (!settings->cookie_jar || !run->jar)
        return;
    out = open_jar(settings->cookie_jar);
    if (!out) {
        warn(run->global, "failed to save cookies in %s", settings->cookie_jar);
        return;
    }
    ahttp_cookie_jar_each(run->jar, add_line, &lines);
    fputs(head, out);
    for (size_t i = lines.count; i-- > 0;) /* the newest first */
        fprintf(out, "%s\n", lines.items[i]);
    if (out != stdout)
        fclose(out);
    list_free(&lines);
}
