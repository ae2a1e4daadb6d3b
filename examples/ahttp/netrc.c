/* SPDX-License-Identifier: MIT */
#include "netrc.h"
#include <stdlib.h>
#include <string.h>

typedef struct reading {
    const char *at;
    bool is_bad;
} reading;

static void skip_blanks(reading *file)
{
    for (;;) {
        while (is_space(*file->at))
            file->at++;
        if (*file->at != '#')
            return;
        while (*file->at && *file->at != '\n')
            file->at++;
    }
}

static char *take_quoted(reading *file)
{
    static const char letters[] = "ntr";
    static const char meant[] = "\n\t\r";
    text word = {0};

    for (file->at++; *file->at && *file->at != '"'; file->at++) {
        const char *letter = NULL;
        if (*file->at == '\\' && file->at[1]) {
            file->at++;
            letter = strchr(letters, *file->at);
        }
        text_add_char(&word, letter ? meant[letter - letters] : *file->at);
    }
    if (*file->at == '"')
        file->at++;
    else
        file->is_bad = true;
    return text_take(&word);
}

/* NULL: the file has ended. */
static char *take_word(reading *file)
{
    const char *start;

    skip_blanks(file);
    if (!*file->at)
        return NULL;
    if (*file->at == '"')
        return take_quoted(file);
    start = file->at;
    while (*file->at && !is_space(*file->at))
        file->at++;
    return copy_bytes(start, (size_t)(file->at - start));
}

/* A macro lasts until an empty line. */
static void skip_macro(reading *file)
{
    const char *end = strstr(file->at, "\n\n");

    file->at = end ? end + 2 : file->at + strlen(file->at);
}

typedef struct entry {
    bool is_ours; /* the machine is the host, or "default" */
    char *login, *password;
} entry;

static void clear(entry *entry)
{
    free(entry->login);
    free(entry->password);
    *entry = (struct entry){0};
}

/* Whether the entry is of that machine and user. */
static bool answers(const entry *entry, const char *user)
{
    if (!entry->is_ours || (!entry->login && !entry->password))
        return false;
    return !user || (entry->login ? strcmp(entry->login, user) == 0 : entry->password != NULL);
}

/* What a key word is followed by; false: the file ended there. */
static bool take_entry(reading *file, entry *entry, const char *key, const char *host)
{
    char *word;

    if (equal_nocase(key, "default")) {
        clear(entry);
        entry->is_ours = true;
        return true;
    }
    if (equal_nocase(key, "macdef")) {
        skip_macro(file);
        return true;
    }
    word = take_word(file);
    if (!word)
        return false;
    if (equal_nocase(key, "machine")) {
        clear(entry);
        entry->is_ours = equal_nocase(word, host);
    } else if (equal_nocase(key, "login") && entry->is_ours) {
        set_text(&entry->login, word);
    } else if (equal_nocase(key, "password") && entry->is_ours) {
        set_text(&entry->password, word);
    }
    free(word);
    return true;
}

/* An entry has ended.  One with a password is the answer; one without is kept for want of it. */
static bool end_entry(const entry *entry, const char *user, struct entry *fallback)
{
    if (!answers(entry, user))
        return false;
    if (entry->password)
        return true;
    if (!fallback->login)
        fallback->login = copy_text(entry->login);
    return false;
}

/* The first entry that answers counts; it ends where the next begins. */
static bool find_entry(reading *file, const char *host, const char *user, entry *found)
{
    entry fallback = {0};
    bool done = false;

    while (!done) {
        char *key = take_word(file);
        bool begins = key && (equal_nocase(key, "machine") || equal_nocase(key, "default"));
        bool same_again = key && equal_nocase(key, "login") && found->login;
        done = !key;
        if ((done || begins || same_again) && end_entry(found, user, &fallback)) {
            free(key);
            clear(&fallback);
            return true;
        }
        if (same_again) { /* another login of the same machine */
            bool is_ours = found->is_ours;
            clear(found);
            found->is_ours = is_ours;
        }
        done = done || !take_entry(file, found, key, host) || file->is_bad;
        free(key);
    }
    if (file->is_bad)
        return false;
    if (end_entry(found, user, &fallback))
        return true;
    clear(found);
    *found = fallback;
    return found->login != NULL;
}

static char *default_path(void)
{
    const char *home = getenv("HOME");

    if (getenv("NETRC"))
        return copy_text(getenv("NETRC"));
    return home ? format_text("%s/.netrc", home) : NULL;
}

netrc_result netrc_find(const char *path, const char *host, char **user, char **password)
{
    char *where = path ? copy_text(path) : default_path();
    text file = {0};
    entry found = {0};
    bool is_there = where && text_add_file(&file, where);
    reading reading = {.at = text_str(&file)};

    free(where);
    if (!is_there) {
        text_free(&file);
        return NETRC_NO_FILE;
    }
    bool good = find_entry(&reading, host, *user, &found);
    if (good) {
        if (!*user && found.login)
            *user = copy_text(found.login);
        set_text(password, found.password);
    }
    clear(&found);
    text_free(&file);
    return good ? NETRC_FOUND : reading.is_bad ? NETRC_BAD : NETRC_NONE;
}
