/* SPDX-License-Identifier: MIT */
#include "http/body_length.h"

static ah_body_length framed(ah_framing framing)
{
    return (ah_body_length){.framing = framing};
}

AH_COLD static ah_body_length invalid(const char *why)
{
    return (ah_body_length){.framing = AH_FRAMING_INVALID, .why = why};
}

/* RFC 9110 §7.8 and §15.2.2: a 101 names the protocol it switches to. */
AH_COLD static ah_body_length of_switch(const ah_response_head *head)
{
    if (!ah_headers_has(&head->fields, AH_STR("Upgrade")) ||
        !ah_headers_list_has(&head->fields, AH_STR("Connection"), AH_STR("upgrade")))
        return invalid("status 101 comes without Upgrade and Connection: upgrade");
    return framed(AH_FRAMING_TUNNEL);
}

/* Only a chunked that is the last coding says where the body ends; without it, the end of
   the connection does. */
AH_APART static ah_body_length of_transfer_encoding(const ahttp_headers *fields,
                                                    const ah_field *field)
{
    bool chunked_is_last = false;

    for (; field; field = ah_headers_find_next(fields, field)) {
        ah_str rest = field->value;
        ah_str coding;
        while (ah_str_split(&rest, ',', &coding)) {
            coding = ah_str_trim(coding);
            bool is_chunked = ah_str_equal_nocase(coding, AH_STR("chunked"));
            if (is_chunked && chunked_is_last)
                return invalid("Transfer-Encoding says chunked twice");
            if (coding.len > 0)
                chunked_is_last = is_chunked;
        }
    }
    return framed(chunked_is_last ? AH_FRAMING_CHUNKED : AH_FRAMING_UNTIL_CLOSE);
}

static ah_body_length of_content_length(const ahttp_headers *fields, const ah_field *field)
{
    uint64_t length;

    if (ah_headers_find_next(fields, field))
        return invalid("Content-Length comes more than once");
    if (!ah_str_to_u64(field->value, &length))
        return invalid("Content-Length is not a number from 0 to 2^64 - 1");
    return (ah_body_length){.framing = AH_FRAMING_LENGTH, .length = length};
}

ah_body_length ah_response_body_length(ah_str request_method, const ah_response_head *head)
{
    const ahttp_headers *fields = &head->fields;
    int status = head->status;

    /* RFC 9112 §6.3 rule 2; before rule 1, so that a 204 opens a tunnel too. */
    if (ah_str_equal(request_method, AH_STR("CONNECT")) && status / 100 == 2)
        return framed(AH_FRAMING_TUNNEL);
    /* Rule 1. */
    if (status == 101)
        return of_switch(head);
    if (ah_str_equal(request_method, AH_STR("HEAD")) || status / 100 == 1 || status == 204 ||
        status == 304)
        return framed(AH_FRAMING_NONE);

    const ah_field *coding = ah_headers_find(fields, AH_STR("Transfer-Encoding"));
    const ah_field *length = ah_headers_find(fields, AH_STR("Content-Length"));
    /* Rule 3: ought to be handled as an error, for it is how requests are smuggled. */
    if (coding && length)
        return invalid("Content-Length and Transfer-Encoding come together");
    if (coding)
        return of_transfer_encoding(fields, coding); /* Rule 4. */
    if (length)
        return of_content_length(fields, length); /* Rules 5 and 6. */
    return framed(AH_FRAMING_UNTIL_CLOSE);        /* Rule 8. */
}

bool ah_response_says_keep_alive(const ah_response_head *head, const ah_field *connection)
{
    const ahttp_headers *fields = &head->fields;
    bool says_keep_alive = false;

    for (const ah_field *field = connection; field; field = ah_headers_find_next(fields, field)) {
        bool is_plain = ah_str_equal(field->value, AH_STR("keep-alive"));
        if (!is_plain && ah_str_list_has(field->value, AH_STR("close")))
            return false;
        if (is_plain || ah_str_list_has(field->value, AH_STR("keep-alive")))
            says_keep_alive = true;
    }
    /* RFC 9112 §6.1: a Transfer-Encoding in HTTP/1.0 was not understood by its sender. */
    return head->minor_version > 0 ||
           (says_keep_alive && !ah_headers_has(fields, AH_STR("Transfer-Encoding")));
}
