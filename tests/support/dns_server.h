/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_DNS_SERVER_H
#define TESTS_SUPPORT_DNS_SERVER_H
/* A name server on 127.0.0.1, UDP and TCP, in a thread of its own, which answers from a table
   and counts what it was asked.  Names that are not in the table do not exist (NXDOMAIN);
   types that a name does not have are no data. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DNS_A = 1, DNS_CNAME = 5, DNS_AAAA = 28 };

typedef enum dns_manner {
    DNS_ANSWERS,
    DNS_SILENT,   /* no reply at all */
    DNS_FAILS,    /* SERVFAIL */
    DNS_OVER_TCP, /* a truncated reply over UDP, the whole one over TCP */
    DNS_HANGS_UP, /* a truncated reply over UDP, and TCP connections closed when accepted */
    DNS_LOOPS     /* the alias is an alias of the name again */
} dns_manner;

typedef struct dns_rule {
    const char *name; /* lower case */
    int type;         /* DNS_A, DNS_AAAA */
    dns_manner manner;
    uint32_t ttl;
    const char *addresses[4]; /* NULL ends them */
    const char *alias;        /* answer with a CNAME to this name, which has the addresses */
    uint32_t alias_ttl;
} dns_rule;

typedef struct dns_server dns_server;

/* rules end with one that has no name, and must outlive the server. */
dns_server *dns_server_start(const dns_rule *rules);
void dns_server_stop(dns_server *server);
/* "127.0.0.1:5353" */
const char *dns_server_text(const dns_server *server);
/* How many questions came, over UDP, for this name and type. */
size_t dns_server_asked(dns_server *server, const char *name, int type);

#endif
