/* SPDX-License-Identifier: MIT */
#include "tls/wire.h"
#include "base/mem.h"

static int bio_read(BIO *bio, char *buf, int cap)
{
    ah_tls_wire *wire = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (cap <= 0)
        return 0;
    ptrdiff_t count =
        wire->is_drained ? AH_IO_AGAIN : ah_transport_read(wire->below, buf, (size_t)cap);
    if (count > 0) {
        wire->is_drained = count < cap;
        wire->has_input = true;
        return (int)count;
    }
    if (count == AH_IO_END) {
        wire->is_ended = true;
        return 0;
    }
    if (count == AH_IO_AGAIN) {
        wire->is_drained = true;
        wire->is_starved = true;
        BIO_set_retry_read(bio);
    } else if (!wire->read_error) {
        wire->read_error = ah_transport_failure(wire->below);
    }
    return -1;
}

static int bio_write(BIO *bio, const char *bytes, int len)
{
    ah_tls_wire *wire = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (len <= 0)
        return 0;
    if (wire->write_error)
        return len;
    ah_buf_append(&wire->out, ah_str_make(bytes, (size_t)len));
    if (!ah_buf_failed(&wire->out))
        return len;
    wire->write_error = ah_error_no_memory();
    return -1;
}

/* OpenSSL asks many times per record whether the kernel does it. */
static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF)
        return ((const ah_tls_wire *)BIO_get_data(bio))->is_ended;
    return command == BIO_CTRL_FLUSH; /* whoever called OpenSSL flushes when it returns */
}

BIO_METHOD *ah_tls_wire_method_new(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "ahttp transport");

    if (!method)
        return NULL;
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_ctrl);
    return method;
}

BIO *ah_tls_wire_bio_new(ah_tls_wire *wire, const BIO_METHOD *method)
{
    BIO *bio = BIO_new(method);

    if (!bio)
        return NULL;
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}

void ah_tls_wire_release(ah_tls_wire *wire)
{
    ah_transport_close(wire->below);
    ah_buf_release(&wire->out);
    ah_error_free(wire->read_error);
    ah_error_free(wire->write_error);
}

bool ah_tls_wire_send(ah_tls_wire *wire)
{
    if (!wire->write_error) {
        ah_str rest = ah_str_slice(ah_buf_str(&wire->out), wire->sent, SIZE_MAX);
        ptrdiff_t count = ah_transport_write(wire->below, &rest, 1);
        if (count > 0)
            wire->sent += (size_t)count;
        else if (count == AH_IO_FAILED)
            wire->write_error = ah_transport_failure(wire->below);
    }
    wire->is_blocked = !wire->write_error && ah_tls_wire_unsent(wire) > 0;
    if (!wire->is_blocked) {
        ah_tls_wire_empty(&wire->out);
        wire->sent = 0;
    }
    return !wire->write_error;
}
