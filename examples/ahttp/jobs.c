/* SPDX-License-Identifier: MIT */
#include "jobs.h"
#include "encode.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void jobs_begin(jobs *jobs, run *run)
{
    *jobs = (struct jobs){.run = run, .settings = run->global->first};
}

void jobs_end(jobs *jobs)
{
    glob_free(jobs->urls);
    glob_free(jobs->uploads);
}

/* ---- URLs ---- */

/* A URL that ends in a slash gets the file's name. */
static void add_file_name(char **url, const char *path)
{
    const char *host = strstr(*url, "://");
    const char *slash;
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    text out = {0};

    host = host ? host + 3 : *url;
    slash = strrchr(host, '/');
    if (strchr(host, '?') || strchr(host, '#') || (slash && slash[1]) || strcmp(path, "-") == 0 ||
        strcmp(path, ".") == 0)
        return;
    text_add_str(&out, *url);
    if (!slash)
        text_add_char(&out, '/');
    encode_url(&out, name, strlen(name));
    free(*url);
    *url = text_take(&out);
}

static void complete_url(transfer *transfer)
{
    const settings *settings = transfer->settings;

    for (size_t i = 0; i < settings->url_query.count; i++)
        url_add_query(&transfer->url_text, settings->url_query.items[i]);
    if (settings->get && settings->has_data && settings->data.len > 0)
        url_add_query(&transfer->url_text, text_str(&settings->data));
    if (transfer->upload_path)
        add_file_name(&transfer->url_text, transfer->upload_path);
}

/* ---- Outputs ---- */

/* Patterns of the URL first, then those of the upload. */
static char *name_of_globs(const transfer *transfer, const char *template, const glob *urls,
                           uint64_t number)
{
    text by_urls = {0}, out = {0};

    glob_name(&by_urls, urls, template, number);
    if (transfer->upload_glob)
        glob_name(&out, transfer->upload_glob, text_str(&by_urls), transfer->upload_number);
    else
        text_add_str(&out, text_str(&by_urls));
    text_free(&by_urls);
    return text_take(&out);
}

static bool set_output(transfer *transfer, const source *source, const glob *urls, uint64_t number)
{
    const settings *settings = transfer->settings;
    output *output = &transfer->output;
    struct stat facts;
    char *name;

    output->clobber = settings->clobber;
    output->at_once = settings->no_buffer || isatty(STDOUT_FILENO);
    output->discard = source->discard;
    if (settings->create_file_mode)
        output->mode = (int)strtol(settings->create_file_mode, NULL, 8);
    if (source->output && strcmp(source->output, "-") != 0 && !source->remote_name)
        name = name_of_globs(transfer, source->output, urls, number);
    else if (source->remote_name)
        name = output_name_of_url(transfer->url_text);
    else
        return true;
    transfer->is_named_by_url = source->remote_name;
    output->path = output_in_folder(settings->output_dir, name);
    free(name);
    if (settings->create_dirs && !output_make_folders(output->path)) {
        transfer_fail(transfer, 23, "cannot make the folder of %s: %s", output->path,
                      strerror(errno));
        return false;
    }
    if (settings->skip_existing && stat(output->path, &facts) == 0) {
        transfer->is_skipped = true;
        note(transfer->global, "skips transfer, \"%s\" exists locally", output->path);
    }
    return true;
}

/* A transfer whose ETag cannot be kept does not begin. */
static bool check_etag(transfer *transfer)
{
    const char *path = transfer->settings->etag_save;
    FILE *file;

    if (!path || strcmp(path, "-") == 0)
        return true;
    if (transfer->settings->create_dirs)
        output_make_folders(path);
    file = fopen(path, "a");
    if (file)
        fclose(file);
    else
        transfer_fail(transfer, 26, "Failed creating file for saving etags: \"%s\"", path);
    return file != NULL;
}

static bool open_heads(transfer *transfer)
{
    const settings *settings = transfer->settings;
    const char *path = settings->dump_header;

    if (!path)
        return true;
    if (strcmp(path, "-") == 0) {
        transfer->heads = stdout;
        return true;
    }
    if (strcmp(path, "%") == 0) {
        transfer->heads = fdopen(dup(fileno(transfer->global->errors)), "a");
        return true;
    }
    if (settings->create_dirs)
        output_make_folders(path);
    transfer->heads = fopen(path, transfer->is_first ? "wb" : "ab");
    if (!transfer->heads)
        transfer_fail(transfer, 23, "Failed to open %s to write headers: %s", path,
                      strerror(errno));
    return transfer->heads != NULL;
}

/* ---- One after the other ---- */

static body_kind kind_of_body(const settings *settings, const char *upload)
{
    if (upload)
        return BODY_UPLOAD;
    if (settings->form)
        return BODY_FORM;
    return settings->has_data && !settings->get ? BODY_DATA : BODY_NONE;
}

static transfer *make(jobs *jobs, const source *source)
{
    transfer *made = must_alloc(sizeof *made);

    made->run = jobs->run;
    made->global = jobs->run->global;
    made->settings = jobs->settings;
    made->facts.number = jobs->count++;
    made->facts.url_number = (uint64_t)made->facts.number;
    made->url_text = glob_url(jobs->urls, jobs->url);
    made->upload_path = jobs->uploads ? glob_url(jobs->uploads, jobs->upload) : NULL;
    made->upload_glob = jobs->uploads;
    made->upload_number = jobs->upload;
    made->is_first = jobs->source == 0 && jobs->url == 0 && jobs->upload == 0;
    made->head = jobs->settings->head;
    made->body = kind_of_body(jobs->settings, made->upload_path);
    set_output(made, source, jobs->urls, jobs->url);
    complete_url(made);
    made->facts.url = copy_text(made->url_text);
    made->upload_glob = NULL;
    if (check_etag(made))
        open_heads(made);
    return made;
}

/* Each "#<name>" of an output stands for a pattern that is there. */
static bool check_names(const jobs *jobs, const char *template)
{
    text why = {0};

    for (const char *at = strstr(template, "#<"); at; at = strstr(at + 1, "#<")) {
        size_t len = strcspn(at + 2, ">");
        if (at[2 + len] != '>' || glob_has_name(jobs->urls, at + 2, len) ||
            (jobs->uploads && glob_has_name(jobs->uploads, at + 2, len)))
            continue;
        glob_point_at(&why, template, (size_t)(at - template) + len + 2);
        complain(jobs->run->global, "(43) no glob exists with this name in %s", text_str(&why));
        text_free(&why);
        return false;
    }
    return true;
}

static bool begin_source(jobs *jobs, const source *source, int *code)
{
    const settings *settings = jobs->settings;
    text why = {0};

    jobs->url = jobs->upload = 0;
    jobs->urls = glob_new(source->url, settings->globoff, &why);
    if (jobs->urls && source->upload)
        jobs->uploads = glob_new(source->upload, settings->globoff, &why);
    if (!jobs->urls || (source->upload && !jobs->uploads)) {
        complain(jobs->run->global, "(3) %s", text_str(&why));
        *code = 3;
        text_free(&why);
        return false;
    }
    if (source->output && !source->remote_name && !check_names(jobs, source->output)) {
        *code = 43;
        return false;
    }
    return true;
}

static void end_source(jobs *jobs)
{
    jobs_end(jobs);
    jobs->urls = jobs->uploads = NULL;
    jobs->source++;
}

/* Each upload goes to each URL. */
static void advance(jobs *jobs)
{
    if (++jobs->url < glob_count(jobs->urls))
        return;
    jobs->url = 0;
    if (jobs->uploads && ++jobs->upload < glob_count(jobs->uploads))
        return;
    end_source(jobs);
}

transfer *jobs_next(jobs *jobs, int *code)
{
    while (jobs->settings) {
        if (jobs->source == jobs->settings->source_count) {
            jobs->settings = jobs->settings->next;
            jobs->source = 0;
            continue;
        }
        const source *source = &jobs->settings->sources[jobs->source];
        if (!source->url) {
            if (jobs->short_of_urls != jobs->settings)
                warn(jobs->run->global, "Got more output options than URLs");
            jobs->short_of_urls = jobs->settings;
            jobs->source++;
            continue;
        }
        if (!jobs->urls && !begin_source(jobs, source, code)) {
            jobs->settings = NULL;
            return NULL;
        }
        transfer *made = make(jobs, source);
        advance(jobs);
        return made;
    }
    return NULL;
}
