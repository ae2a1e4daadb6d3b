/* SPDX-License-Identifier: MIT */
#ifndef FETCHERS_WEB_H
#define FETCHERS_WEB_H
/* What the programs that follow links share: the links of a page, URLs that were seen, and what
   robots.txt allows. */
#include <ahttp.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct strings {
    char **items;
    size_t count;
} strings;

void strings_add(strings *strings, const char *text);
/* Adds it unless it is there; whether it was added. */
bool strings_add_new(strings *strings, const char *text);
void strings_free(strings *strings);

/* The http and https URLs that href and src of the page lead to, as a browser understands them,
   without fragments, each once.  A base element counts. */
strings web_links(const char *page_url, const char *html);

/* robots.txt (RFC 9309): whether who calls itself agent may ask for that path and query.  The rules
   for agent count, or if there are none, those for "*". */
bool web_allowed(const char *robots, const char *agent, const char *path);

#endif
