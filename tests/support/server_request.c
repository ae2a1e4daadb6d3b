/* SPDX-License-Identifier: MIT */
/* Reads requests, and refuses what is not one: a client under test must not get away with it. */
#include "support/server_internal.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_HEAD      ((size_t)1 << 20)
#define MAX_LINE      ((size_t)8192)
#define MAX_KEPT_BODY ((size_t)1 << 20)

server_record *server_record_new(const char *head, size_t len)
{
    server_record *record = server_memory(NULL, sizeof *record);

    memset(record, 0, sizeof *record);
    record->head = server_memory(NULL, len + 1);
    memcpy(record->head, head, len);
    record->head[len] = '\0';
    record->seen = (server_request){.method = "",
                                    .target = "",
                                    .head = record->head,
                                    .head_len = len,
                                    .body = "",
                                    .body_hash = SERVER_HASH_START,
                                    .trailers = ""};
    return record;
}

void server_record_free(server_record *record)
{
    if (!record)
        return;
    free(record->head);
    free(record->words);
    server_bytes_free(&record->body);
    server_bytes_free(&record->trailers);
    free(record);
}

/* method SP target SP HTTP/1.x */
static bool read_request_line(server_record *record)
{
    size_t len = strcspn(record->head, "\r");
    char *target, *version;

    record->words = server_memory(NULL, len + 1);
    memcpy(record->words, record->head, len);
    record->words[len] = '\0';
    target = strchr(record->words, ' ');
    version = target ? strchr(target + 1, ' ') : NULL;
    if (!version || target == record->words || version == target + 1)
        return false;
    *target = *version = '\0';
    record->seen.method = record->words;
    record->seen.target = target + 1;
    return strcmp(version + 1, "HTTP/1.1") == 0 || strcmp(version + 1, "HTTP/1.0") == 0;
}

static bool read_decimal(const char *text, size_t len, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || *number > UINT64_MAX / 10 - 1)
            return false;
        *number = *number * 10 + (uint64_t)(text[i] - '0');
    }
    return len > 0;
}

static bool is_name(const char *line, size_t len, const char *name)
{
    return len == strlen(name) && strncasecmp(line, name, len) == 0;
}

static bool read_field(server_record *record, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len), *value, *end = line + len;
    size_t name_len;

    if (!colon || colon == line || colon[-1] == ' ' || memchr(line, '\n', len))
        return false;
    name_len = (size_t)(colon - line);
    value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (is_name(line, name_len, "content-length")) {
        if (record->reading != BODY_NONE ||
            !read_decimal(value, (size_t)(end - value), &record->left))
            return false;
        record->reading = BODY_BY_LENGTH;
    } else if (is_name(line, name_len, "transfer-encoding")) {
        if (record->reading != BODY_NONE || !is_name(value, (size_t)(end - value), "chunked"))
            return false;
        record->reading = BODY_CHUNK_SIZE;
    } else if (is_name(line, name_len, "expect")) {
        record->expects_continue = is_name(value, (size_t)(end - value), "100-continue");
    }
    return true;
}

/* Every line but the first, up to the empty one. */
static bool read_fields(server_record *record)
{
    const char *end = record->head + record->seen.head_len;
    const char *line = strstr(record->head, "\r\n"), *next;

    for (line = line ? line + 2 : end; line < end; line = next + 2) {
        next = memmem(line, (size_t)(end - line), "\r\n", 2);
        if (!next)
            return false;
        if (next == line)
            return true;
        if (!read_field(record, line, (size_t)(next - line)))
            return false;
    }
    return false;
}

server_progress server_record_read_head(server_bytes *bytes, server_record **record)
{
    size_t len = server_bytes_len(bytes);
    const char *start, *end;

    if (len == 0)
        return SERVER_WAITS;
    start = bytes->data + bytes->start;
    end = memmem(start, len, "\r\n\r\n", 4);
    if (!end)
        return len < MAX_HEAD ? SERVER_WAITS : SERVER_FAILED;
    len = (size_t)(end - start) + 4;
    *record = server_record_new(start, len);
    server_bytes_drop(bytes, len);
    if (read_request_line(*record) && read_fields(*record))
        return SERVER_DONE;
    server_record_free(*record);
    *record = NULL;
    return SERVER_FAILED;
}

uint64_t server_hash(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Takes bytes of the body or the chunk; true if that was the last of them. */
static bool take_data(server_record *record, server_bytes *bytes)
{
    size_t len = server_bytes_len(bytes), kept = server_bytes_len(&record->body);
    size_t room = kept < MAX_KEPT_BODY ? MAX_KEPT_BODY - kept : 0;

    if (len > record->left)
        len = (size_t)record->left;
    if (len > 0 && room > 0)
        server_bytes_append(&record->body, bytes->data + bytes->start, len < room ? len : room);
    record->seen.body_hash = server_hash(record->seen.body_hash, bytes->data + bytes->start, len);
    server_bytes_drop(bytes, len);
    record->seen.body_len += len;
    record->left -= len;
    return record->left == 0;
}

/* A line up to its CRLF.  Without the CRLF it waits or, if the line is too long, fails. */
static server_progress find_line(const server_bytes *bytes, const char **line, size_t *len)
{
    const char *end;

    *len = server_bytes_len(bytes);
    if (*len == 0)
        return SERVER_WAITS;
    *line = bytes->data + bytes->start;
    end = memmem(*line, *len, "\r\n", 2);
    if (!end)
        return *len < MAX_LINE ? SERVER_WAITS : SERVER_FAILED;
    *len = (size_t)(end - *line);
    return SERVER_DONE;
}

static bool read_chunk_size(const char *line, size_t len, uint64_t *size)
{
    size_t digits = strspn(line, "0123456789abcdefABCDEF");

    *size = digits > 0 && digits < 16 ? strtoull(line, NULL, 16) : 0;
    return digits > 0 && digits < 16 && (digits == len || line[digits] == ';');
}

/* One line of the chunked coding. */
static server_progress take_line(server_record *record, server_bytes *bytes)
{
    const char *line;
    size_t len;
    bool right = true, last = false;
    server_progress found = find_line(bytes, &line, &len);

    if (found != SERVER_DONE)
        return found;
    if (record->reading == BODY_CHUNK_SIZE) {
        right = read_chunk_size(line, len, &record->left);
        record->reading = record->left ? BODY_CHUNK_DATA : BODY_TRAILERS;
    } else if (record->reading == BODY_CHUNK_END) {
        right = len == 0;
        record->reading = BODY_CHUNK_SIZE;
    } else if (len == 0) {
        last = true;
    } else {
        right = server_bytes_len(&record->trailers) < MAX_HEAD;
        server_bytes_append(&record->trailers, line, len + 2);
    }
    server_bytes_drop(bytes, len + 2);
    if (!right)
        return SERVER_FAILED;
    return last ? SERVER_DONE : SERVER_WAITS;
}

static server_progress read_chunked(server_record *record, server_bytes *bytes)
{
    server_progress progress = SERVER_WAITS;
    size_t before;

    do {
        before = server_bytes_len(bytes);
        if (record->reading != BODY_CHUNK_DATA)
            progress = take_line(record, bytes);
        else if (take_data(record, bytes))
            record->reading = BODY_CHUNK_END;
    } while (progress == SERVER_WAITS && server_bytes_len(bytes) < before);
    return progress;
}

server_progress server_record_read_body(server_record *record, server_bytes *bytes)
{
    server_progress progress = SERVER_DONE;

    if (record->reading == BODY_BY_LENGTH)
        progress = take_data(record, bytes) ? SERVER_DONE : SERVER_WAITS;
    else if (record->reading != BODY_NONE)
        progress = read_chunked(record, bytes);
    if (progress != SERVER_DONE)
        return progress;
    record->seen.whole = true;
    if (record->body.data)
        record->seen.body = record->body.data;
    record->seen.body_kept = server_bytes_len(&record->body);
    if (record->trailers.data)
        record->seen.trailers = record->trailers.data;
    return SERVER_DONE;
}

bool server_request_has_line(server_request request, const char *line)
{
    size_t len = strlen(line);
    const char *end = request.head + request.head_len, *next;

    for (const char *at = request.head; at < end; at = next + 2) {
        next = memmem(at, (size_t)(end - at), "\r\n", 2);
        if (!next)
            return false;
        if ((size_t)(next - at) == len && memcmp(at, line, len) == 0)
            return true;
    }
    return false;
}

bool server_request_has_field(server_request request, const char *name)
{
    size_t len = strlen(name);
    const char *line = request.head;

    while ((line = strstr(line, "\r\n"))) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return true;
    }
    return false;
}
