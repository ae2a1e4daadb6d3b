/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_TLS_FRONT_H
#define TESTS_SUPPORT_TLS_FRONT_H
/* TLS in front of the scripted server: a thread that listens on 127.0.0.1, shakes hands with a
   certificate for 127.0.0.1 and localhost, and forwards bytes both ways, one connection after
   the other; where the server resets one, it ends without close_notify.  While it runs,
   SSL_CERT_FILE names its throw-away root. */
#include <stdbool.h>
#include <stdint.h>

typedef struct tls_front tls_front;

/* Forwards to that port of 127.0.0.1. */
tls_front *tls_front_start(uint16_t to_port);
/* "https://127.0.0.1:PORT" and path; valid until the next call. */
const char *tls_front_url(tls_front *front, const char *path);
/* Whether so many connections ended with the client's close_notify, now or soon. */
bool tls_front_wait_for_goodbyes(tls_front *front, int at_least);
/* Also puts SSL_CERT_FILE back. */
void tls_front_stop(tls_front *front);

/* The root alone, for tests that need some root and no server. */
void test_root_install(void);
void test_root_remove(void);

#endif
