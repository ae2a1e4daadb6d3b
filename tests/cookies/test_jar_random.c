/* SPDX-License-Identifier: MIT */
/* The jar against a model of it that is as simple as the RFC's text: a list of cookies, which is
   searched and sorted for each request.  Both are told the same at random, for as long as
   AHTTP_RANDOM_STEPS says, from the seed AHTTP_RANDOM_SEED. */
#include "jar_fixture.h"

#include <stdlib.h>

enum { MOST = 512, STEPS = 30000 };

typedef struct model_cookie {
    char name[24], value[16];
    const char *domain, *path;
    bool host_only, secure;
    int64_t expires;
    int number;
} model_cookie;

static model_cookie model[MOST];
static size_t model_count;
static int last_number;
static uint64_t noise;

static unsigned draw(unsigned below)
{
    noise = noise * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(noise >> 33) % below;
}

#define PICK(array) (array)[draw((unsigned)COUNT_OF(array))]

static const char *const names[] = {"a", "b", "__Secure-a", "__Host-b"};
static const char *const hosts[] = {"example.test", "www.example.test", "a.www.example.test",
                                    "other.test"};
static const char *const domains[] = {"example.test", "www.example.test", "other.test", "test"};
static const char *const paths[] = {"/", "/x", "/x/", "/x/y", "/xy"};

/* ---- The model ---- */

static bool ends_in(const char *host, const char *domain)
{
    size_t host_len = strlen(host);
    size_t len = strlen(domain);

    return strcmp(host, domain) == 0 ||
           (host_len > len && strcmp(host + host_len - len, domain) == 0 &&
            host[host_len - len - 1] == '.');
}

static bool is_under(const char *requested, const char *path)
{
    size_t len = strlen(path);

    return strncmp(requested, path, len) == 0 &&
           (requested[len] == '\0' || path[len - 1] == '/' || requested[len] == '/');
}

static void forget_expired(void)
{
    size_t kept = 0;

    for (size_t i = 0; i < model_count; i++)
        if (model[i].expires > now)
            model[kept++] = model[i];
    model_count = kept;
}

static bool would_overlay(const model_cookie *new)
{
    for (size_t i = 0; i < model_count; i++)
        if (model[i].secure && strcmp(model[i].name, new->name) == 0 &&
            (ends_in(model[i].domain, new->domain) || ends_in(new->domain, model[i].domain)) &&
            is_under(new->path, model[i].path))
            return true;
    return false;
}

static bool may_be_set(const model_cookie *new, bool has_path, bool is_https)
{
    if (new->secure && !is_https)
        return false;
    if (strncmp(new->name, "__Secure-", 9) == 0 && !new->secure)
        return false;
    if (strncmp(new->name, "__Host-", 7) == 0 &&
        (!new->secure || !new->host_only || !has_path || strcmp(new->path, "/") != 0))
        return false;
    return new->secure || is_https || !would_overlay(new);
}

static void set_in_model(model_cookie new)
{
    new.number = ++last_number;
    for (size_t i = 0; i < model_count; i++) {
        const model_cookie *old = &model[i];
        if (strcmp(old->name, new.name) == 0 && strcmp(old->domain, new.domain) == 0 &&
            strcmp(old->path, new.path) == 0 && old->host_only == new.host_only) {
            new.number = old->number;
            model[i] = model[--model_count];
            break;
        }
    }
    if (new.expires > now) {
        assert_true(model_count < MOST);
        model[model_count++] = new;
    }
}

static int compare(const void *a, const void *b)
{
    const model_cookie *first = *(const model_cookie *const *)a;
    const model_cookie *second = *(const model_cookie *const *)b;
    size_t first_len = strlen(first->path);
    size_t second_len = strlen(second->path);

    if (first_len != second_len)
        return first_len > second_len ? -1 : 1;
    return first->number < second->number ? -1 : 1;
}

static const char *sent_by_model(const char *host, const char *path, bool is_https)
{
    static char text[8192];
    const model_cookie *found[MOST];
    size_t count = 0;

    for (size_t i = 0; i < model_count; i++)
        if ((model[i].host_only ? strcmp(host, model[i].domain) == 0
                                : ends_in(host, model[i].domain)) &&
            is_under(path, model[i].path) && (is_https || !model[i].secure))
            found[count++] = &model[i];
    qsort(found, count, sizeof *found, compare);
    *text = '\0';
    for (size_t i = 0; i < count; i++)
        sprintf(text + strlen(text), "%s%s=%s", i > 0 ? "; " : "", found[i]->name, found[i]->value);
    return text;
}

/* ---- Both ---- */

static void set_one(int step)
{
    const char *host = PICK(hosts);
    const char *domain = draw(2) ? PICK(domains) : NULL;
    bool has_path = draw(3) > 0;
    bool is_https = draw(2);
    int age = draw(4) ? (int)draw(40) : -1;
    model_cookie new = {.host_only = !domain, .secure = draw(3) == 0};
    char url[64], text[128];

    strcpy(new.name, PICK(names));
    snprintf(new.value, sizeof new.value, "%d", step);
    new.domain = domain ? domain : host;
    new.path = has_path ? PICK(paths) : "/";
    new.expires = age < 0 ? INT64_MAX : now + age;
    snprintf(url, sizeof url, "%s://%s/", is_https ? "https" : "http", host);
    snprintf(text, sizeof text, "%s=%s%s%s%s%s%s", new.name, new.value, domain ? "; Domain=" : "",
             domain ? domain : "", has_path ? "; Path=" : "", has_path ? new.path : "",
             new.secure ? "; Secure" : "");
    if (age >= 0)
        sprintf(text + strlen(text), "; Max-Age=%d", age);

    bool fits = !domain || (ends_in(host, domain) && strcmp(domain, "test") != 0);
    bool may = fits && may_be_set(&new, has_path, is_https);
    const char *why = say(url, text);
    if (may != !why)
        fail_msg("step %d: %s from %s: %s", step, text, url, why ? why : "taken");
    if (may)
        set_in_model(new);
}

static void ask(int step)
{
    static const char *const requested[] = {"/", "/x", "/x/y", "/x/y/z", "/xy", "/xyz"};
    const char *host = PICK(hosts);
    const char *path = PICK(requested);
    bool is_https = draw(2);
    char url[64];

    snprintf(url, sizeof url, "%s://%s%s?q", is_https ? "https" : "http", host, path);
    const char *expected = sent_by_model(host, path, is_https);
    const char *actual = sent_to(url);
    if (strcmp(actual, expected) != 0)
        fail_msg("step %d: %s: \"%s\" is not \"%s\"", step, url, actual, expected);
    assert_int_equal(jar.count, model_count);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void the_jar_does_what_its_model_does(void **state)
{
    int steps = (int)from_environment("AHTTP_RANDOM_STEPS", STEPS);

    (void)state;
    noise = from_environment("AHTTP_RANDOM_SEED", 1);
    for (int step = 0; step < steps; step++) {
        now += draw(10) == 0;
        forget_expired();
        if (draw(2))
            set_one(step);
        else
            ask(step);
        if (step % 64 == 0) /* URLs are parsed into it */
            ah_arena_reset(&arena);
    }
}

/* With limits there is no telling what goes, but how much stays. */
static void limits_hold_whatever_happens(void **state)
{
    int steps = (int)from_environment("AHTTP_RANDOM_STEPS", STEPS);
    char url[64], text[64];

    (void)state;
    noise = from_environment("AHTTP_RANDOM_SEED", 2);
    begin_with(&(ah_jar_rules){.max_cookies = 20, .max_per_domain = 5});
    for (int step = 0; step < steps; step++) {
        now += draw(3) == 0;
        snprintf(url, sizeof url, "https://h%u.example.test/", draw(10));
        snprintf(text, sizeof text, "n%u=1%s; Max-Age=%u%s", draw(12),
                 draw(4) ? "" : "; Domain=example.test", draw(50), draw(2) ? "; Secure" : "");
        say(url, text);
        sent_to(url);
        size_t in_lists = 0;
        AH_LIST_FOR_EACH(link, &jar.cookies)
        {
            in_lists += link != NULL;
        }
        assert_int_equal(in_lists, jar.count);
        assert_true(jar.count <= 20 && jar.domains.count <= 11 && jar.secure_count <= jar.count);
        if (step % 64 == 0)
            ah_arena_reset(&arena);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_jar_does_what_its_model_does),
        TEST(limits_hold_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
