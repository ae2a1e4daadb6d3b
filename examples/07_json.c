/* SPDX-License-Identifier: MIT */
/* A JSON document as values of a library, here Jansson: ./07_json URL
   prints the members of the document's object.  ahttp/cjson.h does the same for cJSON. */
#include <ahttp.h>
#include <ahttp/jansson.h>
#include <stdio.h>
#include <stdlib.h>

static void print_members(json_t *object)
{
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        char *text = ahttp_jansson_dump(json_object_iter_value(at), NULL);
        printf("%-10s %s\n", json_object_iter_key(at), text ? text : "?");
        free(text);
    }
}

static void *show(void *url)
{
    ahttp_session *session = ahttp_session_new();
    ahttp_response *response = ahttp_await(ahttp_get(session, url));
    const ahttp_bytes *body = response ? ahttp_await(ahttp_response_read(response)) : NULL;
    bool is_empty = body && body->len == 0; /* which makes no document, and is no error */
    json_t *document = NULL;

    if (body && !is_empty)
        document = ahttp_await(
            ahttp_response_json(response, ahttp_jansson_parse, ahttp_jansson_free, false));
    if (document)
        print_members(document);
    else
        fprintf(stderr, "%s\n", is_empty ? "the body is empty" : ahttp_task_error()->message);
    bool shown = document != NULL;
    json_decref(document);
    ahttp_response_unref(response);
    ahttp_session_unref(session);
    return shown ? NULL : ahttp_fail(AHTTP_E_STATE, "nothing was shown");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s URL\n", argv[0]);
        return 2;
    }
    return ahttp_run(show, argv[1]) < 0;
}
