/* SPDX-License-Identifier: MIT */
#include "failure.h"
#include "transfer.h"
#include <string.h>

static const struct {
    int error, code;
} codes[] = {
    {AHTTP_E_NO_MEMORY, 27},
    {AHTTP_E_CANCELLED, 42},
    {AHTTP_E_TIMEOUT, 28},
    {AHTTP_E_ARGUMENT, 43},
    {AHTTP_E_URL, 3},
    {AHTTP_E_UNSUPPORTED, 4},
    {AHTTP_E_SYSTEM, 26},
    {AHTTP_E_DNS, 6},
    {AHTTP_E_CONNECT, 7},
    {AHTTP_E_CONNECT_TIMEOUT, 28},
    {AHTTP_E_TLS, 35},
    {AHTTP_E_CERTIFICATE, 60},
    {AHTTP_E_TOTAL_TIMEOUT, 28},
    {AHTTP_E_PROTOCOL, 8},
    {AHTTP_E_HEAD_TOO_LARGE, 56},
    {AHTTP_E_BODY_TOO_LARGE, 63},
    {AHTTP_E_BODY_CUT, 18},
    {AHTTP_E_CODING, 61},
    {AHTTP_E_INTERRUPTED, 130},
    {AHTTP_E_BODY_LENGTH, 26},
    {AHTTP_E_BODY_ONCE, 65},
    {AHTTP_E_DECODED_TOO_LARGE, 61},
    {AHTTP_E_PROXY_DNS, 5},
    {AHTTP_E_PROXY_CONNECT, 7},
    {AHTTP_E_PROXY, 56},
    {AHTTP_E_POOL_TIMEOUT, 28},
    {AHTTP_E_DNS_TIMEOUT, 28},
    {AHTTP_E_TLS_TIMEOUT, 28},
    {AHTTP_E_WRITE_TIMEOUT, 28},
    {AHTTP_E_FIRST_BYTE_TIMEOUT, 28},
    {AHTTP_E_READ_TIMEOUT, 28},
    {AHTTP_E_TLS_SETTINGS, 58},
    {AHTTP_E_PIN, 90},
};

int failure_code(const ahttp_error *error)
{
    enum {
        NOT_SUPPORTED = 1,
        NO_INTERFACE = 45,
        GOT_NOTHING = 52,
        RECEIVE_FAILED = 56,
        TOO_LARGE = 100
    };

    /* Whether the server said anything makes the difference. */
    if (error->code == AHTTP_E_DISCONNECTED)
        return error->cause != 0 || strstr(error->message, "inside the response head")
                   ? RECEIVE_FAILED
                   : GOT_NOTHING;
    if (error->code == AHTTP_E_PROTOCOL && (strstr(error->message, "does not start with HTTP/") ||
                                            strstr(error->message, "the version is not") ||
                                            strstr(error->message, "status code is not")))
        return NOT_SUPPORTED;
    if (error->code == AHTTP_E_DISCONNECTED && strstr(error->message, "inside the response head"))
        return error->cause ? RECEIVE_FAILED : NOT_SUPPORTED;
    if (error->code == AHTTP_E_HEAD_TOO_LARGE &&
        (strstr(error->message, "a field is longer") || strstr(error->message, "more fields than")))
        return TOO_LARGE;
    if (error->code == AHTTP_E_CONNECT && strstr(error->message, ": bind to the "))
        return NO_INTERFACE;
    if (error->code == AHTTP_E_PROTOCOL && strstr(error->message, "response body"))
        return RECEIVE_FAILED;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].error == error->code)
            return codes[i].code;
    return RECEIVE_FAILED;
}

static verdict fail_by_proxy(transfer *transfer, const ahttp_error *error)
{
    enum { NO_WAY = 7, BAD_ANSWER = 43, BY_SOCKS = 97 };
    int code = failure_code(error);

    transfer->facts.connect_status = error->status;
    if (error->status)
        return transfer_fail(transfer, NO_WAY, "CONNECT tunnel failed, response %d", error->status);
    if (transfer->way.has_preproxy || !transfer->way.is_tunnel)
        code = BY_SOCKS;
    else if (strstr(error->message, "does not start with HTTP/"))
        return transfer_fail(transfer, BAD_ANSWER, "Invalid response header");
    return transfer_fail(transfer, code, "%s", error->message);
}

/* A head that was cut, whose body would have been some bytes long. */
static bool lacks_body(const transfer *transfer, const ahttp_error *error)
{
    const char *length = facts_field(&transfer->facts, "Content-Length");

    return error->code == AHTTP_E_DISCONNECTED &&
           strstr(error->message, "inside the response head") && length && strcmp(length, "0") != 0;
}

bool failure_was_kept(const ahttp_error *error)
{
    return error->timings && !error->timings->connect_ns;
}

verdict transfer_fail_by(transfer *transfer, const ahttp_error *error)
{
    enum { NOT_SUPPORTED = 1, WEIRD_REPLY = 8, BODY_CUT = 18 };
    int code = failure_code(error);

    if (error->code == AHTTP_E_PROXY)
        return fail_by_proxy(transfer, error);
    if (code == NOT_SUPPORTED && (transfer->facts.status / 100 == 1 || failure_was_kept(error)))
        code = WEIRD_REPLY; /* whoever spoke HTTP before is not one of HTTP/0.9 */
    if (lacks_body(transfer, error))
        code = BODY_CUT;
    return transfer_fail(transfer, code, "%s", error->message);
}
