/* SPDX-License-Identifier: MIT */
/* A list of requests from a file, run by a pool: each line is a method, a URL, and perhaps a body.
   ./batch [-n SIZE] [-c] FILE     -c: print answers as they are completed, not in order */
#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = 4096, MOST = 10000 };

typedef struct job {
    char *line, *method, *url, *body;
    int status; /* 0: it failed */
    size_t bytes;
    char failure[256];
    bool is_done;
} job;

struct batch;
typedef void answer_fn(const struct batch *batch, const job *job);

typedef struct batch {
    job jobs[MOST];
    answer_fn *on_answer; /* called for each, in order or as completed */
    size_t count, next, shown;
    long workers;
    bool as_completed;
    ahttp_session *session;
} batch;

static void show(const batch *batch, const job *job)
{
    if (job->status)
        printf("%zu %s %s: %d, %zu bytes\n", (size_t)(job - batch->jobs) + 1, job->method, job->url,
               job->status, job->bytes);
    else
        printf("%zu %s %s: %s\n", (size_t)(job - batch->jobs) + 1, job->method, job->url,
               job->failure);
    fflush(stdout);
}

static void done(batch *batch, job *job)
{
    job->is_done = true;
    if (batch->as_completed)
        batch->on_answer(batch, job);
    while (!batch->as_completed && batch->shown < batch->count && batch->jobs[batch->shown].is_done)
        batch->on_answer(batch, &batch->jobs[batch->shown++]);
}

static void run_job(batch *batch, job *job)
{
    ahttp_response *response =
        ahttp_await(ahttp_request(batch->session, job->method, job->url, .text = job->body));
    const ahttp_bytes *bytes = response ? ahttp_await(ahttp_response_read(response)) : NULL;

    if (bytes) {
        job->status = ahttp_response_status(response);
        job->bytes = bytes->len;
    } else {
        snprintf(job->failure, sizeof job->failure, "%s", ahttp_task_error()->message);
    }
    ahttp_response_unref(response);
    done(batch, job);
}

static void *work(void *arg)
{
    batch *batch = arg;

    while (batch->next < batch->count)
        run_job(batch, &batch->jobs[batch->next++]);
    return NULL;
}

static void *run(void *arg)
{
    batch *batch = arg;
    ahttp_group *group = ahttp_group_new();

    batch->session = ahttp_session_new();
    for (long i = 0; i < batch->workers; i++)
        ahttp_group_spawn(group, work, batch);
    ahttp_group_await_end(group);
    ahttp_session_unref(batch->session);
    return NULL;
}

/* Says what is wrong with it. */
static bool load(batch *batch, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[LONGEST];
    bool good = file != NULL;

    if (!file)
        perror(path);
    while (good && batch->count < MOST && fgets(line, sizeof line, file)) {
        job *job = &batch->jobs[batch->count];
        line[strcspn(line, "\r\n")] = '\0';
        if (!*line || *line == '#')
            continue;
        job->line = strdup(line);
        job->method = strtok(job->line, " ");
        job->url = strtok(NULL, " ");
        job->body = strtok(NULL, "");
        batch->count++;
        good = job->url != NULL;
        if (!good)
            fprintf(stderr, "%s: no method and URL: %s\n", path, line);
    }
    if (file)
        fclose(file);
    return good;
}

int main(int argc, char **argv)
{
    static batch batch = {.workers = 10, .on_answer = show};
    int option;

    while ((option = getopt(argc, argv, "n:c")) != -1) {
        if (option == 'n')
            batch.workers = strtol(optarg, NULL, 10);
        else
            batch.as_completed = option == 'c';
    }
    if (optind + 1 != argc || batch.workers < 1) {
        fprintf(stderr, "usage: %s [-n SIZE] [-c] FILE\n", argv[0]);
        return 2;
    }
    int code = !load(&batch, argv[optind]) ? 2 : ahttp_run(run, &batch) < 0;
    for (size_t i = 0; i < batch.count; i++)
        free(batch.jobs[i].line);
    return code;
}
