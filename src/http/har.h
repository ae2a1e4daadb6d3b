/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_HAR_H
#define AH_HTTP_HAR_H
/* Requests and responses as entries of an HTTP Archive (HAR 1.2), which the tools of browsers
   show.  Values only: who has been where, when, is the caller's to know. */
#include "base/buf.h"
#include "http/headers.h"
#include "http/phases.h"

typedef struct ah_har_entry {
    int64_t started_ms; /* since 1970 */
    const char *method;
    const char *url;
    const ahttp_headers *request_headers; /* or NULL */
    int status;                           /* 0: there was no response */
    int minor_version;                    /* of its HTTP/1 */
    const char *reason;                   /* or NULL, as all that follow */
    const ahttp_headers *response_headers;
    const char *content_type;
    const char *redirect_url;
    const char *server_address; /* without a port */
    const char *error;
    int64_t bytes_sent, bytes_received; /* -1: not known */
    ah_phases phases;
    const char *const *secret_headers; /* what the program calls secret besides, or NULL */
    bool shows_secrets;                /* values of fields that are, and logins in URLs */
} ah_har_entry;

/* Appends one object; out remembers running out of memory. */
void ah_har_write_entry(ah_buf *out, const ah_har_entry *entry);
/* What stands before and behind the entries, between which there are commas. */
void ah_har_write_begin(ah_buf *out);
void ah_har_write_end(ah_buf *out);

#endif
