/* SPDX-License-Identifier: MIT */
#include "text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void no_memory(void)
{
    fputs("ahttp: out of memory\n", stderr);
    exit(27);
}

void *must_alloc(size_t size)
{
    void *block = calloc(1, size ? size : 1);

    if (!block)
        no_memory();
    return block;
}

void *must_realloc(void *block, size_t size)
{
    void *grown = realloc(block, size ? size : 1);

    if (!grown)
        no_memory();
    return grown;
}

char *copy_bytes(const char *bytes, size_t len)
{
    char *copy = must_alloc(len + 1);

    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

char *copy_text(const char *text)
{
    return text ? copy_bytes(text, strlen(text)) : NULL;
}

void text_add_format_list(text *text, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len > 0) {
        char *made = must_alloc((size_t)len + 1);
        vsnprintf(made, (size_t)len + 1, format, again);
        text_add(text, made, (size_t)len);
        free(made);
    }
    va_end(again);
}

char *format_text(const char *format, ...)
{
    text made = {0};
    va_list args;

    va_start(args, format);
    text_add_format_list(&made, format, args);
    va_end(args);
    return text_take(&made);
}

void set_text(char **place, const char *text)
{
    char *copy = copy_text(text);

    free(*place);
    *place = copy;
}

void text_add(text *text, const char *bytes, size_t len)
{
    if (text->len + len + 1 > text->cap) {
        text->cap = (text->len + len + 1) * 2;
        text->bytes = must_realloc(text->bytes, text->cap);
    }
    if (len > 0)
        memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
    text->bytes[text->len] = '\0';
}

void text_add_str(text *text, const char *str)
{
    text_add(text, str, strlen(str));
}

void text_add_char(text *text, char c)
{
    text_add(text, &c, 1);
}

void text_add_format(text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_add_format_list(text, format, args);
    va_end(args);
}

bool text_add_file(text *text, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char piece[16384];
    size_t count;

    if (!file)
        return false;
    while ((count = fread(piece, 1, sizeof piece, file)) > 0)
        text_add(text, piece, count);
    bool good = !ferror(file);
    if (file != stdin)
        fclose(file);
    return good;
}

const char *text_str(const text *text)
{
    return text->bytes ? text->bytes : "";
}

char *text_take(text *text)
{
    char *bytes = text->bytes ? text->bytes : copy_text("");

    *text = (struct text){0};
    return bytes;
}

void text_free(text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

void list_add_taken(list *list, char *item)
{
    list->items = must_realloc(list->items, (list->count + 1) * sizeof *list->items);
    list->items[list->count++] = item;
}

void list_add(list *list, const char *item)
{
    list_add_taken(list, copy_text(item));
}

void list_free(list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct list){0};
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_alpha(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool starts_nocase(const char *text, const char *start)
{
    for (; *start; text++, start++)
        if (lower(*text) != lower(*start))
            return false;
    return true;
}

bool equal_nocase(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && starts_nocase(a, b);
}

const char *value_of_field(const char *line, const char *name)
{
    size_t len = strlen(name);

    if (!starts_nocase(line, name) || line[len] != ':')
        return NULL;
    line += len + 1;
    while (*line == ' ' || *line == '\t')
        line++;
    return line;
}

bool read_number(const char *text, long long most, long long *number, const char **end)
{
    long long value = 0;
    const char *at = text;

    for (; is_digit(*at); at++) {
        int digit = *at - '0';
        if (value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (at == text || (!end && *at))
        return false;
    if (end)
        *end = at;
    *number = value;
    return true;
}
