/* SPDX-License-Identifier: MIT */
#include "form.h"
#include <stdlib.h>
#include <string.h>

void form_free(form_part *form)
{
    while (form) {
        form_part *next = form->next;
        form_free(form->children);
        free(form->name);
        text_free(&form->data);
        free(form->file);
        free(form->file_name);
        free(form->type);
        free(form->encoder);
        list_free(&form->headers);
        free(form);
        form = next;
    }
}

static form_part *add_part(form_part *parent)
{
    form_part *part = must_alloc(sizeof *part);

    part->parent = parent;
    if (parent->last_child)
        parent->last_child->next = part;
    else
        parent->children = part;
    parent->last_child = part;
    return part;
}

/* The innermost nested part that is still open; the root remembers it as its parent. */
static form_part *current_of(form_part *root)
{
    return root->parent;
}

/* ---- Words ---- */

static const char *skip_spaces(const char *at)
{
    while (is_space(*at))
        at++;
    return at;
}

/* A quoted word, if what follows it is an end; else NULL. */
static char *take_quoted(const char **at, char end)
{
    text word = {0};
    const char *text = *at + 1;

    for (; *text && *text != '"'; text++) {
        if (*text == '\\' && (text[1] == '\\' || text[1] == '"'))
            text++;
        text_add_char(&word, *text);
    }
    const char *behind = *text ? skip_spaces(text + 1) : text;
    if (!*text || (*behind && *behind != ';' && *behind != end)) {
        text_free(&word);
        return NULL;
    }
    *at = behind;
    return text_take(&word);
}

/* Up to the end, or a ";". */
static char *take_word(const char **at, char end)
{
    const char *text = *at;
    char *quoted = *text == '"' ? take_quoted(at, end) : NULL;

    if (quoted)
        return quoted;
    while (**at && **at != ';' && (!end || **at != end))
        ++*at;
    return copy_bytes(text, (size_t)(*at - text));
}

static void trim_end(char *word)
{
    size_t len = strlen(word);

    while (len > 0 && is_space(word[len - 1]))
        word[--len] = '\0';
}

/* ---- Attributes: ;type= ;filename= ;encoder= ;headers= ---- */

static bool is_attribute(const char *at)
{
    static const char *const names[] = {"type=", "filename=", "encoder=", "headers="};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (starts_nocase(at, names[i]))
            return true;
    return false;
}

/* "text/plain; charset=utf-8": parameters belong to it unless they are attributes. */
static char *take_type(const char **at, char end)
{
    const char *start = *at;

    for (;;) {
        while (**at && **at != ';' && (!end || **at != end))
            ++*at;
        if (**at != ';' || is_attribute(skip_spaces(*at + 1)))
            break;
        ++*at;
    }
    char *type = copy_bytes(start, (size_t)(*at - start));
    trim_end(type);
    return type;
}

/* The lines of a file; a line that starts with a space goes on the one before. */
static bool add_header_file(list *headers, const char *path)
{
    text file = {0};

    if (!text_add_file(&file, path)) {
        text_free(&file);
        return false;
    }
    for (char *line = file.bytes ? strtok(file.bytes, "\r\n") : NULL; line;
         line = strtok(NULL, "\r\n")) {
        if (line[0] == '#')
            continue;
        if (line[0] == ' ' && headers->count > 0) {
            char **last = &headers->items[headers->count - 1];
            char *joined = format_text("%s%s", *last, line);
            free(*last);
            *last = joined;
        } else {
            trim_end(line);
            list_add(headers, line);
        }
    }
    text_free(&file);
    return true;
}

static option_result take_header(form_part *part, const char **at, char end)
{
    bool is_file = **at == '@' || **at == '<';

    *at = skip_spaces(*at + is_file);
    char *word = take_word(at, end);
    bool good = true;
    if (is_file)
        good = add_header_file(&part->headers, word);
    else
        list_add(&part->headers, word);
    free(word);
    return good ? OPTION_OK : OPTION_NO_FILE;
}

/* Behind the content. */
static option_result take_attributes(form_part *part, const char **at, char end, text *why)
{
    option_result result = OPTION_OK;

    while (**at == ';' && result == OPTION_OK) {
        *at = skip_spaces(*at + 1);
        if (starts_nocase(*at, "type=")) {
            *at = skip_spaces(*at + 5);
            free(part->type);
            part->type = take_type(at, end);
            if (!strchr(part->type, '/')) {
                text_add_str(why, "illegally formatted content-type field");
                result = OPTION_BAD;
            }
        } else if (starts_nocase(*at, "filename=")) {
            *at = skip_spaces(*at + 9);
            free(part->file_name);
            part->file_name = take_word(at, end);
            trim_end(part->file_name);
        } else if (starts_nocase(*at, "encoder=")) {
            *at = skip_spaces(*at + 8);
            free(part->encoder);
            part->encoder = take_word(at, end);
            trim_end(part->encoder);
        } else if (starts_nocase(*at, "headers=")) {
            *at += 8;
            result = take_header(part, at, end);
        } else {
            free(take_word(at, end)); /* nothing we know: passed over, as curl does */
        }
    }
    return result;
}

/* ---- Contents ---- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static option_result take_file(form_part *part, const char **at, char end, text *why)
{
    *at = skip_spaces(*at);
    part->file = take_word(at, end);
    trim_end(part->file);
    option_result result = take_attributes(part, at, end, why);
    if (result == OPTION_OK && !part->file_name)
        part->file_name = copy_text(last_part(part->file));
    return result;
}

/* "@a,b;type=text/plain": several are a multipart/mixed of their own. */
static option_result add_files(form_part *parent, const char *name, const char *at, text *why)
{
    form_part *first = add_part(parent);
    form_part *nested = NULL;
    option_result result = take_file(first, &at, ',', why);

    while (result == OPTION_OK && *at == ',') {
        if (!nested) { /* what was a part becomes the first of several */
            nested = must_alloc(sizeof *nested);
            *nested = *first;
            nested->next = NULL;
            nested->children = nested->last_child = NULL;
            *first = (form_part){.is_nested = true, .parent = parent};
            nested->parent = first;
            first->children = first->last_child = nested;
        }
        at++;
        result = take_file(add_part(first), &at, ',', why);
    }
    if (name)
        set_text(&first->name, name);
    return result;
}

static option_result add_inserted(form_part *parent, const char *name, const char *at, text *why)
{
    form_part *part = add_part(parent);
    char *path;

    part->name = copy_text(name);
    at = skip_spaces(at);
    path = take_word(&at, '\0');
    trim_end(path);
    bool good = text_add_file(&part->data, path);
    free(path);
    return good ? take_attributes(part, &at, '\0', why) : OPTION_NO_FILE;
}

static option_result add_literal(form_part *parent, const char *name, const char *at, text *why)
{
    form_part *part = add_part(parent);
    char *word;

    part->name = copy_text(name);
    at = skip_spaces(at);
    bool is_quoted = *at == '"';
    word = take_word(&at, '\0');
    if (!is_quoted)
        trim_end(word);
    text_add_str(&part->data, word);
    free(word);
    return take_attributes(part, &at, '\0', why);
}

static option_result open_nested(form_part *root, const char *name, const char *at, text *why)
{
    form_part *part = add_part(current_of(root));

    part->is_nested = true;
    part->name = copy_text(name);
    root->parent = part;
    free(take_word(&at, '\0'));
    return take_attributes(part, &at, '\0', why);
}

static option_result add_content(form_part *root, const char *name, const char *content, text *why)
{
    form_part *parent = current_of(root);

    switch (*content) {
    case '(': return open_nested(root, name, content + 1, why);
    case '@': return add_files(parent, name, content + 1, why);
    case '<': return add_inserted(parent, name, content + 1, why);
    default: return add_literal(parent, name, content, why);
    }
}

static form_part *make_root(void)
{
    form_part *root = must_alloc(sizeof *root);

    root->is_nested = true;
    root->parent = root;
    return root;
}

option_result form_add(form_part **form, const char *given, bool is_string, text *why)
{
    const char *equals = strchr(given, '=');
    option_result result;
    char *name;

    if (!*form)
        *form = make_root();
    if (!equals) {
        text_add_str(why, "illegally formatted input field");
        return OPTION_BAD;
    }
    if (!is_string && equals[1] == ')' && !equals[2]) {
        if (current_of(*form) == *form) {
            text_add_str(why, "no multipart to terminate");
            return OPTION_BAD;
        }
        (*form)->parent = current_of(*form)->parent;
        return OPTION_OK;
    }
    name = equals > given ? copy_bytes(given, (size_t)(equals - given)) : NULL;
    if (is_string) {
        form_part *part = add_part(current_of(*form));
        part->name = copy_text(name);
        text_add_str(&part->data, equals + 1);
        result = OPTION_OK;
    } else {
        result = add_content(*form, name, equals + 1, why);
    }
    free(name);
    return result;
}
