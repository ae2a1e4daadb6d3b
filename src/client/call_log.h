/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_CALL_LOG_H
#define AH_CLIENT_CALL_LOG_H
/* What is told of a request.  Callers have asked ah_log_wants for AHTTP_LOG_INFO, or for
   AHTTP_LOG_WARNING where it fails. */
#include "client/response.h"
#include "loop/log.h"

void ah_call_log_start(ahttp_response *call);
/* It goes out on that connection. */
void ah_call_log_sending(const ahttp_response *call, const ah_conn *conn);
void ah_call_log_head(const ahttp_response *call);
void ah_call_log_again(const ahttp_response *call);
/* A redirect leads to it. */
void ah_call_log_hop(const ahttp_response *call);
void ah_call_log_complete(const ahttp_response *call);
void ah_call_log_failure(const ahttp_response *call, const ahttp_error *error);

#endif
