/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_PROGRESS_H
#define AH_CLIENT_PROGRESS_H
/* Telling the program how far a request is. */
#include <ahttp/progress.h>
#include <ahttp/response.h>

/* Bytes of a body were sent or have come; tells its on_progress, if there is one. */
void ah_progress_moved(ahttp_response *call);

#endif
