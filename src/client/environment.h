/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_ENVIRONMENT_H
#define AH_CLIENT_ENVIRONMENT_H
/* What the environment says about proxies, read anew for each request, since a program may
   change it.  Names in lower case come first:

     http_proxy, https_proxy   for URLs of that scheme
     all_proxy                 for the others
     no_proxy                  hosts that are reached directly (http/no_proxy.h)

   HTTP_PROXY does not count where REQUEST_METHOD is set: a program that is run by CGI has it from
   a field of the request, "Proxy" (httpoxy). */
#include "http/url.h"

typedef struct ah_environment_proxy {
    const char *name; /* of the variable, for messages */
    ah_str url;       /* empty: no proxy */
} ah_environment_proxy;

ah_environment_proxy ah_environment_proxy_for(const ah_url *url);

#endif
