/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_ERROR_H
#define AH_BASE_ERROR_H
/* Making error objects.  Each belongs to one holder at a time: a function that takes an
   ahttp_error * which is not const takes it over.  Out of memory is an error object too, a
   static one, so that failing cannot fail; all functions here know it.

   Messages: verb object: reason.  One line, no "error:", no newline, numbers with units:
   "connect to example.com:443: timed out after 5000 ms". */
#include <ahttp/error.h>
#include <stdarg.h>

/* Never NULL: the out-of-memory error when there is none for another. */
ahttp_error *ah_error_new(int code, const char *format, ...) AHTTP_PRINTF(2, 3);
ahttp_error *ah_error_new_v(int code, const char *format, va_list arguments);
ahttp_error *ah_error_no_memory(void);
/* From a negative errno such as libuv gives it; "<what>: connection refused". */
ahttp_error *ah_error_system(int code, int negative_errno, const char *format, ...)
    AHTTP_PRINTF(3, 4);
/* Takes error over; the result has the code and "<what>: <message>", and all else of error. */
ahttp_error *ah_error_wrap(int code, ahttp_error *error, const char *what);
/* The same with the message "<message><more>". */
ahttp_error *ah_error_append(ahttp_error *error, const char *more);
/* Sets the cause of an error made just now; gives it back. */
ahttp_error *ah_error_because(ahttp_error *error, int cause);
/* Of an error made just now: sending again would end the same way, whatever its code says; gives it
   back. */
ahttp_error *ah_error_for_good(ahttp_error *error);
/* Takes error over; the result has what it is given, copied. */
ahttp_error *ah_error_with_response(ahttp_error *error, int status, const ahttp_pair *headers,
                                    ahttp_bytes body);
/* Sets the phase, where none is set yet; gives error back. */
ahttp_error *ah_error_in_phase(ahttp_error *error, ahttp_phase phase);
/* Takes error over; the result has that address, copied, and so on. */
ahttp_error *ah_error_with_address(ahttp_error *error, const char *address);
ahttp_error *ah_error_with_tls_reason(ahttp_error *error, const char *reason);
/* A second object that says the same. */
ahttp_error *ah_error_copy(const ahttp_error *error);
/* What a request adds to its error.  Phase, address and status count where the error has none. */
typedef struct ah_error_request {
    const char *method, *url; /* without secrets */
    const char *host, *address;
    ahttp_phase phase;
    ahttp_resend resend;
    int status;
} ah_error_request;
/* Takes error over; the result names the request: "GET http://h/: " comes before the message. */
ahttp_error *ah_error_of_request(ahttp_error *error, const ah_error_request *request);
/* The same with these hops, a list that ends with {NULL, 0}. */
ahttp_error *ah_error_with_hops(ahttp_error *error, const ahttp_error_hop *hops);
ahttp_error *ah_error_with_timings(ahttp_error *error, const ahttp_timings *timings);
/* NULL is fine. */
void ah_error_free(ahttp_error *error);

#endif
