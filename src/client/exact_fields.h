/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_EXACT_FIELDS_H
#define AH_CLIENT_EXACT_FIELDS_H
/* Requests whose fields the program gives as text, all of them: nothing is added. */
#include "client/request.h"

/* Fills what the exchange says of fields.  NULL, or what is wrong. */
ahttp_error *ah_exact_fields_prepare(ahttp_response *call, const ahttp_request_options *options);
/* NULL when each line of the text is a field with CR LF behind it; else what is wrong. */
const char *ah_exact_lines_check(ah_str text);
/* When the body is open: how it is framed follows what the fields say. */
void ah_exact_fields_describe(ahttp_response *call);

#endif
