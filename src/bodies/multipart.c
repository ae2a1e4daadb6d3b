/* SPDX-License-Identifier: MIT */
/* A request body of several parts, each a body of its own.  Between them goes text, made once:

     text 0, part 0, text 1, part 1, ... text n, the end                                     */
#include "http/multipart.h"
#include "base/mem.h"
#include "bodies/source.h"

/* Of the parts that are opened to learn their lengths, so many stay open until their turn;
   others are closed and opened again, so that any number of files can be sent. */
enum { MOST_OPEN = 4 };

typedef struct multipart_body {
    ahttp_body base;
    char boundary[AH_MULTIPART_BOUNDARY_LEN + 1];
    ah_buf type;
    ah_buf text;
    size_t *ends; /* of the texts in text; one more than parts */
    ahttp_body **parts;
    size_t count;
    size_t opened; /* parts whose length is known */
    size_t at;     /* the part under way */
    bool has_said; /* the text before it */
    bool is_open;  /* it may be pulled */
} multipart_body;

static multipart_body *of(ahttp_body *base)
{
    return AH_CONTAINER(base, multipart_body, base);
}

/* ---- Sending ---- */

static void wake_outer(void *ctx)
{
    ah_source_wake(ctx);
}

static int64_t length_of(const multipart_body *body)
{
    uint64_t length = body->text.len;

    for (size_t i = 0; i < body->count; i++) {
        if (body->parts[i]->length < 0)
            return -1;
        length += (uint64_t)body->parts[i]->length;
        if (length > INT64_MAX)
            return -1;
    }
    return (int64_t)length;
}

static ah_pull open_part(multipart_body *body, size_t i, ahttp_error **error)
{
    ahttp_body *base = &body->base;

    return ah_source_open(body->parts[i], base->loop, wake_outer, base, error);
}

static void add_replay(ahttp_body *base, ahttp_body_replay replay)
{
    if (replay > base->replay)
        base->replay = replay; /* they are listed from the best to the worst */
}

static ah_pull open_body(ahttp_body *base, ahttp_error **error)
{
    multipart_body *body = of(base);

    while (body->opened < body->count) {
        ah_pull pull = open_part(body, body->opened, error);
        if (pull != AH_PULL_READY)
            return pull;
        ahttp_body *part = body->parts[body->opened++];
        add_replay(base, part->replay);
        if (body->opened > MOST_OPEN && part->replay == AHTTP_BODY_REPLAYABLE)
            ah_source_restart(part);
    }
    base->length = length_of(body);
    return AH_PULL_READY;
}

static ah_str next_text(multipart_body *body)
{
    size_t start = body->at > 0 ? body->ends[body->at - 1] : 0;

    body->has_said = true;
    return ah_str_slice(ah_buf_str(&body->text), start, body->ends[body->at] - start);
}

static ah_pull next(ahttp_body *base, ah_str *piece, ahttp_error **error)
{
    multipart_body *body = of(base);

    for (;;) {
        if (!body->has_said) {
            *piece = next_text(body);
            return AH_PULL_READY;
        }
        if (body->at == body->count)
            return AH_PULL_END;
        ah_pull pull = AH_PULL_READY;
        if (!body->is_open)
            pull = open_part(body, body->at, error);
        body->is_open = pull == AH_PULL_READY;
        if (pull == AH_PULL_READY)
            pull = ah_source_next(body->parts[body->at], piece, error);
        if (pull != AH_PULL_END)
            return pull;
        body->at++;
        body->has_said = body->is_open = false;
    }
}

static void stop(ahttp_body *base)
{
    for (size_t i = 0; i < of(base)->count; i++)
        ah_source_stop(of(base)->parts[i]);
}

static void rewind_all(ahttp_body *base)
{
    multipart_body *body = of(base);

    for (size_t i = 0; i < body->count; i++)
        ah_source_restart(body->parts[i]);
    body->opened = body->at = 0;
    body->has_said = body->is_open = false;
}

static void release(ahttp_body *base)
{
    multipart_body *body = of(base);

    for (size_t i = 0; i < body->count; i++)
        ah_source_free(body->parts[i]);
    ah_buf_release(&body->type);
    ah_buf_release(&body->text);
    ah_free(body->ends);
    ah_free(body->parts);
}

/* ---- Making ---- */

static ahttp_error *refuse(const ahttp_part *part, const char *why)
{
    return ah_error_new(AHTTP_E_ARGUMENT, "multipart part \"%s\": %s", part->name, why);
}

static int sources_of(const ahttp_part *part)
{
    return (part->value != NULL) + (part->data.data != NULL) + (part->file != NULL) +
           (part->body != NULL);
}

/* NULL when out of memory. */
static ahttp_body *make_source(const ahttp_part *part)
{
    if (part->body)
        return part->body;
    if (part->file)
        return ahttp_body_file(part->file, 0, 0);
    if (part->data.data)
        return ahttp_body_bytes(part->data);
    return ahttp_body_bytes((ahttp_bytes){part->value, strlen(part->value)});
}

/* An empty one sends none. */
static ah_str file_name_of(const ahttp_part *part)
{
    ah_str path = ah_str_from(part->file);

    if (part->file_name)
        return ah_str_from(part->file_name[0] ? part->file_name : NULL);
    size_t slash = ah_str_find_last(path, '/');
    return slash < path.len ? ah_str_slice(path, slash + 1, SIZE_MAX) : path;
}

static const char *type_of(const ahttp_part *part, const ahttp_body *source, bool is_file)
{
    if (part->content_type)
        return part->content_type;
    if (source->content_type)
        return source->content_type;
    return is_file ? "application/octet-stream" : NULL;
}

static ahttp_error *write_text(multipart_body *body, const ahttp_part *part,
                               const ahttp_body *source)
{
    ah_str file_name = file_name_of(part);
    const ahttp_pair coding[] = {{"Content-Encoding", source->coding}, {NULL, NULL}};
    ah_multipart_part head = {.name = ah_str_from(part->name),
                              .filename = file_name,
                              .content_type = ah_str_from(type_of(part, source, file_name.ptr)),
                              .fields = source->coding ? coding : NULL,
                              .size = -1};
    const char *why = ah_multipart_check_part(&head);

    if (why)
        return refuse(part, why);
    ah_multipart_write_head(&body->text, ah_str_from(body->boundary), &head);
    return NULL;
}

static ahttp_error *add_part(multipart_body *body, const ahttp_part *part)
{
    int sources = sources_of(part);

    if (sources != 1)
        return refuse(part, sources == 0 ? "it has none of value, data, file and body"
                                         : "more than one of value, data, file and body is given");
    ahttp_body *source = make_source(part);
    if (!source)
        return ah_error_no_memory();
    ah_source_take(source);
    body->parts[body->count++] = source;
    add_replay(&body->base, source->replay);
    ahttp_error *error = write_text(body, part, source);
    body->ends[body->count - 1] = body->text.len;
    ah_buf_append(&body->text, AH_MULTIPART_PART_END);
    return error;
}

static size_t count_parts(const ahttp_part *parts)
{
    size_t count = 0;

    while (parts[count].name)
        count++;
    return count;
}

static ahttp_error *fill(multipart_body *body, const ahttp_part *parts)
{
    size_t count = count_parts(parts);

    body->parts = ah_realloc_array(NULL, count + 1, sizeof(ahttp_body *));
    body->ends = ah_realloc_array(NULL, count + 1, sizeof(size_t));
    if (!body->parts || !body->ends)
        return ah_error_no_memory();
    ahttp_error *error = ah_multipart_make_boundary(body->boundary);
    for (size_t i = 0; i < count && !error; i++)
        error = add_part(body, &parts[i]);
    if (error)
        return error;
    ah_multipart_write_end(&body->text, ah_str_from(body->boundary));
    body->ends[count] = body->text.len;
    ah_multipart_write_type(&body->type, AH_STR("form-data"), ah_str_from(body->boundary));
    body->base.content_type = ah_buf_terminate(&body->type);
    if (!body->base.content_type || ah_buf_failed(&body->text))
        return ah_error_no_memory();
    body->base.length = length_of(body);
    return NULL;
}

/* Those that were not taken. */
static void free_rest(const ahttp_part *parts, size_t taken)
{
    for (size_t i = taken; parts[i].name; i++)
        ahttp_body_free(parts[i].body);
}

void ah_source_free_parts(const ahttp_part *parts)
{
    if (parts)
        free_rest(parts, 0);
}

ahttp_body *ah_source_multipart(const ahttp_part *parts, ahttp_error **error)
{
    static const ah_source_ops ops = {
        .open = open_body, .next = next, .stop = stop, .rewind = rewind_all, .release = release};
    multipart_body *body = AH_NEW(multipart_body);

    if (!body) {
        *error = ah_error_no_memory();
        ah_source_free_parts(parts);
        return NULL;
    }
    ah_source_init(&body->base, &ops, AHTTP_BODY_REPLAYABLE, -1);
    *error = fill(body, parts);
    if (!*error)
        return &body->base;
    free_rest(parts, body->count);
    ah_source_free(&body->base);
    return NULL;
}

/* One that has none may be meant to have a body which could not be made. */
static bool all_have_a_source(const ahttp_part *parts)
{
    for (; parts->name; parts++)
        if (sources_of(parts) == 0)
            return false;
    return true;
}

ahttp_body *ahttp_body_multipart(const ahttp_part *parts)
{
    ahttp_error *error = NULL;
    bool is_complete = all_have_a_source(parts);
    ahttp_body *body = ah_source_multipart(parts, &error);

    if (error && error->code == AHTTP_E_ARGUMENT && is_complete)
        ah_misuse(error->message);
    ah_error_free(error);
    return body;
}
