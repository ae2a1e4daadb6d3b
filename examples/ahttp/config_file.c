/* SPDX-License-Identifier: MIT */
#include "config_file.h"
#include "command_line.h"
#include "identity.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEEPEST = 20 };

/* "text\twith \"escapes\"" up to its closing quote. */
static char *unquote(const char *text)
{
    static const char letters[] = "tnrv";
    static const char meant[] = "\t\n\r\v";
    struct text out = {0};

    for (text++; *text && *text != '"'; text++) {
        const char *letter = NULL;
        if (*text == '\\' && text[1]) {
            text++;
            letter = strchr(letters, *text);
        }
        text_add_char(&out, letter ? meant[letter - letters] : *text);
    }
    return text_take(&out);
}

/* The line at hand, for warnings. */
typedef struct place {
    const global *global;
    const char *path;
    int number;
} place;

static bool is_between(char c)
{
    return is_space(c) || c == '=' || c == ':';
}

/* What follows the name: NULL if nothing. */
static char *take_value(const place *place, const char *name, char *at)
{
    const char *behind;
    size_t len;

    while (is_between(*at))
        at++;
    if (*at == '"')
        return unquote(at);
    if (*at == '\'')
        warn(place->global,
             "%s:%d Option '%s' uses argument with leading single quote. It is probably a mistake. "
             "Consider double quotes.",
             place->path, place->number, name);
    len = strcspn(at, " \t\r\n");
    behind = at + len;
    while (is_space(*behind))
        behind++;
    if (*behind && *behind != '#')
        warn(place->global,
             "%s:%d Option '%s' uses argument with unquoted whitespace. This may cause "
             "side-effects. Consider double quotes.",
             place->path, place->number, name);
    return len > 0 ? copy_bytes(at, len) : NULL;
}

/* One line.  A long name may come without dashes. */
static option_result read_line(global *global, const place *place, char *line, text *why)
{
    char *name, *value;
    bool took = false;
    option_result result;

    while (is_space(*line))
        line++;
    if (!*line || *line == '#')
        return OPTION_OK;
    bool is_dashed = *line == '-';
    bool is_letter = is_dashed && line[1] != '-';
    size_t len = 0;
    while (line[len] && !is_space(line[len]) && (is_dashed || !is_between(line[len])))
        len++;
    name = copy_bytes(line, len);
    value = take_value(place, name, line + len);
    result = is_letter
                 ? command_line_letters(global, name, value, &took, why)
                 : command_line_option(global, is_dashed ? name + 2 : name, value, &took, why);
    if (result == OPTION_BAD && strcmp(is_dashed && !is_letter ? name + 2 : name, "next") == 0)
        result = OPTION_OK; /* nothing before it: nothing to end */
    if (result == OPTION_OK && value && !took)
        warn(global, "%s:%d Option '%s' takes no value", place->path, place->number, name);
    if (result != OPTION_OK && why->len == 0)
        text_add_format(why, "%s %s", name, option_result_text(result));
    free(name);
    free(value);
    return result;
}

static option_result read_lines(global *global, const char *path, text *file)
{
    place place = {.global = global, .path = path};
    option_result result = OPTION_OK;
    text why = {0};

    for (char *rest = file->bytes; rest && *rest && result == OPTION_OK;) {
        size_t len = strcspn(rest, "\n");
        char *next = rest + len + (rest[len] != '\0');
        rest[len] = '\0';
        place.number++;
        result = read_line(global, &place, rest, &why);
        rest = next;
    }
    if (result != OPTION_OK)
        warn(global, "%s:%d: %s", path, place.number, text_str(&why));
    text_free(&why);
    return result;
}

option_result config_file_read(global *global, const char *path)
{
    static int depth; /* of files that name files */
    text file = {0};
    option_result result = OPTION_NOT_FOUND;

    if (++depth <= DEEPEST && text_add_file(&file, path))
        result = read_lines(global, path, &file);
    depth--;
    text_free(&file);
    return result;
}

static bool read_if_there(global *global, const char *folder, const char *below, const char *name)
{
    char *path;
    bool is_there;

    if (!folder || !*folder)
        return false;
    path = format_text("%s%s/%s", folder, below, name);
    is_there = access(path, R_OK) == 0;
    if (is_there && config_file_read(global, path) == OPTION_OK)
        set_text(&global->config_path, path);
    free(path);
    return is_there;
}

void config_file_read_default(global *global)
{
    const char *name = identity_is_curl() ? ".curlrc" : ".ahttprc";
    const char *home = getenv("HOME");

    if (read_if_there(global, getenv("CURL_HOME"), "", name) ||
        read_if_there(global, getenv("CURL_HOME"), "/.config", name + 1) ||
        read_if_there(global, getenv("XDG_CONFIG_HOME"), "", name + 1) ||
        read_if_there(global, getenv("XDG_CONFIG_HOME"), "", name) ||
        read_if_there(global, home, "", name))
        return;
    read_if_there(global, home, "/.config", name + 1);
}
