/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_OPTIONS_H
#define AHTTP_COMMAND_OPTIONS_H
/* The one table of options.  Parsing, --help, the manual page, the completions of three shells
   and the guess at what a misspelt option meant are all made from it. */
#include "settings.h"

typedef enum option_kind {
    OPTION_FLAG,    /* a bool; --no-NAME clears it */
    OPTION_UNFLAG,  /* a bool that --no-NAME sets: what is on by itself */
    OPTION_CHOICE,  /* an int becomes the row's value; with --no-NAME its other one */
    OPTION_SET,     /* the same, and there is no --no-NAME */
    OPTION_TEXT,    /* the last one counts */
    OPTION_LIST,    /* all of them count */
    OPTION_NUMBER,  /* a whole number */
    OPTION_SECONDS, /* "2.5"; kept in milliseconds */
    OPTION_SIZE,    /* bytes, or with K, M, G, T, P behind it */
    OPTION_CALL,    /* a function is called with the value */
    OPTION_DEED,    /* a function is called; there is no value */
    OPTION_SWITCH,  /* the same, and --no-NAME too */
    OPTION_IGNORED  /* accepted for fingers that know curl; nothing to do here */
} option_kind;

typedef enum option_result {
    OPTION_OK,
    OPTION_BAD,         /* the value is no good: code 2 */
    OPTION_NO_FILE,     /* code 26 */
    OPTION_NOT_FOUND,   /* a file that must be there is not: code 2 */
    OPTION_UNKNOWN,     /* code 2 */
    OPTION_NO_VALUE,    /* code 2 */
    OPTION_UNSUPPORTED, /* code 2 */
    OPTION_NEXT,        /* --next: new settings begin */
    OPTION_NUMBER_BAD   /* code 2 */
} option_result;

/* What an option's function sees. */
typedef struct option_call {
    global *global;
    settings *settings;
    const struct option *option;
    const char *value; /* NULL for a deed */
    bool on;           /* false: --no-NAME */
    text *why;         /* may be filled: what is wrong with it */
} option_call;
typedef option_result option_fn(option_call *call);

/* Categories of --help, as bits in the order of option_categories. */
enum {
    IN_AUTH = 1 << 0,
    IN_CONNECTION = 1 << 1,
    IN_COMMAND = 1 << 2,
    IN_DNS = 1 << 3,
    IN_FILE = 1 << 4,
    IN_HTTP = 1 << 5,
    IN_IMPORTANT = 1 << 6,
    IN_OUTPUT = 1 << 7,
    IN_OWN = 1 << 8,
    IN_POST = 1 << 9,
    IN_PROXY = 1 << 10,
    IN_TIMEOUT = 1 << 11,
    IN_TLS = 1 << 12,
    IN_UPLOAD = 1 << 13,
    IN_VERBOSE = 1 << 14
};
typedef struct option_category {
    const char *name, *help;
} option_category;
extern const option_category option_categories[]; /* bit by bit; ends with NULL */

typedef struct option {
    const char *name;
    char letter; /* '\0': none */
    option_kind kind;
    unsigned categories;
    const char *argument; /* "<url>"; NULL: it takes none */
    const char *help;
    size_t offset; /* of the field */
    bool is_global;
    option_fn *apply;
    int value, other; /* of a choice; a function may look at the first */
} option;
extern const option options[];
extern const size_t option_count;

const option *option_by_name(const char *name); /* "no-" and "expand-" taken off */
const option *option_by_letter(char letter);
bool option_has_no(const option *option);
bool option_has_value(const option *option);
/* The name that is nearest to a misspelt one; NULL: none is near. */
const char *option_nearest(const char *name);
/* Sets it. */
option_result option_apply(option_call *call);

/* Functions of single options: options_*.c. */
option_fn option_bench, option_config, option_continue, option_cookie, option_create_mode,
    option_data, option_data_binary, option_data_raw, option_data_urlencode, option_fail,
    option_fail_with_body, option_follow, option_form, option_form_string, option_generate,
    option_header, option_help, option_json, option_location, option_location_trusted, option_next,
    option_output, option_output_null, option_proxy, option_proxy_header, option_range, option_rate,
    option_referer, option_remote_name, option_tls_max, option_trace, option_upload, option_url,
    option_url_query, option_variable, option_write_out;

#endif
