/* SPDX-License-Identifier: MIT */
/* A page of a server that has its own authority, and wants to know who asks:
   ./11_tls URL CA_FILE CERTIFICATE_FILE KEY_FILE */
#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>

/* Asked only where the key is encrypted. */
static const char *password_of(const char *file, void *ctx)
{
    (void)file;
    (void)ctx;
    return getenv("KEY_PASSWORD");
}

static void *fetch(void *arg)
{
    char **words = arg;
    ahttp_tls *tls = ahttp_tls_new(.ca_file = words[2], .cert_file = words[3], .key_file = words[4],
                                   .password_of = password_of);
    ahttp_connector *connector = ahttp_connector_new(.tls = tls);
    ahttp_session *session = ahttp_session_new(.connector = connector);
    ahttp_response *page = ahttp_await(ahttp_get(session, words[1]));
    const char *text = page ? ahttp_await(ahttp_response_text(page)) : NULL;

    if (text) {
        const ahttp_peer *peer = ahttp_response_peer(page);
        printf("%s, %s%s\n%s\n", ahttp_peer_tls_version(peer), ahttp_peer_tls_cipher(peer),
               ahttp_peer_tls_resumed(peer) ? ", resumed" : "", text);
    } else {
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    }
    ahttp_response_unref(page);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
    ahttp_tls_unref(tls);
    return text ? NULL : ahttp_fail_again();
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s URL CA_FILE CERTIFICATE_FILE KEY_FILE\n", argv[0]);
        return 2;
    }
    return ahttp_run(fetch, argv) < 0;
}
