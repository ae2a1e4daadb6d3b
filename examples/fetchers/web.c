/* SPDX-License-Identifier: MIT */
#include "web.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void strings_add(strings *strings, const char *text)
{
    char **grown = realloc(strings->items, (strings->count + 1) * sizeof *grown);

    if (!grown || !(grown[strings->count] = strdup(text)))
        abort();
    strings->items = grown;
    strings->count++;
}

bool strings_add_new(strings *strings, const char *text)
{
    for (size_t i = 0; i < strings->count; i++)
        if (strcmp(strings->items[i], text) == 0)
            return false;
    strings_add(strings, text);
    return true;
}

void strings_free(strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->items[i]);
    free(strings->items);
}

/* ---- Links ---- */

/* "&amp;" is "&", and so on, in place. */
static void undo_entities(char *text)
{
    static const struct {
        const char *entity;
        char meant;
    } known[] = {{"&amp;", '&'},  {"&lt;", '<'},   {"&gt;", '>'},
                 {"&quot;", '"'}, {"&#39;", '\''}, {"&#38;", '&'}};

    for (char *at = strchr(text, '&'); at; at = strchr(at + 1, '&'))
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            size_t len = strlen(known[i].entity);
            if (strncmp(at, known[i].entity, len) == 0) {
                *at = known[i].meant;
                memmove(at + 1, at + len, strlen(at + len) + 1);
                break;
            }
        }
}

static ahttp_url *read_reference(const ahttp_url *page, const char *reference, size_t len)
{
    char *text = strndup(reference, len);
    ahttp_url *url = NULL;

    if (!text)
        abort();
    undo_entities(text);
    text[strcspn(text, "#")] = '\0';
    if (*text)
        url = ahttp_url_parse_as_browser(text, page, NULL);
    free(text);
    return url;
}

static void add_link(strings *links, const ahttp_url *page, const char *reference, size_t len)
{
    ahttp_url *url = read_reference(page, reference, len);

    if (url && strncmp(ahttp_url_scheme(url), "http", 4) == 0)
        strings_add_new(links, ahttp_url_text(url));
    ahttp_url_free(url);
}

/* The attribute's value, in quotes of either kind or none. */
static const char *take_value(const char *at, size_t *len)
{
    char quote = *at == '"' || *at == '\'' ? *at : '\0';

    at += quote != '\0';
    *len = quote ? strcspn(at, quote == '"' ? "\"" : "'") : strcspn(at, " \t\r\n>");
    return at;
}

/* The next value of that attribute at or behind *at, which moves on; NULL: there is none. */
static const char *next_value(const char **at, const char *attribute, size_t *len)
{
    const char *found = *at;

    while ((found = strcasestr(found, attribute))) {
        bool is_whole = strchr(" \t\r\n\"'/", found[-1]) != NULL;
        found += strlen(attribute);
        if (!is_whole)
            continue;
        const char *value = take_value(found, len);
        *at = value + *len;
        return value;
    }
    return NULL;
}

/* What links are seen from. */
static ahttp_url *base_of(const char *page_url, const char *html)
{
    ahttp_url *page = ahttp_url_parse(page_url, NULL);
    const char *element = strcasestr(html, "<base ");
    const char *value;
    size_t len;

    if (!page || !element || !(value = next_value(&element, "href=", &len)))
        return page;
    ahttp_url *base = read_reference(page, value, len);
    if (!base)
        return page;
    ahttp_url_free(page);
    return base;
}

strings web_links(const char *page_url, const char *html)
{
    static const char *const attributes[] = {"href=", "src="};
    strings links = {0};
    ahttp_url *base = base_of(page_url, html);

    for (size_t i = 0; base && i < 2 && *html; i++) {
        const char *at = html + 1; /* there is something in front of an attribute */
        const char *value;
        size_t len;
        while ((value = next_value(&at, attributes[i], &len)))
            add_link(&links, base, value, len);
    }
    ahttp_url_free(base);
    return links;
}

/* ---- robots.txt ---- */

/* The value of "name: value" in the line, or NULL. */
static const char *value_of(const char *line, const char *name)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) != 0)
        return NULL;
    line += len + strspn(line + len, " \t");
    return *line == ':' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

static size_t value_len(const char *value)
{
    return strcspn(value, " \t\r\n#");
}

/* "*" is any text, and "$" at the end is where the path ends (RFC 9309 §2.2.3). */
static bool rule_fits(const char *rule, size_t len, const char *path)
{
    for (; len > 0; rule++, len--) {
        if (*rule == '$' && len == 1)
            return *path == '\0';
        if (*rule == '*') {
            for (; *path; path++)
                if (rule_fits(rule + 1, len - 1, path))
                    return true;
            continue;
        }
        if (*rule != *path++)
            return false;
    }
    return true;
}

/* The longest rule of that agent's groups that fits, and of equals the one that allows.  False:
   there are no rules for that agent. */
static bool judge(const char *robots, const char *agent, const char *path, bool *allowed)
{
    bool for_us = false, in_agents = false, has_group = false;
    size_t longest = 0;

    *allowed = true;
    for (const char *line = robots; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *name = value_of(line, "user-agent");
        const char *deny = value_of(line, "disallow");
        const char *rule = deny ? deny : value_of(line, "allow");
        if (name) {
            size_t len = value_len(name);
            bool is_us = len == strlen(agent) && strncasecmp(name, agent, len) == 0;
            for_us = (in_agents && for_us) || is_us;
            in_agents = true;
            has_group = has_group || is_us;
        }
        if (!rule)
            continue;
        in_agents = false;
        size_t len = value_len(rule);
        if (for_us && len > 0 && (len > longest || (len == longest && !deny)) &&
            rule_fits(rule, len, path)) {
            *allowed = !deny;
            longest = len;
        }
    }
    return has_group;
}

bool web_allowed(const char *robots, const char *agent, const char *path)
{
    bool allowed;

    if (!judge(robots, agent, path, &allowed))
        judge(robots, "*", path, &allowed);
    return allowed;
}
