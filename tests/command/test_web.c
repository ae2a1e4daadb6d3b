/* SPDX-License-Identifier: MIT */
/* What the fetchers find in pages, and in robots.txt. */
#include "support/check.h"

#include "web.h"
#include <stdlib.h>
#include <string.h>

static void check_links(const char *html, const char *wanted)
{
    strings links = web_links("http://h/a/b?q", html);
    char all[512] = "";

    for (size_t i = 0; i < links.count; i++) {
        strcat(all, i > 0 ? " " : "");
        strcat(all, links.items[i]);
    }
    assert_string_equal(all, wanted);
    strings_free(&links);
}

static void links_are_what_a_browser_would_go_to(void **state)
{
    static const struct {
        const char *html, *links;
    } rows[] = {
        {"<a href=\"x\">", "http://h/a/x"},
        {"<a href='/x'>", "http://h/x"},
        {"<a href=x>", "http://h/a/x"},
        {"<A HREF=\"x\">", "http://h/a/x"},
        {"<a\nhref=\"x\">", "http://h/a/x"},
        {"<img src=\"x.gif\">", "http://h/a/x.gif"},
        {"<a href=\"x\"><a href=\"x\"><a href=\"y\">", "http://h/a/x http://h/a/y"},
        {"<a href=\"x#one\"><a href=\"x#two\"><a href=\"#three\">", "http://h/a/x"},
        {"<a href=\"?a=1&amp;b=2\">", "http://h/a/b?a=1&b=2"},
        {"<a href=\" x \">", "http://h/a/x"},
        {"<a href=\"\\\\i\\x\">", "http://i/x"},
        {"<a href=\"x\ny\">", "http://h/a/xy"},
        {"<a href=\"http:x\">", "http://h/a/x"},
        {"<a href=\"https://i\">", "https://i/"},
        {"<a href=\"http://0x7f.1/\">", "http://127.0.0.1/"},
        {"<a href=\"a b\">", "http://h/a/a%20b"},
        {"<a href=\"mailto:a@b\"><a href=\"ftp://i/\"><a href=\"javascript:x()\">", ""},
        {"<a href=\"\">", ""},
        {"<a data-href=\"x\">", ""},
        {"<base href=\"/c/\"><a href=\"x\">", "http://h/c/ http://h/c/x"},
        {"<a href=\"x", "http://h/a/x"},
        {"href=", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_links(rows[i].html, rows[i].links);
}

typedef struct rule {
    const char *robots, *path;
    bool allowed;
} rule;

static void check_rules(const rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (web_allowed(rules[i].robots, "me", rules[i].path) != rules[i].allowed)
            fail_msg("%s of \"%s\" is %s", rules[i].path, rules[i].robots,
                     rules[i].allowed ? "refused" : "allowed");
}

static void the_longest_rule_counts(void **state)
{
    static const rule rules[] = {
        {"", "/x", true},
        {"User-agent: *\nDisallow: /\n", "/x", false},
        {"User-agent: *\nDisallow:\n", "/x", true},
        {"User-agent: *\nDisallow: /x\n", "/y", true},
        {"User-agent: *\nDisallow: /x\n", "/xy", false},
        {"User-agent: *\nDisallow: /x\nAllow: /x/y\n", "/x/y", true},
        {"User-agent: *\nAllow: /x/y\nDisallow: /x\n", "/x/y", true},
        {"User-agent: *\nDisallow: /x\nAllow: /x\n", "/x", true},
        {"User-agent: *\nAllow: /x\nDisallow: /x\n", "/x", true},
        {"user-AGENT : *\r\ndisallow :/x # not there\r\n", "/x", false},
        {"Disallow: /x\n", "/x", true},
    };

    (void)state;
    check_rules(rules, COUNT_OF(rules));
}

static void rules_may_have_stars_and_an_end(void **state)
{
    static const rule rules[] = {
        {"User-agent: *\nDisallow: /*.gif\n", "/a/b.gif", false},
        {"User-agent: *\nDisallow: /*.gif\n", "/a/b.gif?c", false},
        {"User-agent: *\nDisallow: /*.gif$\n", "/a/b.gif?c", true},
        {"User-agent: *\nDisallow: /*.gif$\n", "/a.gif/b.gif", false},
        {"User-agent: *\nDisallow: /a*b*c\n", "/axbxc", false},
        {"User-agent: *\nDisallow: /a*b*c\n", "/axcxb", true},
        {"User-agent: *\nDisallow: /a$b\n", "/a$b", false},
        {"User-agent: *\nDisallow: /$\n", "/", false},
        {"User-agent: *\nDisallow: /$\n", "/x", true},
        {"User-agent: *\nDisallow: /*\n", "/x", false},
    };

    (void)state;
    check_rules(rules, COUNT_OF(rules));
}

static void rules_for_one_agent_stand_in_for_those_of_all(void **state)
{
#define MINE     "User-agent: me\nDisallow: /mine\n"
#define OF_ALL   "User-agent: *\nDisallow: /all\n"
#define OTHER    "User-agent: other\nDisallow: /\n"
#define TOGETHER "User-agent: other\nUser-agent: ME\nDisallow: /both\n"
    static const rule rules[] = {
        {MINE OF_ALL, "/mine", false},   {MINE OF_ALL, "/all", true},
        {OF_ALL MINE, "/all", true},     {OF_ALL OTHER, "/all", false},
        {OF_ALL OTHER, "/x", true},      {TOGETHER OF_ALL, "/both", false},
        {TOGETHER OF_ALL, "/all", true}, {MINE TOGETHER, "/mine", false},
        {MINE TOGETHER, "/both", false}, {"User-agent: meh\nDisallow: /\n", "/x", true},
    };

    (void)state;
    check_rules(rules, COUNT_OF(rules));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_what_a_browser_would_go_to),
        cmocka_unit_test(the_longest_rule_counts),
        cmocka_unit_test(rules_may_have_stars_and_an_end),
        cmocka_unit_test(rules_for_one_agent_stand_in_for_those_of_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
