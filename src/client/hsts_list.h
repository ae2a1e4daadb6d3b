/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_HSTS_LIST_H
#define AH_CLIENT_HSTS_LIST_H
/* The inside of a list of hosts to be visited by https only. */
#include "http/hsts.h"
#include <ahttp/hsts.h>

struct ahttp_hsts {
    ah_hsts list;
    unsigned refs;
};

#endif
