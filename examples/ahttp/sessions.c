/* SPDX-License-Identifier: MIT */
/* Sessions of the library: transfers whose connections are made in the same way share one, and so
   its connections. */
#include "transfer.h"
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { KEEP_MS = 118000, LONGEST_LINE = 100 * 1024, LONGEST_HEAD = 300 * 1024, MOST_FIELDS = 5000 };

static void add_key(text *key, const char *part)
{
    text_add_format(key, "%s\n", part ? part : "");
}

static char *key_of(const settings *settings)
{
    const char *parts[] = {settings->proxy_cacert,
                           settings->proxy_capath,
                           settings->proxy_cert,
                           settings->proxy_key,
                           settings->proxy_pass,
                           settings->proxy_pinned,
                           settings->dns_servers,
                           settings->interface,
                           settings->local_port,
                           settings->unix_socket,
                           settings->abstract_socket,
                           settings->cacert,
                           settings->capath,
                           settings->cert,
                           settings->key,
                           settings->cert_type,
                           settings->key_type,
                           settings->pass,
                           settings->pinned,
                           settings->ciphers,
                           settings->tls13_ciphers,
                           settings->tls_max,
                           settings->crlfile};
    text key = {0};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        add_key(&key, parts[i]);
    for (size_t i = 0; i < settings->resolve.count; i++)
        add_key(&key, settings->resolve.items[i]);
    text_add_format(&key, "%d %d %d %d %d %d %d %d %lld %lld", settings->http09, settings->raw,
                    settings->ignore_content_length, settings->family, settings->insecure,
                    settings->proxy_insecure, settings->tls_min, settings->no_keepalive,
                    settings->keepalive_time, settings->happy_eyeballs_ms);
    return text_take(&key);
}

/* ---- --resolve ---- */

typedef struct hosts {
    ahttp_host *list; /* the library's form */
    size_t count;
} hosts;

static void hosts_free(hosts *hosts)
{
    for (size_t i = 0; i < hosts->count; i++) {
        free((void *)(uintptr_t)hosts->list[i].host);
        free((void *)(uintptr_t)hosts->list[i].addresses);
    }
    free(hosts->list);
}

/* "[+]host:port:address[,address]".  "-host:port" takes one away, which is nothing here. */
static bool add_host(hosts *hosts, const char *rule)
{
    const char *port_text, *end;
    long long port;

    if (*rule == '-')
        return true;
    rule += *rule == '+';
    const char *host_end = *rule == '[' && strchr(rule, ']') ? strchr(rule, ']') : rule;
    port_text = strchr(host_end, ':');
    if (!port_text || !read_number(port_text + 1, 65535, &port, &end) || *end != ':' || !end[1])
        return false;
    bool is_ipv6 = *rule == '[';
    size_t len = (size_t)(port_text - rule) - 2u * is_ipv6;
    char *addresses = copy_text(end + 1);
    size_t out = 0; /* without the brackets of IPv6 addresses */
    for (const char *at = addresses; *at; at++)
        if (*at != '[' && *at != ']' && *at != ' ')
            addresses[out++] = *at;
    addresses[out] = '\0';
    hosts->list[hosts->count++] = (ahttp_host){
        .host = copy_bytes(rule + is_ipv6, len), .port = (uint16_t)port, .addresses = addresses};
    return true;
}

/* The last rule for a host counts, and "*" counts least. */
static bool read_hosts(const settings *settings, hosts *hosts, text *why)
{
    const list *rules = &settings->resolve;

    hosts->list = must_alloc((rules->count + 1) * sizeof *hosts->list);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = rules->count; i-- > 0;) {
            bool is_star = rules->items[i][0] == '*' || strncmp(rules->items[i], "+*", 2) == 0;
            if (is_star == (pass == 1) && !add_host(hosts, rules->items[i])) {
                text_add_format(why, "Could not parse CURLOPT_RESOLVE entry '%s'", rules->items[i]);
                return false;
            }
        }
    return true;
}

/* ---- Sessions ---- */

/* The address of a host's name, to be freed; NULL: it has none. */
static char *address_of(const char *name, int family)
{
    const struct addrinfo hints = {.ai_family = family == 4   ? AF_INET
                                                : family == 6 ? AF_INET6
                                                              : AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM};
    char address[NI_MAXHOST];
    struct addrinfo *found;
    char *made = NULL;

    if (getaddrinfo(name, NULL, &hints, &found) != 0)
        return NULL;
    if (getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof address, NULL, 0,
                    NI_NUMERICHOST) == 0)
        made = copy_text(address);
    freeaddrinfo(found);
    return made;
}

/* "eth0", "192.0.2.1", "name.example", "if!eth0", "host!192.0.2.1". */
static void set_interface(session_entry *entry, ahttp_connector_options *options)
{
    const char *given = entry->settings->interface;
    bool is_device = given && starts_nocase(given, "if!");
    bool is_host = given && starts_nocase(given, "host!");

    if (!given)
        return;
    given += is_device ? 3 : is_host ? 5 : 0;
    if (!is_device && (is_host || if_nametoindex(given) == 0))
        entry->local_address = address_of(given, entry->settings->family);
    options->local_address = entry->local_address;
    if (!entry->local_address)
        options->device = given;
}

static void set_local_port(ahttp_connector_options *options, const settings *settings)
{
    const char *end = NULL;
    long long port = 0, last = 0;

    if (!settings->local_port || !read_number(settings->local_port, 65535, &port, &end))
        return;
    options->local_port = (int)port;
    if (*end == '-' && read_number(end + 1, 65535, &last, NULL) && last >= port)
        options->local_port_count = (int)(last - port) + 1;
}

/* TCP keepalive, which is on unless somebody says otherwise. */
static int set_up_socket(int fd, const char *address, void *ctx)
{
    enum { DEFAULT_SECONDS = 60 };
    const session_entry *entry = ctx;
    const settings *settings = entry->settings;
    int on = 1;
    int seconds = settings->keepalive_time > 0 ? (int)settings->keepalive_time : DEFAULT_SECONDS;

    if (settings->no_keepalive || address[0] == '/' || address[0] == '@')
        return 0;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
    return 0;
}

static ahttp_connector *make_connector(session_entry *entry, const ahttp_host *hosts)
{
    const settings *settings = entry->settings;
    char *abstract =
        settings->abstract_socket ? format_text("@%s", settings->abstract_socket) : NULL;
    ahttp_connector_options options = {.size = sizeof options,
                                       .limit = AHTTP_UNLIMITED,
                                       .keepalive_ms = KEEP_MS,
                                       .hosts = hosts,
                                       .dns_servers = settings->dns_servers,
                                       .ipv4_only = settings->family == 4,
                                       .ipv6_only = settings->family == 6,
                                       .tls = entry->tls,
                                       .next_address_ms = settings->happy_eyeballs_ms};

    options.unix_socket = abstract ? abstract : settings->unix_socket;
    options.on_socket = set_up_socket;
    options.on_socket_ctx = entry;
    set_interface(entry, &options);
    set_local_port(&options, settings);
    ahttp_connector *made = ahttp_connector_create(&options);
    free(abstract);
    return made;
}

/* Redirects, logins and cookies are seen to here, where each step can be shown as it is. */
static ahttp_session *make_session(const session_entry *entry, const settings *settings)
{
    return ahttp_session_new(.http_0_9 = settings->http09,
                             .until_close = settings->ignore_content_length,
                             .keep_chunks = settings->raw, .connector = entry->connector,
                             .lenient = true, .max_line_bytes = LONGEST_LINE,
                             .max_field_bytes = LONGEST_LINE, .max_fields = MOST_FIELDS,
                             .max_head_bytes = LONGEST_HEAD, .max_interim = 1000,
                             .max_decode_ratio = AHTTP_UNLIMITED, .timings = true,
                             .redirects = AHTTP_REDIRECTS_RETURN,
                             .cookie_jar = ahttp_cookie_jar_dummy(), .proxy_tls = entry->proxy_tls);
}

static session_entry *add_session(run *run, settings *settings, char *key, text *why, int *code)
{
    session_entry *made = must_alloc(sizeof *made);
    hosts hosts = {0};
    bool good = read_hosts(settings, &hosts, why);

    made->key = key;
    made->settings = settings;
    made->next = run->sessions;
    run->sessions = made;
    if (!good)
        *code = 49;
    good = good && tls_settings_make(settings, false, &made->tls, why, code) &&
           tls_settings_make(settings, true, &made->proxy_tls, why, code);
    if (good) {
        made->connector = make_connector(made, hosts.list);
        made->session = made->connector ? make_session(made, settings) : NULL;
        if (!made->session)
            exit(27);
    }
    hosts_free(&hosts);
    return made;
}

ahttp_session *run_session(run *run, settings *settings, text *why, int *code)
{
    char *key = key_of(settings);

    for (session_entry *each = run->sessions; each; each = each->next)
        if (each->session && strcmp(each->key, key) == 0) {
            free(key);
            return each->session;
        }
    return add_session(run, settings, key, why, code)->session;
}

void run_sessions_free(run *run)
{
    while (run->sessions) {
        session_entry *next = run->sessions->next;
        ahttp_session_unref(run->sessions->session);
        ahttp_connector_unref(run->sessions->connector);
        ahttp_tls_unref(run->sessions->tls);
        ahttp_tls_unref(run->sessions->proxy_tls);
        free(run->sessions->key);
        free(run->sessions->local_address);
        free(run->sessions);
        run->sessions = next;
    }
}
