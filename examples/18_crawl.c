/* SPDX-License-Identifier: MIT */
/* The pages of a site, at most 20 requests a second and 4 at once: ./18_crawl URL */
#include <ahttp.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 500 };
static ahttp_url *pages[MOST];
static int found;

static void add(ahttp_url *url)
{
    int i = 0;

    while (url && i < found && strcmp(ahttp_url_text(pages[i]), ahttp_url_text(url)) != 0)
        i++;
    if (url && i == found && found < MOST && ahttp_url_same_origin(url, pages[0]))
        pages[found++] = url;
    else
        ahttp_url_free(url);
}

static void add_links(const ahttp_url *page, const char *html)
{
    char link[500];

    while (html && (html = strstr(html, "href=")) && (html = strpbrk(html, "'\""))) {
        html++; /* the quote */
        snprintf(link, sizeof link, "%.*s", (int)strcspn(html, "'\"#"), html);
        add(ahttp_url_parse_as_browser(link, page, NULL));
    }
}

static void *crawl(void *first)
{
    ahttp_throttle *throttle = ahttp_throttle_new(.requests = 20, .burst = 4, .at_once = 4);
    ahttp_session *session =
        ahttp_session_new(.middlewares = AHTTP_MIDDLEWARES(ahttp_throttle_middleware(throttle)));
    ahttp_future *requests[MOST];

    found = (pages[0] = ahttp_url_parse(first, NULL)) != NULL;
    for (int done = 0, sent = 0; done < found; done++) {
        for (; sent < found; sent++)
            requests[sent] = ahttp_get(session, ahttp_url_text(pages[sent]));
        ahttp_response *page = ahttp_await(requests[done]);
        add_links(pages[done], page ? ahttp_await(ahttp_response_text(page)) : NULL);
        printf("%d %s\n", page ? ahttp_response_status(page) : 0, ahttp_url_text(pages[done]));
        ahttp_response_unref(page);
    }
    while (found > 0)
        ahttp_url_free(pages[--found]);
    ahttp_session_unref(session);
    ahttp_throttle_free(throttle);
    return NULL;
}

int main(int argc, char **argv)
{
    return argc < 2 || ahttp_run(crawl, argv[1]) < 0;
}
