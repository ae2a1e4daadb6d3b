/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_RUN_H
#define AHTTP_COMMAND_RUN_H
/* All transfers of a command line, one after the other or at the same time, and what they
   share. */
#include "settings.h"
#include <ahttp.h>

typedef struct run run;

/* Where proxies are asked for a way to: one for each host and port. */
typedef struct tunnel {
    struct tunnel *next;
    run *run;
    char *host;
} tunnel;

typedef struct session_entry {
    struct session_entry *next;
    settings *settings; /* of the first transfer */
    char *key;          /* all settings that are the connector's */
    ahttp_session *session;
    ahttp_connector *connector;
    ahttp_tls *tls, *proxy_tls;
    char *local_address; /* of --interface, where that is a name of one */
} session_entry;

struct run {
    global *global;
    session_entry *sessions;
    ahttp_cookie_jar *jar, *jar_for_all; /* the second: of cookies for every host */
    bool has_cookies;                    /* the jar is in use */
    list cookie_files;                   /* that were read */
    struct transfer **active;            /* those under way, for the meter */
    size_t active_count, active_cap;
    struct progress *progress;
    struct trace *trace;
    struct har *har;
    tunnel *tunnels;
    struct upload **retired; /* that another thread may still read for */
    size_t retired_count;
    list old_hosts; /* "host:port" of servers that answered in HTTP/1.0 */
    long started, failed, done;
    uint64_t bytes;
    double began_ms;
    int code;
};

/* The exit code. */
int run_all(global *global);

/* sessions.c: one for all transfers whose connections are made in the same way.  NULL, and *why,
   when that cannot be. */
ahttp_session *run_session(run *run, settings *settings, text *why, int *code);
void run_sessions_free(run *run);

/* tls_settings.c: *tls becomes what the options say, or NULL for the default.  False: it cannot be
   used. */
bool tls_settings_make(const settings *settings, bool of_proxy, ahttp_tls **tls, text *why,
                       int *code);

/* cookies.c */
void cookies_begin(run *run, settings *settings);
/* number: how many came with the same response before. */
void cookies_take(run *run, const char *url, const char *set_cookie, size_t number);
/* "a=1; b=2", to be freed, or NULL. */
char *cookies_for(run *run, const char *url);
void cookies_end(run *run, const settings *settings);

#endif
