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
/* Takes error over; the result has the code and "<what>: <message>", and the cause of error. */
ahttp_error *ah_error_wrap(int code, ahttp_error *error, const char *what);
/* Sets the cause of an error made just now; gives it back. */
ahttp_error *ah_error_because(ahttp_error *error, int cause);
/* Takes error over; the result has what it is given, copied. */
ahttp_error *ah_error_with_response(ahttp_error *error, int status, const ahttp_pair *headers,
                                    ahttp_bytes body);
/* A second object that says the same. */
ahttp_error *ah_error_copy(const ahttp_error *error);
/* Takes error over; the result names the request: "GET http://h/: " comes before the message
   and method and url are set.  The url must be free of secrets. */
ahttp_error *ah_error_of_request(ahttp_error *error, const char *method, const char *url);
/* The same with these hops, a list that ends with {NULL, 0}. */
ahttp_error *ah_error_with_hops(ahttp_error *error, const ahttp_error_hop *hops);
/* NULL is fine. */
void ah_error_free(ahttp_error *error);

#endif
