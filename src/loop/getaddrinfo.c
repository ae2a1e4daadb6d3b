/* SPDX-License-Identifier: MIT */
#include "loop/getaddrinfo.h"
#include "loop/loop_state.h"

struct ah_getaddrinfo {
    uv_getaddrinfo_t uv;
    ahttp_loop *loop;
    ah_getaddrinfo_fn *done; /* NULL once it was cancelled */
    void *ctx;
};

static void on_answer(uv_getaddrinfo_t *uv, int status, struct addrinfo *list)
{
    ah_getaddrinfo *request = AH_CONTAINER(uv, ah_getaddrinfo, uv);
    ah_getaddrinfo_fn *done = request->done;
    void *ctx = request->ctx;
    ahttp_loop *loop = request->loop;

    ah_loop_enter(loop);
    ah_loop_unhold(loop);
    ah_free(request);
    if (done)
        done(ctx, list, status);
    uv_freeaddrinfo(list);
    ah_loop_leave(loop);
}

ah_getaddrinfo *ah_getaddrinfo_start(ahttp_loop *loop, const char *host, int family,
                                     ah_getaddrinfo_fn *done, void *ctx, int *status)
{
    const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    ah_getaddrinfo *request = AH_NEW(ah_getaddrinfo);

    *status = UV_ENOMEM;
    if (!request)
        return NULL;
    request->loop = loop;
    request->done = done;
    request->ctx = ctx;
    *status = uv_getaddrinfo(loop->uv, &request->uv, on_answer, host, NULL, &hints);
    if (*status < 0) {
        ah_free(request);
        return NULL;
    }
    ah_loop_hold(loop);
    return request;
}

void ah_getaddrinfo_cancel(ah_getaddrinfo *request)
{
    request->done = NULL;
    uv_cancel((uv_req_t *)&request->uv);
}

bool ah_getaddrinfo_is_no_memory(int status)
{
    return status == UV_ENOMEM || status == UV_EAI_MEMORY;
}

bool ah_getaddrinfo_is_denied(int status)
{
    return status == UV_EAI_NONAME || status == UV_EAI_NODATA;
}

const char *ah_getaddrinfo_text(int status)
{
    return uv_strerror(status);
}
