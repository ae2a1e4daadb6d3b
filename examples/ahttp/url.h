/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_URL_H
#define AHTTP_COMMAND_URL_H
/* URLs as people type them: without a scheme, with one slash too few, with dots in the path, and
   relative to another one.  What comes out is exact, and goes to the library as origin and
   request target.  The library's own reader is stricter. */
#include "text.h"

typedef struct url {
    char *scheme;          /* lower case */
    char *user, *password; /* percent-decoded; NULL: not given */
    char *host;            /* as DNS has it, in lower case; an IPv6 address without its brackets */
    char *host_text;       /* as it stood there, perhaps in letters beyond ASCII */
    char *zone;            /* of an IPv6 address, or NULL */
    int port;              /* the scheme's, unless given */
    bool has_port;
    bool has_slash; /* behind the host */
    char *path;     /* starts with a slash */
    char *query;    /* without "?"; NULL: none */
    char *fragment;
    char *user_text; /* "user:password" as it stood there, or NULL */
} url;

/* How to read it. */
enum {
    URL_AS_IS = 1 << 0,  /* leave /../ and /./ in the path */
    URL_ENCODE = 1 << 1, /* spaces and bytes above 127 are percent-encoded, not refused */
    URL_ANY = 1 << 2     /* whatever the scheme */
};

/* False: *why is filled; *url needs no url_free then. */
bool url_parse(url *url, const char *given, const char *default_scheme, int how, text *why);
/* A reference, such as in Location, seen from that URL. */
bool url_join(url *joined, const url *base, const char *reference, int how, text *why);
void url_free(url *url);
void url_copy(url *copy, const url *from);

/* "example.com", "[::1]", in ASCII; with ":8080" unless it is the scheme's port. */
void url_write_host(text *out, const url *url, bool with_port);
void url_write_target(text *out, const url *url); /* path and query */
/* All of it; without user, password and fragment unless whole. */
void url_write(text *out, const url *url, bool whole);
/* Puts "a=1&b=2" behind what query a URL has, as it was typed; the URL is replaced. */
void url_add_query(char **url, const char *query);
int url_default_port(const char *scheme); /* 0: not a scheme we know */
bool url_same_origin(const url *a, const url *b);

#endif
