/* SPDX-License-Identifier: MIT */
#include "client/environment.h"
#include "http/no_proxy.h"
#include <stdlib.h>

typedef struct variable {
    const char *lower, *upper;
} variable;

/* An empty one in lower case hides that in upper case. */
static ah_environment_proxy look_up(variable names)
{
    const char *value = getenv(names.lower);

    if (value)
        return (ah_environment_proxy){names.lower, ah_str_from(value)};
    return (ah_environment_proxy){names.upper, ah_str_from(getenv(names.upper))};
}

static ah_environment_proxy look_up_http(void)
{
    static const variable http = {"http_proxy", "HTTP_PROXY"};
    static const variable under_cgi = {"http_proxy", "http_proxy"};

    return look_up(getenv("REQUEST_METHOD") ? under_cgi : http);
}

ah_environment_proxy ah_environment_proxy_for(const ah_url *url)
{
    static const variable https = {"https_proxy", "HTTPS_PROXY"};
    static const variable all = {"all_proxy", "ALL_PROXY"};
    static const variable none = {"no_proxy", "NO_PROXY"};
    ah_environment_proxy found = url->is_tls ? look_up(https) : look_up_http();

    if (found.url.len == 0)
        found = look_up(all);
    if (found.url.len > 0 && ah_no_proxy_covers(look_up(none).url, url->host, url->port))
        found.url = (ah_str){0};
    return found;
}
