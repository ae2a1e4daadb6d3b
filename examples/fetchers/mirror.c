/* SPDX-License-Identifier: MIT */
/* Keeps copies of files up to date: what has not changed is not asked for again (ETag), and what
   was cut is gone on with (Range and If-Range, RFC 9110 §13.1.5, §14).
   ./mirror FOLDER URL...
   Beside NAME there is NAME.etag, and while it is not complete NAME.part and NAME.part.etag. */
#include <ahttp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST = 1024, ETAG = 256 };

typedef struct mirror {
    const char *folder;
    char **urls;
    ahttp_session *session;
    int failed;
} mirror;

typedef struct copy {
    const char *url;
    char path[LONGEST], part[LONGEST + 8];
    char etag[ETAG], part_etag[ETAG];
    int64_t have; /* bytes of the part */
} copy;

/* ---- Files ---- */

static void load_etag(const char *path, char etag[ETAG])
{
    char name[LONGEST + 16];

    snprintf(name, sizeof name, "%s.etag", path);
    FILE *file = fopen(name, "r");
    if (!file || !fgets(etag, ETAG, file))
        etag[0] = '\0';
    etag[strcspn(etag, "\r\n")] = '\0';
    if (file)
        fclose(file);
}

/* NULL takes it away. */
static void keep_etag(const char *path, const char *etag)
{
    char name[LONGEST + 16];

    snprintf(name, sizeof name, "%s.etag", path);
    FILE *file = etag ? fopen(name, "w") : NULL;
    if (file) {
        fprintf(file, "%s\n", etag);
        fclose(file);
    } else {
        unlink(name);
    }
}

static copy look_at(const mirror *mirror, const char *url)
{
    const char *slash = strrchr(url, '/');
    copy copy = {.url = url};
    struct stat facts;

    snprintf(copy.path, sizeof copy.path, "%s/%s", mirror->folder,
             slash && slash[1] ? slash + 1 : "index");
    snprintf(copy.part, sizeof copy.part, "%s.part", copy.path);
    if (access(copy.path, F_OK) == 0)
        load_etag(copy.path, copy.etag);
    load_etag(copy.part, copy.part_etag);
    if (copy.part_etag[0] && stat(copy.part, &facts) == 0)
        copy.have = facts.st_size;
    return copy;
}

/* ---- Asking ---- */

static ahttp_future *ask(const mirror *mirror, const copy *copy)
{
    char range[64];

    if (copy->have > 0) {
        snprintf(range, sizeof range, "bytes=%" PRId64 "-", copy->have);
        return ahttp_get(mirror->session, copy->url, .no_decompress = true,
                         .headers = AHTTP_PAIRS({"Range", range}, {"If-Range", copy->part_etag},
                                                {"Accept-Encoding", "identity"}));
    }
    if (copy->etag[0])
        return ahttp_get(
            mirror->session, copy->url, .no_decompress = true,
            .headers = AHTTP_PAIRS({"If-None-Match", copy->etag}, {"Accept-Encoding", "identity"}));
    return ahttp_get(mirror->session, copy->url, .no_decompress = true,
                     .headers = AHTTP_PAIRS({"Accept-Encoding", "identity"}));
}

/* Whether the answer goes on just where the part ends. */
static bool goes_on(const copy *copy, const ahttp_response *response)
{
    const char *range = ahttp_response_header(response, "Content-Range");
    int64_t first;

    return ahttp_response_status(response) == 206 && range &&
           sscanf(range, "bytes %" SCNd64 "-", &first) == 1 && first == copy->have;
}

static const char *take(const copy *copy, ahttp_response *response, bool appends)
{
    const char *etag = ahttp_response_header(response, "ETag");
    FILE *file = fopen(copy->part, appends ? "ab" : "wb");
    int rc;

    if (!file)
        return "cannot write";
    if (!appends)
        keep_etag(copy->part, etag && strncmp(etag, "W/", 2) != 0 ? etag : NULL);
    rc = ahttp_await_status(ahttp_stream_save_fd(ahttp_response_stream(response), fileno(file)));
    fclose(file);
    if (rc < 0)
        return "cut; what there is will be gone on with";
    if (rename(copy->part, copy->path) < 0)
        return "cannot rename";
    keep_etag(copy->part, NULL);
    keep_etag(copy->path, etag);
    return NULL;
}

static bool update(mirror *mirror, const char *url)
{
    copy copy = look_at(mirror, url);
    ahttp_response *response = ahttp_await(ask(mirror, &copy));
    int status = response ? ahttp_response_status(response) : 0;
    const char *failure = NULL;

    if (!response)
        failure = ahttp_task_error()->message;
    else if (status == 304)
        printf("%s: not modified\n", copy.path);
    else if (goes_on(&copy, response) && !(failure = take(&copy, response, true)))
        printf("%s: resumed at %" PRId64 "\n", copy.path, copy.have);
    else if (status == 200 && !(failure = take(&copy, response, false)))
        printf("%s: loaded\n", copy.path);
    if (!failure && status != 200 && status != 206 && status != 304)
        failure = ahttp_response_reason(response);
    if (!failure && status == 206 && !goes_on(&copy, response))
        failure = "the server's Content-Range is not what was asked for";
    if (failure)
        fprintf(stderr, "%s: %s\n", copy.path, failure);
    if (status == 416) /* the part is no beginning of it any more */
        unlink(copy.part);
    ahttp_response_unref(response);
    return !failure;
}

static void *run(void *arg)
{
    mirror *mirror = arg;

    mirror->session = ahttp_session_new(.timeout = {.total_ms = AHTTP_NEVER, .read_ms = 60000});
    for (char **url = mirror->urls; *url; url++)
        mirror->failed += !update(mirror, *url);
    ahttp_session_unref(mirror->session);
    return NULL;
}

int main(int argc, char **argv)
{
    mirror mirror = {.folder = argc > 1 ? argv[1] : NULL, .urls = argv + 2};

    if (argc < 3) {
        fprintf(stderr, "usage: %s FOLDER URL...\n", argv[0]);
        return 2;
    }
    return ahttp_run(run, &mirror) < 0 || mirror.failed > 0;
}
