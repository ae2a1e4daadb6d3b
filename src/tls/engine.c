/* SPDX-License-Identifier: MIT */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "tls/engine.h"
#include "base/buf.h"
#include <openssl/engine.h>
#include <openssl/err.h>

static const ah_str scheme = {"org.openssl.engine:", 19};

bool ah_tls_is_engine_uri(const char *uri)
{
    return ah_str_starts_with(ah_str_from(uri), scheme);
}

#ifndef OPENSSL_NO_ENGINE
/* The key holds its engine from then on. */
static EVP_PKEY *key_of(ENGINE *engine, const char *name, UI_METHOD *ui, void *ui_data)
{
    EVP_PKEY *key = NULL;

    if (engine && ENGINE_init(engine)) {
        key = ENGINE_load_private_key(engine, name, ui, ui_data);
        ENGINE_finish(engine);
    }
    return key;
}

EVP_PKEY *ah_tls_engine_key(const char *uri, UI_METHOD *ui, void *ui_data)
{
    ah_str rest = ah_str_slice(ah_str_from(uri), scheme.len, SIZE_MAX);
    size_t len = ah_str_find(rest, ':');
    ah_buf id = {0};
    EVP_PKEY *key = NULL;

    if (len == rest.len)
        ERR_raise(ERR_LIB_ENGINE, ENGINE_R_ID_OR_NAME_MISSING);
    ah_buf_append(&id, ah_str_slice(rest, 0, len));
    if (len < rest.len && ah_buf_terminate(&id)) {
        ENGINE *engine = ENGINE_by_id(id.data);
        key = key_of(engine, rest.ptr + len + 1, ui, ui_data);
        ENGINE_free(engine);
    }
    ah_buf_release(&id);
    return key;
}
#else
EVP_PKEY *ah_tls_engine_key(const char *uri, UI_METHOD *ui, void *ui_data)
{
    (void)uri;
    (void)ui;
    (void)ui_data;
    ERR_raise_data(ERR_LIB_USER, ERR_R_DISABLED, "this OpenSSL has no engines");
    return NULL;
}
#endif
