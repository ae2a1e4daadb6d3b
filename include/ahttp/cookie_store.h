/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COOKIE_STORE_H
#define AHTTP_COOKIE_STORE_H
/* Where cookies are between two runs of a program: in a file, or wherever the program likes. */
#include <ahttp/cookies.h>
AHTTP_BEGIN

/* ---- Files ---- */

typedef enum ahttp_cookie_file {
    AHTTP_COOKIES_JSON = 0,     /* all that a cookie has */
    AHTTP_COOKIES_NETSCAPE = 1, /* cookies.txt, as curl and others have it: without SameSite */
    AHTTP_COOKIES_MERGE = 16    /* to be added: keep what the file has and the jar has not */
} ahttp_cookie_file;

/* Replaces the file in one step; a new one can be read by its owner only, an old one keeps its
   mode.  The cookies are those of now, which have not expired.  Who saves to one file at the same
   time, in whatever process, waits for the other; the last one's cookies are in it, or with MERGE
   those of both: of two that are the same, the last one's.  Resolves to nothing; E_SYSTEM. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_cookie_jar_save(ahttp_cookie_jar *jar,
                                                             const char *path, int how);
/* Adds what the file has and has not expired, in either form; what the jar would refuse is left
   out.  Resolves to nothing; E_SYSTEM, with ENOENT as cause when there is none; E_JSON. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_cookie_jar_load(ahttp_cookie_jar *jar,
                                                             const char *path);
/* The same at once, where nobody minds waiting for the disk.  0, or the code. */
AHTTP_API int ahttp_cookie_jar_save_blocking(ahttp_cookie_jar *jar, const char *path, int how);
AHTTP_API int ahttp_cookie_jar_load_blocking(ahttp_cookie_jar *jar, const char *path);

/* ---- A store of the program's own, such as a database ---- */

/* All are called where cookies are needed, within other functions of the library: they must not
   wait, nor use the session.  ctx comes last.  A store may well keep a jar of the library inside,
   which knows the rules, and only take note of what changes. */
typedef struct ahttp_cookie_store {
    size_t size;
    /* A response from url said so: domain and path are NULL where it did not say; a cookie that
       expires now or earlier is to be deleted.  With url NULL it comes from a file, complete.
       NULL, or a static text that says why it is refused. */
    const char *(*set)(const char *url, const ahttp_cookie *cookie, void *ctx);
    /* fn with each that a request for url sends, in order, until fn returns false. */
    void (*find)(const char *url, ahttp_cookie_fn *fn, void *fn_ctx, void *ctx);
    /* fn with each there is, until fn returns false. */
    void (*each)(ahttp_cookie_fn *fn, void *fn_ctx, void *ctx);
    /* Removes those for which which returns true; says how many. */
    size_t (*remove)(ahttp_cookie_fn *which, void *which_ctx, void *ctx);
    ahttp_free_fn *free_ctx; /* when the jar goes; may be NULL */
    void *ctx;
} ahttp_cookie_store;

/* A jar that asks the store, which is copied.  NULL when out of memory, or when store->size is
   not set or a function is missing; then ctx stays the caller's. */
AHTTP_API ahttp_cookie_jar *ahttp_cookie_jar_from_store(const ahttp_cookie_store *store);

AHTTP_END
#endif
