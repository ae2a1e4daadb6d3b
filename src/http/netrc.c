/* SPDX-License-Identifier: MIT */
#include "http/netrc.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

static void skip(ah_str *text, size_t count)
{
    *text = ah_str_slice(*text, count, text->len);
}

static void skip_blanks(ah_str *text)
{
    while (text->len > 0 && is_blank(*text->ptr))
        skip(text, 1);
}

/* The next word, without its quotes, into word; false at the end of the text. */
static bool take_word(ah_str *text, ah_buf *word)
{
    bool is_quoted;

    ah_buf_clear(word);
    skip_blanks(text);
    if (text->len == 0)
        return false;
    is_quoted = *text->ptr == '"';
    if (is_quoted)
        skip(text, 1);
    while (text->len > 0 && (is_quoted ? *text->ptr != '"' : !is_blank(*text->ptr))) {
        if (*text->ptr == '\\' && text->len > 1)
            skip(text, 1);
        ah_buf_append_char(word, *text->ptr);
        skip(text, 1);
    }
    if (is_quoted)
        skip(text, 1);
    return true;
}

static bool is(const ah_buf *word, const char *name)
{
    return ah_str_equal(ah_buf_str(word), ah_str_from(name));
}

static void skip_line(ah_str *text)
{
    skip(text, ah_str_find(*text, '\n'));
}

/* A macro goes on to an empty line. */
static void skip_macro(ah_str *text)
{
    skip_line(text);
    while (text->len > 0) {
        skip(text, 1);
        if (ah_str_trim(ah_str_slice(*text, 0, ah_str_find(*text, '\n'))).len == 0)
            return;
        skip_line(text);
    }
}

/* One machine, or the default. */
typedef struct entry {
    ah_buf login, account, password;
    bool has_login, has_account;
} entry;

static void read_entry(ah_str *text, entry *it, ah_buf *word)
{
    ah_str rest = *text;

    while (take_word(&rest, word)) {
        if (is(word, "machine") || is(word, "default") || is(word, "macdef"))
            return;
        if (is(word, "login"))
            it->has_login = take_word(&rest, &it->login);
        else if (is(word, "account"))
            it->has_account = take_word(&rest, &it->account);
        else if (is(word, "password"))
            take_word(&rest, &it->password);
        else if (word->len > 0 && *word->data == '#')
            skip_line(&rest);
        *text = rest;
    }
    *text = rest;
}

static bool append(const entry *it, ah_buf *out)
{
    if (!it->has_login && !it->has_account)
        return false;
    ah_buf_append(out, ah_buf_str(it->has_login ? &it->login : &it->account));
    ah_buf_append_char(out, ':');
    ah_buf_append(out, ah_buf_str(&it->password));
    return true;
}

static void clear(entry *it)
{
    ah_buf_clear(&it->login);
    ah_buf_clear(&it->account);
    ah_buf_clear(&it->password);
    it->has_login = it->has_account = false;
}

/* Whether an entry for the host begins behind the word that was read; then it is the entry for
   all hosts if *is_default. */
static bool begins_entry(ah_str *text, ah_str host, ah_buf *word, bool *is_default)
{
    *is_default = is(word, "default");
    if (*is_default)
        return true;
    if (!is(word, "machine") || !take_word(text, word))
        return false;
    return ah_str_equal_nocase(ah_buf_str(word), host);
}

/* Whether it fails for want of memory shows in any buffer. */
static bool failed(const entry *it, const ah_buf *word)
{
    return ah_buf_failed(&it->login) || ah_buf_failed(&it->account) ||
           ah_buf_failed(&it->password) || ah_buf_failed(word);
}

static bool search(ah_str text, ah_str host, entry *found, ah_buf *word)
{
    bool has_default = false, is_default;

    while (take_word(&text, word)) {
        if (is(word, "macdef"))
            skip_macro(&text);
        else if (word->len > 0 && *word->data == '#')
            skip_line(&text);
        else if (begins_entry(&text, host, word, &is_default) && !(is_default && has_default)) {
            clear(found);
            read_entry(&text, found, word);
            if (!is_default || failed(found, word))
                return true;
            has_default = true;
        }
    }
    return has_default;
}

bool ah_netrc_find(ah_str text, ah_str host, ah_buf *out)
{
    entry found = {.has_login = false};
    ah_buf word = {0};
    bool has_one = search(text, host, &found, &word);

    if (failed(&found, &word))
        out->failed = true;
    else
        has_one = has_one && append(&found, out);
    ah_buf_release(&found.login);
    ah_buf_release(&found.account);
    ah_buf_release(&found.password);
    ah_buf_release(&word);
    return has_one;
}
