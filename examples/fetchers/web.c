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

static void add_link(strings *links, const ahttp_url *page, const char *reference, size_t len)
{
    char *text = strndup(reference, len);

    if (!text)
        abort();
    text[strcspn(text, "#")] = '\0';
    ahttp_url *url = ahttp_url_join(page, text, NULL);
    if (url && *text)
        strings_add_new(links, ahttp_url_text(url));
    ahttp_url_free(url);
    free(text);
}

/* The attribute's value, in quotes of either kind or none. */
static const char *take_value(const char *at, size_t *len)
{
    char quote = *at == '"' || *at == '\'' ? *at : '\0';

    at += quote != '\0';
    *len = quote ? strcspn(at, quote == '"' ? "\"" : "'") : strcspn(at, " \t\r\n>");
    return at;
}

strings web_links(const char *page_url, const char *html)
{
    static const char *const attributes[] = {"href=", "src="};
    strings links = {0};
    ahttp_url *page = ahttp_url_parse(page_url, NULL);

    for (const char *at = html; page && *at; at++)
        for (size_t i = 0; i < 2; i++) {
            size_t len = strlen(attributes[i]);
            if (strncasecmp(at, attributes[i], len) != 0)
                continue;
            const char *value = take_value(at + len, &len);
            add_link(&links, page, value, len);
            at = value + len - 1;
            break;
        }
    ahttp_url_free(page);
    return links;
}

/* ---- robots.txt (RFC 9309): the longest rule that fits counts ---- */

/* The value of "name: value" in the line, or NULL. */
static const char *value_of(const char *line, const char *name)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) != 0)
        return NULL;
    line += len + strspn(line + len, " \t");
    return *line == ':' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

bool web_allowed(const char *robots, const char *path)
{
    bool for_us = false, in_agents = false, allowed = true;
    size_t longest = 0;

    for (const char *line = robots; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *agent = value_of(line, "user-agent");
        const char *deny = value_of(line, "disallow");
        const char *rule = deny ? deny : value_of(line, "allow");
        if (agent) {
            for_us = (in_agents && for_us) || *agent == '*';
            in_agents = true;
        }
        if (!rule)
            continue;
        in_agents = false;
        size_t len = strcspn(rule, " \t\r\n#");
        if (for_us && len > 0 && len >= longest && strncmp(path, rule, len) == 0) {
            allowed = !deny;
            longest = len;
        }
    }
    return allowed;
}
