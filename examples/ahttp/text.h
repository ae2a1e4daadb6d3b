/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_TEXT_H
#define AHTTP_COMMAND_TEXT_H
/* Texts that grow, and lists of them.  A command has no use for going on without memory: when
   there is none it ends, with curl's code 27. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#if defined(__GNUC__)
#define TEXT_PRINTF(string, first) __attribute__((format(printf, string, first)))
#else
#define TEXT_PRINTF(string, first)
#endif

void *must_alloc(size_t size); /* zeroed */
void *must_realloc(void *block, size_t size);
char *copy_text(const char *text); /* NULL gives NULL */
char *copy_bytes(const char *bytes, size_t len);
char *format_text(const char *format, ...) TEXT_PRINTF(1, 2);
/* Frees *place and puts a copy of text (or NULL) there. */
void set_text(char **place, const char *text);

/* Zeroed memory is an empty one; there is always a NUL behind bytes, once there are any. */
typedef struct text {
    char *bytes;
    size_t len, cap;
} text;

void text_add(text *text, const char *bytes, size_t len);
void text_add_str(text *text, const char *str);
void text_add_char(text *text, char c);
void text_add_format(text *text, const char *format, ...) TEXT_PRINTF(2, 3);
void text_add_format_list(text *text, const char *format, va_list args) TEXT_PRINTF(2, 0);
/* Reads all of the file into it; "-" is standard input.  False, with errno, when it cannot. */
bool text_add_file(text *text, const char *path);
const char *text_str(const text *text); /* "" for an empty one */
/* The bytes, now the caller's to free, never NULL; the text is empty again. */
char *text_take(text *text);
void text_free(text *text);

typedef struct list {
    char **items;
    size_t count;
} list;

void list_add(list *list, const char *item);
void list_add_taken(list *list, char *item);
void list_free(list *list);

/* ASCII only, whatever the locale says. */
bool equal_nocase(const char *a, const char *b);
bool starts_nocase(const char *text, const char *start);
char lower(char c);
bool is_digit(char c);
bool is_alpha(char c);
bool is_space(char c);
int hex_value(char c); /* -1: none */
/* The value of the field of that name in a line "Name: value", or NULL. */
const char *value_of_field(const char *line, const char *name);

/* Digits only, up to *end (which may be NULL: then the text must end there).  False: none, or
   more than most. */
bool read_number(const char *text, long long most, long long *number, const char **end);

#endif
