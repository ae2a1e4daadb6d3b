/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_NAME_SERVICE_H
#define AH_DNS_NAME_SERVICE_H
/* Which names c-ares cannot answer as the system would: the rule of docs/dns.md.  It reads the
   line "hosts:" of nsswitch.conf once, when it is first asked. */
#include "base/str.h"

typedef enum ah_name_way {
    AH_WAY_DNS,             /* by c-ares: the hosts file and name servers */
    AH_WAY_DNS_THEN_SYSTEM, /* by the system, if name servers have no answer */
    AH_WAY_SYSTEM           /* by the system's resolver at once */
} ah_name_way;

/* Zeroed memory has not been read. */
typedef struct ah_name_service {
    unsigned before_dns; /* kinds of names for which there is a module before dns */
    unsigned behind_dns;
    bool is_read;
} ah_name_service;

ah_name_way ah_name_service_way(ah_name_service *service, const char *nsswitch, ah_str host);

#endif
