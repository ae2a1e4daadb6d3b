/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_SETTINGS_H
#define AHTTP_COMMAND_SETTINGS_H
/* What the command line says: one `global` for all of it, and one `settings` for each stretch
   between --next.  The table in options.c says which option fills which field; 0 and NULL are
   the defaults, as in the library, unless settings_new says otherwise. */
#include "text.h"
#include <stdint.h>
#include <stdio.h>

/* One URL, and what belongs to it.  They are paired in the order in which they are given. */
typedef struct source {
    char *url;
    char *output;     /* -o; NULL: standard output, unless one of these is set */
    bool remote_name; /* -O */
    bool discard;     /* --out-null */
    bool has_output;  /* one of these three was given */
    char *upload;     /* -T */
    bool has_upload;
} source;

typedef enum body_kind { BODY_NONE, BODY_DATA, BODY_FORM, BODY_UPLOAD } body_kind;
typedef enum auth_kind {
    AUTH_DEFAULT = 0,
    AUTH_BASIC = 1 << 0,
    AUTH_DIGEST = 1 << 1,
    AUTH_BEARER = 1 << 2,
    AUTH_ANY = AUTH_BASIC | AUTH_DIGEST | AUTH_BEARER
} auth_kind;
typedef enum follow_mode { FOLLOW_NO, FOLLOW_ALL, FOLLOW_OBEY } follow_mode;
typedef enum proxy_kind {
    PROXY_HTTP,
    PROXY_HTTP10,
    PROXY_SOCKS4,
    PROXY_SOCKS4A,
    PROXY_SOCKS5,
    PROXY_SOCKS5H
} proxy_kind;
typedef enum netrc_mode { NETRC_NO, NETRC_OPTIONAL, NETRC_REQUIRED } netrc_mode;
typedef enum trace_form { TRACE_NONE, TRACE_SHORT, TRACE_ASCII, TRACE_HEX } trace_form;

/* One -F: see form.h. */
typedef struct form_part form_part;

typedef struct settings {
    struct settings *next;
    source *sources;
    size_t source_count;
    bool remote_name_all;

    /* What to ask for */
    char *method; /* -X */
    bool head;    /* -I */
    list headers, proxy_headers;
    char *user_agent, *referer;
    bool auto_referer;
    char *request_target;
    bool path_as_is, globoff;
    list url_query;
    char *proto_default;
    char *range, *continue_at;
    int http_version; /* 10, 11; 0: 1.1 */
    bool http09;
    bool compressed, tr_encoding, raw;
    char *time_cond;
    char *etag_save, *etag_compare;

    /* Body */
    text data;
    bool has_data, get, json;
    form_part *form;
    bool form_escape;
    long long expect_100_ms;

    /* Who asks */
    char *user, *proxy_user, *bearer;
    int auth, proxy_auth; /* auth_kind bits */
    int netrc;            /* netrc_mode */
    char *netrc_file;
    list cookies;      /* -b name=value; ... */
    list cookie_files; /* -b file */
    char *cookie_jar;
    bool junk_session_cookies;

    /* Where to */
    list resolve, connect_to;
    char *dns_servers, *interface, *local_port, *unix_socket, *abstract_socket;
    int family; /* 4, 6; 0: both */
    long long happy_eyeballs_ms, connect_timeout_ms, max_time_ms, keepalive_time;
    bool no_keepalive;
    char *proxy, *preproxy, *noproxy;
    proxy_kind proxy_type;
    bool proxy_tunnel, suppress_connect_headers;

    /* TLS */
    bool insecure, proxy_insecure;
    char *cacert, *capath, *cert, *key, *pass, *pinned, *ciphers, *tls13_ciphers, *tls_max;
    char *cert_type, *key_type, *crlfile;
    char *proxy_cacert, *proxy_capath, *proxy_cert, *proxy_key, *proxy_pass, *proxy_pinned;
    int tls_min; /* 10, 11, 12, 13; 0: the default */

    /* Redirects and protocols */
    follow_mode follow;
    bool location_trusted, post301, post302, post303;
    long long max_redirs;
    char *proto, *proto_redir;

    /* Output */
    bool include, fail, fail_with_body, no_buffer, create_dirs, remote_header_name, remote_time;
    bool remove_on_error, skip_existing, ignore_content_length;
    int clobber; /* 0: as it comes, 1: always, -1: never */
    char *output_dir, *dump_header, *write_out, *create_file_mode;

    /* Limits and retries */
    long long max_filesize, limit_rate, speed_limit, speed_time, retry, retry_delay_ms,
        retry_max_ms;
    bool retry_all_errors, retry_connrefused;

    /* Own additions */
    bool timing, pretty;
    char *har;
    long long bench, bench_at_once;
} settings;

/* Of the whole command. */
typedef struct global {
    settings *first, *last;
    FILE *errors; /* --stderr, else standard error */
    bool silent, show_error, no_progress_meter, progress_bar, trace_time, trace_ids;
    int trace_form; /* enum trace_form; SHORT is -v, and goes to errors */
    char *trace_file, *stderr_file;
    bool fail_early, parallel, styled_off;
    long long parallel_max, rate;
    bool no_config, help, version, manual;
    char *help_category;
    char *config_path; /* of the default config file that was read, or NULL */
    int generate;      /* documents of the command: see documents.h */
    struct variable *variables;
} global;

settings *settings_new(void);
void settings_free(settings *settings);
/* The first source that lacks what is about to be given: 'u'rl, 'o'utput or upload ('t'). */
source *settings_source_for(settings *settings, char what);
void global_release(global *global);

/* Those of the terminal, as shells tell them. */
size_t message_columns(void);
/* "ahttp: (3) ..." as curl writes it, unless silent; printf's format.  Warnings and notes come in
   lines that fit the terminal; notes are for those who want to see what happens (-v, --trace). */
void complain(const global *global, const char *format, ...) TEXT_PRINTF(2, 3);
void warn(const global *global, const char *format, ...) TEXT_PRINTF(2, 3);
void note(const global *global, const char *format, ...) TEXT_PRINTF(2, 3);

#endif
