/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_INTERIM_H
#define AH_CLIENT_INTERIM_H
/* Telling the program of interim responses (1xx), if it asked for that. */
#include <ahttp/response.h>

typedef struct ah_interim ah_interim;

/* Calls on_interim from the loop with the head that has just come, before whatever becomes
   ready later.  False when out of memory. */
bool ah_interim_tell(ahttp_response *call);
/* What has not been told is not told any more. */
void ah_interims_forget(ahttp_response *call);

#endif
