/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_TLS_FRONT_H
#define TESTS_SUPPORT_TLS_FRONT_H
/* TLS in front of the scripted server: a thread that listens on 127.0.0.1, shakes hands with a
   certificate for 127.0.0.1 and localhost, and forwards bytes both ways, one connection after
   the other; where the server resets one, it ends without close_notify.  While it runs,
   SSL_CERT_FILE names its throw-away root. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tls_front tls_front;

/* What is said in the clear before TLS, as proxies do. */
typedef struct tls_front_word {
    size_t hears; /* so many bytes first; 0: a head, up to its empty line */
    const char *says;
    size_t len; /* of it */
} tls_front_word;

/* Forwards to that port of 127.0.0.1. */
tls_front *tls_front_start(uint16_t to_port);
/* The same behind these words, which end with one that says NULL and outlive it: a proxy, and a
   host behind it. */
tls_front *tls_front_start_behind(const tls_front_word *words, uint16_t to_port);
uint16_t tls_front_port(const tls_front *front);
/* "https://127.0.0.1:PORT" and path; valid until the next call. */
const char *tls_front_url(tls_front *front, const char *path);
/* Behind what the server says next comes a record that nobody can decrypt. */
void tls_front_damage(tls_front *front);
/* Whether so many connections ended with the client's close_notify, now or soon. */
bool tls_front_wait_for_goodbyes(tls_front *front, int at_least);
/* Also puts SSL_CERT_FILE back. */
void tls_front_stop(tls_front *front);

/* The root alone, for tests that need some root and no server. */
void test_root_install(void);
void test_root_remove(void);

#endif
