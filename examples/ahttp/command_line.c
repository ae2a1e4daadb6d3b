/* SPDX-License-Identifier: MIT */
#include "command_line.h"
#include "config_file.h"
#include "identity.h"
#include "variables.h"
#include <stdlib.h>
#include <string.h>

const char *option_result_text(option_result result)
{
    switch (result) {
    case OPTION_BAD: return "is badly used here";
    case OPTION_NO_FILE: return "error encountered when reading a file";
    case OPTION_NOT_FOUND: return "cannot read the config file";
    case OPTION_UNKNOWN: return "is unknown";
    case OPTION_NO_VALUE: return "requires parameter";
    case OPTION_NUMBER_BAD: return "expected a proper numerical parameter";
    case OPTION_UNSUPPORTED: return "is not supported";
    default: return "";
    }
}

int option_result_code(option_result result)
{
    return result == OPTION_NO_FILE ? 26 : 2;
}

static void begin_settings(global *global)
{
    settings *added = settings_new();

    if (global->last)
        global->last->next = added;
    else
        global->first = added;
    global->last = added;
}

/* --next without a URL before it asks for nothing. */
static option_result next_settings(global *global)
{
    for (size_t i = 0; i < global->last->source_count; i++)
        if (global->last->sources[i].url) {
            begin_settings(global);
            return OPTION_OK;
        }
    return OPTION_BAD;
}

/* From U+2000 to U+203F: quotes, dashes and blanks that word processors like. */
static bool is_typeset(const char *text)
{
    return strncmp(text, "\xE2\x80", 2) == 0;
}

static void warn_of_typesetting(const global *global, const option *option, const char *value)
{
    if (option->categories & IN_AUTH) /* it may be a secret */
        warn(global,
             "The argument of --%s starts with a Unicode character. Maybe ASCII was intended?",
             option->name);
    else
        warn(global, "The argument '%s' starts with a Unicode character. Maybe ASCII was intended?",
             value);
}

static option_result apply(global *global, const option *option, const char *value, bool on,
                           bool is_expanded, text *why)
{
    char *expanded = NULL;
    option_call call = {.global = global,
                        .settings = global->last,
                        .option = option,
                        .value = value,
                        .on = on,
                        .why = why};

    if (value && is_typeset(value))
        warn_of_typesetting(global, option, value);
    if (is_expanded && value) {
        expanded = variables_expand(global, value, why);
        if (!expanded)
            return OPTION_BAD;
        call.value = expanded;
    }
    option_result result = option_apply(&call);
    free(expanded);
    return result == OPTION_NEXT ? next_settings(global) : result;
}

/* --help may stand alone. */
static bool may_lack_value(const option *option)
{
    return option->letter == 'h';
}

static option_result use(global *global, const option *option, const char *value, bool on,
                         bool is_expanded, bool *took, text *why)
{
    *took = false;
    if (!option_has_value(option))
        return is_expanded ? OPTION_BAD : apply(global, option, NULL, on, false, why);
    if (!value && !may_lack_value(option))
        return OPTION_NO_VALUE;
    *took = value != NULL;
    return apply(global, option, value ? value : "", on, is_expanded, why);
}

option_result command_line_option(global *global, const char *name, const char *value, bool *took,
                                  text *why)
{
    bool is_expanded = strncmp(name, "expand-", 7) == 0;
    const option *found = option_by_name(is_expanded ? name + 7 : name);

    if (!found && strncmp(name, "no-", 3) == 0) {
        found = option_by_name(name + 3);
        if (found && option_has_no(found))
            return use(global, found, NULL, false, false, took, why);
        found = NULL;
    }
    if (!found) {
        const char *nearest = option_nearest(name);
        if (nearest)
            text_add_format(why, "did you mean --%s?", nearest);
        return OPTION_UNKNOWN;
    }
    return use(global, found, value, true, is_expanded, took, why);
}

option_result command_line_letter(global *global, char letter, const char *value, bool *took,
                                  text *why)
{
    const option *found = option_by_letter(letter);

    bool on = letter != 'N'; /* the one letter that says no */

    return found ? use(global, found, value, on, false, took, why) : OPTION_UNKNOWN;
}

/* ---- Words ---- */

static void report(const global *global, const char *name, option_result result, const text *why)
{
    complain(global, "option %s: %s%s%s", name, option_result_text(result), why->len ? ": " : "",
             text_str(why));
    complain(global, "try '%s --help' or '%s --manual' for more information", identity_name(),
             identity_name());
}

option_result command_line_letters(global *global, const char *word, const char *next, bool *took,
                                   text *why)
{
    *took = false;
    for (const char *at = word + 1; *at; at++) {
        bool used = false;
        const option *found = option_by_letter(*at);
        bool wants = found && option_has_value(found);
        const char *value = !wants ? NULL : at[1] ? at + 1 : next;
        option_result result = command_line_letter(global, *at, value, &used, why);
        *took = used && !at[1];
        if (result != OPTION_OK || used)
            return result;
    }
    return OPTION_OK;
}

static option_result read_word(global *global, const char *word, const char *next, bool *took,
                               text *why)
{
    *took = false;
    if (word[0] != '-' || !word[1]) {
        set_text(&settings_source_for(global->last, 'u')->url, word);
        source *last = &global->last->sources[global->last->source_count - 1];
        if (global->last->remote_name_all && !last->has_output)
            last->has_output = last->remote_name = true;
        return OPTION_OK;
    }
    const char *equals = strchr(word, '=');
    if (word[1] == '-' && equals) { /* --name=value */
        char *name = copy_bytes(word + 2, (size_t)(equals - word) - 2);
        option_result result = command_line_option(global, name, equals + 1, took, why);
        if (result == OPTION_OK && !*took)
            result = OPTION_BAD;
        *took = false;
        free(name);
        return result;
    }
    if (word[1] == '-')
        return command_line_option(global, word + 2, next, took, why);
    return command_line_letters(global, word, next, took, why);
}

bool command_line_read(global *global, int argc, char **argv, int *code)
{
    bool only_urls = false;
    text why = {0};

    begin_settings(global);
    if (argc < 2 || argv[1][0] != '-' || (strcmp(argv[1], "--disable") != 0 && argv[1][1] != 'q'))
        config_file_read_default(global);
    for (int i = 1; i < argc; i++) {
        bool took = false;
        option_result result;
        if (!only_urls && strcmp(argv[i], "--") == 0) {
            only_urls = true;
            continue;
        }
        if (only_urls) {
            set_text(&settings_source_for(global->last, 'u')->url, argv[i]);
            continue;
        }
        result = read_word(global, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &took, &why);
        i += took;
        if (result != OPTION_OK) {
            report(global, argv[i - took], result, &why);
            text_free(&why);
            *code = option_result_code(result);
            return false;
        }
    }
    text_free(&why);
    return true;
}
