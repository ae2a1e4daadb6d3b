/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_TRANSFER_H
#define AHTTP_COMMAND_TRANSFER_H
/* One URL from its settings to its output.  It goes over as many hops as logins and redirects
   want; each hop is one request of the library.  What the rooms of the transfer share stands
   here:

     fields.c  what the request says       login.c     who asks
     ask.c     sends it, and waits         way.c       by which proxy, to which address
     head.c    heads as they come          answer.c    what the response means
     body.c    where the body goes         failure.c   what went wrong
     transfer.c the loop over the hops                                                   */
#include "facts.h"
#include "output.h"
#include "run.h"
#include "upload.h"
#include "url.h"
#include <ahttp.h>

/* Who asks a server, or a proxy. */
typedef struct login {
    char *whose; /* the proxy that it is for; NULL: the host */
    char *user, *password, *bearer;
    int wanted;           /* auth_kind bits; more than one: the server's choice */
    int picked;           /* one of them, or all that are wanted */
    int available;        /* what the last challenge offered */
    ahttp_digest *digest; /* the last challenge of that kind, or NULL */
    bool is_done;         /* nothing is left to negotiate */
    bool is_hopeless;     /* nothing that is offered will do */
    bool was_answered;    /* the digest was used */
} login;

/* By which way a hop goes. */
typedef struct way {
    bool has_proxy;
    bool is_plain;  /* an http proxy that is asked for the URL itself */
    bool is_tunnel; /* an http proxy that is asked to CONNECT */
    proxy_kind kind;
    url proxy;
    bool has_preproxy;
    url preproxy;
    char *connect_host; /* of --connect-to, or NULL */
    int connect_port;
} way;

typedef enum verdict {
    VERDICT_BODY,  /* the response is the answer */
    VERDICT_DONE,  /* so it is, but its body is not wanted */
    VERDICT_AGAIN, /* the same URL once more */
    VERDICT_HOP,   /* transfer->next is to be asked */
    VERDICT_FAILED /* facts.code and message are set */
} verdict;

typedef struct transfer {
    run *run;
    global *global;
    settings *settings;
    facts facts;
    output output;
    FILE *heads; /* of -D, or NULL */

    url url, next;
    url first; /* of the first hop: whom credentials are for */
    char *url_text;
    char *referer;
    way way;
    login login, proxy_login;
    body_kind body; /* of the request at hand */
    char *upload_path;
    const struct glob *upload_glob; /* that it is from, while the output is named */
    uint64_t upload_number;
    upload *upload;
    char *boundary;
    bool head;           /* -I */
    bool ignores_method; /* -X does not count any more */
    bool is_follow;
    bool is_probe;         /* a login is under way: the body is left out */
    long long resume_from; /* -C; 0: nothing */
    bool has_resume;
    int64_t condition;  /* seconds of -z */
    int condition_kind; /* 1: if modified since, -1: if not, 0: none */
    bool condition_unmet;
    bool is_first;        /* of its settings */
    bool is_named_by_url; /* -O */
    bool says_expect;     /* the request at hand says Expect: 100-continue */
    bool is_old;          /* ... and HTTP/1.0 */
    body_kind sent;       /* ... and has that */
    bool no_expect;       /* the server does not know that */
    bool was_repeated;    /* the request at hand, after a kept connection had ended */
    bool saw_old;         /* a head of HTTP/1.0 */

    text trailers;
    text json;    /* a body that is to be made pretty */
    text fields;  /* of the request at hand */
    text waiting; /* heads that wait for the name of the output */
    double began_ms, hop_began_ms;
    ahttp_response *response;
    tunnel *tunnel;         /* to which it waits for the way, or NULL */
    ahttp_promise *refused; /* of that: settled when there will be none */
    int64_t deadline_ms;    /* of the loop's clock; 0: none */
    bool is_running;
    bool is_skipped;
} transfer;

/* Runs it to its end; facts.code says how that was. */
void transfer_perform(transfer *transfer);
void transfer_release(transfer *transfer);
double clock_ms(void);

/* The code and its message, unless there is one already; VERDICT_FAILED. */
verdict transfer_fail(transfer *transfer, int code, const char *format, ...) TEXT_PRINTF(3, 4);
/* failure.c: the same from an error of the library. */
verdict transfer_fail_by(transfer *transfer, const ahttp_error *error);

/* ask.c: sends the request at hand.  VERDICT_BODY: there is a response; AGAIN: ask once more. */
verdict ask(transfer *transfer, ahttp_session *session);

/* fields.c: the head of the request at hand, all of it behind the request line. */
void fields_write(transfer *transfer, text *out);
const char *fields_method(const transfer *transfer);
/* Whether the server speaks HTTP/1.0, by the options or by what it answered before. */
bool fields_are_old(const transfer *transfer);
void fields_note_old(transfer *transfer);
/* The -H of that name ("Name: value" or "Name;"), or NULL. */
const char *fields_custom(const settings *settings, const char *name);
const char *fields_custom_in(const list *fields, const char *name);
/* The line of a -H as it is sent: nothing for "X:", empty for "X;". */
void fields_write_line(text *out, const char *line);
const char *fields_agent(void); /* "ahttp/0.1.0"; static */
/* For whom cookies are: the URL at hand, with the host that -H says. */
void fields_write_cookie_url(const transfer *transfer, text *out);
/* Whether credentials may go to the URL at hand. */
bool fields_are_trusted(const transfer *transfer);

/* login.c */
void login_begin(transfer *transfer);
void login_release(login *login);
/* "Basic ...", to be freed, or NULL; sets is_done. */
char *login_answer(transfer *transfer, login *login, const char *method, const char *target,
                   bool is_proxy);
/* What a response with challenges means: whether to ask again. */
bool login_take(transfer *transfer, login *login, bool is_proxy);
/* Whether the body is better left out, until the login is done. */
bool login_is_probe(const transfer *transfer);

/* head.c: called with each head that comes, with trailers, and with what CONNECT is asked and
   answered. */
void head_take(transfer *transfer, const char *bytes, size_t len);
void head_take_trailers(transfer *transfer, const char *bytes, size_t len);
void head_take_tunnel(transfer *transfer, bool is_sent, const char *bytes, size_t len);

/* answer.c */
verdict answer_judge(transfer *transfer);
/* Whether --proto or --proto-redir lets that scheme be used. */
bool answer_allows(const char *protocols, const char *scheme);

/* way.c */
bool way_find(transfer *transfer);
void way_release(way *way);
const char *way_scheme(const way *way); /* of the proxy, as the library has it */

/* body.c */
verdict body_read(transfer *transfer, bool discard);
bool body_prepare(transfer *transfer);
/* How long it may be slower than -Y says; AHTTP_NEVER: for ever. */
int64_t body_slow_ms(const settings *settings);

#endif
