/* SPDX-License-Identifier: MIT */
#include "dns/name_service.h"
#include <stdio.h>
#include <unistd.h>

/* Kinds of names that a module may know something about. */
enum { OWN_NAMES = 1, OTHER_NAMES = 2 };

enum { LINE_SIZE = 1024, NAME_SIZE = 256 };

/* ---- Reading ---- */

static unsigned kinds_of_module(ah_str module)
{
    if (ah_str_equal(module, AH_STR("files")))
        return 0;
    if (ah_str_starts_with(module, AH_STR("mdns"))) /* .local only, which go to the system anyway */
        return 0;
    if (ah_str_equal(module, AH_STR("myhostname")))
        return OWN_NAMES;
    return OWN_NAMES | OTHER_NAMES;
}

static size_t count_until(ah_str text, const char *ends)
{
    size_t len = 0;

    while (len < text.len && !strchr(ends, text.ptr[len]))
        len++;
    return len;
}

/* "files myhostname resolve [!UNAVAIL=return] dns".  What is in brackets is left to the system:
   it can only keep it from asking more. */
static void read_modules(ah_name_service *service, ah_str text)
{
    bool is_behind = false;

    while (text.len > 0) {
        bool is_action = text.ptr[0] == '[';
        size_t len = count_until(text, is_action ? "]" : " \t[");
        ah_str module = ah_str_slice(text, 0, len);
        size_t skip = len > 0 && !is_action ? len : len + 1;
        text = ah_str_slice(text, skip, text.len);
        if (is_action || module.len == 0)
            continue;
        if (ah_str_equal(module, AH_STR("dns")))
            is_behind = true;
        else if (is_behind)
            service->behind_dns |= kinds_of_module(module);
        else
            service->before_dns |= kinds_of_module(module);
    }
}

static void read_line(ah_name_service *service, const char *line)
{
    const ah_str key = AH_STR("hosts:");
    ah_str text = ah_str_from(line);

    text.len = count_until(text, "#\r\n");
    text = ah_str_trim(text);
    if (ah_str_starts_with(text, key))
        read_modules(service, ah_str_slice(text, key.len, text.len));
}

/* A file that cannot be read says nothing, as on systems that have none. */
static void read_nsswitch(ah_name_service *service, const char *path)
{
    FILE *file = fopen(path, "re");
    char line[LINE_SIZE];

    service->is_read = true;
    if (!file)
        return;
    while (fgets(line, sizeof line, file))
        read_line(service, line);
    fclose(file);
}

/* ---- Names ---- */

static bool is_below(ah_str host, ah_str parent)
{
    return host.len > parent.len && host.ptr[host.len - parent.len - 1] == '.' &&
           ah_str_equal_nocase(ah_str_slice(host, host.len - parent.len, parent.len), parent);
}

/* What systemd's myhostname answers. */
static bool is_own(ah_str host)
{
    char own[NAME_SIZE];

    if (ah_str_equal_nocase(host, AH_STR("_gateway")) ||
        ah_str_equal_nocase(host, AH_STR("_outbound")))
        return true;
    if (gethostname(own, sizeof own) < 0)
        return false;
    own[sizeof own - 1] = '\0';
    return ah_str_equal_nocase(host, ah_str_from(own));
}

ah_name_way ah_name_service_way(ah_name_service *service, const char *nsswitch, ah_str host)
{
    unsigned kind = OTHER_NAMES;

    if (ah_str_ends_with(host, AH_STR(".")))
        host.len--;
    if (is_below(host, AH_STR("local")))
        return AH_WAY_SYSTEM;
    if (!service->is_read)
        read_nsswitch(service, nsswitch);
    if (((service->before_dns | service->behind_dns) & OWN_NAMES) && is_own(host))
        kind = OWN_NAMES;
    if (service->before_dns & kind)
        return AH_WAY_SYSTEM;
    return service->behind_dns & kind ? AH_WAY_DNS_THEN_SYSTEM : AH_WAY_DNS;
}
