/* SPDX-License-Identifier: MIT */
/* Who may set which cookie. */
#include "cookies/jar_store.h"
#include "cookies/suffix.h"
#include "http/idn.h"

bool ah_jar_is_secure(const ah_jar *jar, const ah_url *url)
{
    for (size_t i = 0; i < jar->rules.secure_origin_count; i++) {
        const ah_url *secure = &jar->rules.secure_origins[i];
        if (url->port == secure->port && ah_str_equal(url->scheme, secure->scheme) &&
            ah_str_equal(url->host, secure->host))
            return true;
    }
    return url->is_tls;
}

/* A secure cookie that wanted would hide, or be sent beside (rfc6265bis §5.7 step 15). */
static bool overlays(const ah_jar_cookie *secure, const ah_cookie_draft *wanted)
{
    return secure->secure && ah_str_equal(secure->name, wanted->name) &&
           ah_cookie_path_holds(secure->path, wanted->path);
}

static bool overlays_secure(const ah_jar *jar, const ah_cookie_draft *wanted)
{
    if (jar->secure_count == 0)
        return false;
    AH_LIST_FOR_EACH(link, &jar->cookies)
    {
        const ah_jar_cookie *cookie = ah_jar_in_jar(link);
        if (overlays(cookie, wanted) &&
            (ah_cookie_domain_holds(cookie->domain->node.key, wanted->domain) ||
             ah_cookie_domain_holds(wanted->domain, cookie->domain->node.key)))
            return true;
    }
    return false;
}

/* rfc6265bis §4.1.3; whatever the case of the letters (§5.7 steps 20 to 22). */
static const char *check_prefix(const ah_cookie_draft *wanted, bool has_path)
{
    if (ah_str_starts_with_nocase(wanted->name, AH_STR("__Secure-")) && !wanted->secure)
        return "its name starts with __Secure-, but it is not Secure";
    if (ah_str_starts_with_nocase(wanted->name, AH_STR("__Host-")) &&
        (!wanted->secure || !wanted->host_only || !has_path ||
         !ah_str_equal(wanted->path, AH_STR("/"))))
        return "its name starts with __Host-, but it is not Secure, for one host and Path=/";
    return NULL;
}

/* International names become A-labels (RFC 6265 §5.1.2). */
static const char *read_name(ah_str said, char lower[], size_t *len)
{
    ah_arena arena = {0};
    ah_str name = {0};
    const char *why = ah_idn_to_ascii(&arena, said, &name);

    if (why == AH_URL_NO_MEMORY)
        why = AH_JAR_NO_MEMORY;
    else if (why || name.len > AH_COOKIE_MOST_ATTRIBUTE_BYTES)
        why = "its domain is no name of a host";
    *len = why ? 0 : name.len;
    if (*len > 0)
        memcpy(lower, name.ptr, *len);
    ah_arena_release(&arena);
    return why;
}

/* lower[] has room for AH_COOKIE_MOST_ATTRIBUTE_BYTES. */
static const char *read_domain(ah_str said, char lower[], ah_str *domain)
{
    size_t len = said.len;
    bool is_ascii = true;

    for (size_t i = 0; i < said.len; i++) {
        is_ascii = is_ascii && (unsigned char)said.ptr[i] < 0x80;
        lower[i] = ah_lower(said.ptr[i]);
    }
    const char *why = is_ascii ? NULL : read_name(said, lower, &len);
    *domain = ah_str_make(lower, len);
    return why;
}

static const char *choose_domain(ah_cookie_draft *wanted, const ah_cookie_request *request,
                                 ah_str said, char lower[])
{
    ah_str domain;

    wanted->domain = request->host;
    wanted->host_only = true;
    if (said.len == 0)
        return NULL;
    const char *why = read_domain(said, lower, &domain);
    if (why)
        return why;
    bool is_host = ah_str_equal(domain, request->host);
    if (request->is_ip || ah_domain_is_public_suffix(domain)) {
        if (is_host)
            return NULL;
        return request->is_ip ? "its domain is not the IP address that the URL has"
                              : "its domain is a public suffix";
    }
    if (!ah_cookie_domain_holds(domain, request->host))
        return "its domain does not hold the URL's host";
    wanted->domain = domain;
    wanted->host_only = false;
    return NULL;
}

const char *ah_jar_set(ah_jar *jar, const ah_url *url, const ah_set_cookie *said, int64_t now)
{
    ah_cookie_request request = ah_cookie_request_of(url);
    bool from_secure = ah_jar_is_secure(jar, url);
    char lower[AH_COOKIE_MOST_ATTRIBUTE_BYTES];
    int64_t expires = ah_set_cookie_expiry(said, now);
    ah_cookie_draft wanted = {.name = said->name,
                              .value = said->value,
                              .path = said->path.ptr ? said->path
                                                     : ah_cookie_default_path(request.path),
                              .expires = expires == 0 ? INT64_MAX : expires,
                              .same_site = said->same_site,
                              .secure = said->secure,
                              .http_only = said->http_only};

    if (request.is_ip && !jar->rules.ip_hosts)
        return "the URL's host is an IP address";
    if (said->secure && !from_secure)
        return "it is Secure, but the URL is not";
    const char *why = choose_domain(&wanted, &request, said->domain, lower);
    if (!why)
        why = check_prefix(&wanted, said->path.ptr != NULL);
    if (why)
        return why;
    ah_jar_sweep(jar, now);
    if (!said->secure && !from_secure && overlays_secure(jar, &wanted))
        return "there is a Secure cookie of that name";
    return ah_jar_put(jar, &wanted, now);
}

const char *ah_jar_restore(ah_jar *jar, const ahttp_cookie *cookie, int64_t now)
{
    ah_cookie_draft wanted = {.name = ah_str_from(cookie->name),
                              .value = ah_str_from(cookie->value),
                              .domain = ah_str_from(cookie->domain),
                              .path = ah_str_from(cookie->path),
                              .expires = cookie->expires == 0 ? INT64_MAX : cookie->expires,
                              .same_site = cookie->same_site,
                              .host_only = cookie->host_only,
                              .secure = cookie->secure,
                              .http_only = cookie->http_only};

    if (wanted.name.len == 0 || wanted.domain.len == 0 || wanted.path.len == 0 ||
        *wanted.path.ptr != '/')
        return "it has no name, no domain or no path";
    if (ah_cookie_has_controls(wanted.name) || ah_cookie_has_controls(wanted.value) ||
        ah_str_find(wanted.name, '=') < wanted.name.len ||
        ah_str_find(wanted.name, ';') < wanted.name.len ||
        ah_str_find(wanted.value, ';') < wanted.value.len)
        return "its name or value has characters that cannot be sent";
    if (wanted.name.len + wanted.value.len > AH_COOKIE_MOST_BYTES ||
        wanted.domain.len > AH_COOKIE_MOST_ATTRIBUTE_BYTES ||
        wanted.path.len > AH_COOKIE_MOST_ATTRIBUTE_BYTES)
        return "it is too long";
    if (!wanted.host_only && ah_domain_is_public_suffix(wanted.domain))
        return "its domain is a public suffix";
    const char *why = check_prefix(&wanted, true);
    return why ? why : ah_jar_put(jar, &wanted, now);
}
