/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_FACTS_H
#define AHTTP_COMMAND_FACTS_H
/* What is known of a transfer, for -w, --timing, --har and the meter. */
#include "settings.h"
#include <ahttp.h>

/* Of the last head.  What came to pass in each hop, from the name to the first byte, counts in
   milliseconds since the hop began, and over all hops as a sum, as curl has it. */
typedef struct facts {
    char *url;       /* as it was given */
    char *effective; /* that was asked for at last */
    char *method, *scheme, *redirect_url, *referer, *content_type, *file_name;
    char *remote_ip, *local_ip;
    int remote_port, local_port;
    int code; /* the exit code */
    text message;
    int status, connect_status, minor_version;
    long redirects, connects, retries;
    uint64_t field_count;
    list fields;     /* "Name: value" of the last response, in order */
    list all_fields; /* of all responses; an empty line between them */
    uint64_t head_bytes, request_bytes, downloaded, uploaded;
    long long body_length; /* that the server promised; -1: nothing */
    double name_ms, connect_ms, tls_ms, pretransfer_ms, sent_ms, first_byte_ms;
    double redirect_ms, total_ms; /* since the transfer began */
    ahttp_timings hop;            /* of the last hop */
    double asked_ms;              /* since the transfer began: hop.start_ns */
    double queue_ms;
    uint64_t delivered; /* bytes of the body, decoded */
    int used_proxy;
    int certificate_problem; /* %{ssl_verify_result} */
    char *certificates;      /* that the server sent, in PEM, its own first; NULL: none */
    int certificate_count;
    long number; /* of the transfer */
    uint64_t url_number;
} facts;

void facts_release(facts *facts);
/* The nth value of a field of the last response, or NULL. */
const char *facts_field(const facts *facts, const char *name);

#endif
