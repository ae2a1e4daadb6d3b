/* SPDX-License-Identifier: MIT */
#include "documents.h"
#include "exit_codes.h"
#include "identity.h"
#include "options.h"
#include "write_out.h"
#include <stdio.h>
#include <string.h>

enum { MAN = 1, BASH, ZSH, FISH };
enum { HELP_COLUMN = 34 };

int documents_kind(const char *name)
{
    static const char *const names[] = {"man", "bash", "zsh", "fish"};

    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0)
            return i + 1;
    return 0;
}

/* ---- --help ---- */

static void print_option(const option *option)
{
    char left[80];

    if (option->letter)
        snprintf(left, sizeof left, " -%c, --%s %s", option->letter, option->name,
                 option->argument ? option->argument : "");
    else
        snprintf(left, sizeof left, "     --%s %s", option->name,
                 option->argument ? option->argument : "");
    printf("%-*s %s\n", HELP_COLUMN, left, option->help);
}

static void print_category(unsigned bit)
{
    for (size_t i = 0; i < option_count; i++)
        if (!bit || options[i].categories & bit)
            print_option(&options[i]);
}

static void print_categories(void)
{
    for (int i = 0; option_categories[i].name; i++)
        printf(" %-12s %s\n", option_categories[i].name, option_categories[i].help);
}

static void print_important(void)
{
    printf("Usage: %s [options...] <url>\n", identity_name());
    print_category(IN_IMPORTANT);
    puts(
        "\nThis is not all: \"--help category\" lists the categories, \"--help all\" all options,");
    puts("and \"--help --NAME\" one of them.");
}

void documents_help(const char *what)
{
    const option *option;

    if (!what || !*what) {
        print_important();
        return;
    }
    for (int i = 0; option_categories[i].name; i++)
        if (strcmp(option_categories[i].name, what) == 0) {
            printf("%s: %s\n", what, option_categories[i].help);
            print_category(1U << i);
            return;
        }
    option = what[0] != '-'   ? NULL
             : what[1] == '-' ? option_by_name(what + 2)
                              : option_by_letter(what[1]);
    if (option) {
        print_option(option);
    } else if (strcmp(what, "all") == 0) {
        print_category(0);
    } else {
        if (strcmp(what, "category") != 0)
            puts("Unknown category; these are known:");
        print_categories();
    }
}

/* ---- The manual page ---- */

static void print_roff(const char *text)
{
    if (*text == '.' || *text == '\'') /* at the start of a line these begin a request */
        fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '-')
            putchar('\\');
        if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
    }
}

static void man_option(const option *option)
{
    fputs(".TP\n.B ", stdout);
    if (option->letter) {
        print_roff("-");
        printf("%c, ", option->letter);
    }
    print_roff("--");
    print_roff(option->name);
    if (option->argument) {
        putchar(' ');
        print_roff(option->argument);
    }
    putchar('\n');
    print_roff(option->help);
    puts(".");
}

static const char man_head[] =
    ".SH NAME\nahttp \\- HTTP from the command line, for fingers that know curl\n"
    ".SH SYNOPSIS\n.B ahttp\n[options...] \\fIURL\\fR...\n"
    ".SH DESCRIPTION\n"
    "Asks HTTP and HTTPS servers and writes what they answer. Options have the names, meanings "
    "and\n"
    "exit codes of curl's; URLs may be patterns: {one,two}, [1\\-10], [001\\-100:10], [a\\-z].\n"
    "Options that take no argument are turned off by \\-\\-no\\-NAME; \\-\\-expand\\-NAME "
    "replaces\n"
    "{{variables}} in an argument.\n";

static const char man_tail[] =
    ".SH EXAMPLES\n.nf\n"
    "ahttp \\-L \\-o page.html https://example.org/\n"
    "ahttp \\-\\-json '{\"id\": 7}' \\-H 'X\\-Trace: 1' https://example.org/items\n"
    "ahttp \\-Z \\-o 'file_#1' 'https://example.org/{a,b,c}.bin'\n"
    "ahttp \\-\\-bench 1000,20 https://example.org/\n.fi\n"
    ".SH FILES\n.TP\n.I ~/.ahttprc, ~/.config/ahttprc\n"
    "Options, one a line, that are read first, unless \\-\\-disable is the first option. Only "
    "one file is\nread: that in the folder which CURL_HOME names, or else XDG_CONFIG_HOME, or else "
    "the first of these.\nSee \\-\\-config.\n"
    ".TP\n.I ~/.netrc\nUsers and passwords for \\-\\-netrc.\n"
    ".SH ENVIRONMENT\n.TP\n.B http_proxy, https_proxy, all_proxy, no_proxy\n"
    "Proxies for URLs of http, of https and of either, and hosts that none is used for.\n"
    ".TP\n.B NETRC\nA file instead of ~/.netrc.\n"
    ".TP\n.B SSLKEYLOGFILE\nA file for the secrets of TLS, as Wireshark reads them.\n"
    ".TP\n.B AHTTP_LOG\nWhat the library tells on standard error: warning, info, debug or trace.\n"
    ".TP\n.B AHTTP_CURL_VERSION\nSay to be a curl of that version.\n"
    ".SH EXIT CODES\n";

static void man_variables(void)
{
    fputs(".SH VARIABLES OF \\-\\-write\\-out\n%{NAME} stands for one of: ", stdout);
    for (size_t i = 0; write_out_name(i); i++)
        printf("%s%s", i > 0 ? ", " : "", write_out_name(i));
    puts(".\n.PP\n%{json} is all of them, %{header_json} the response's fields, %header{NAME} one "
         "of "
         "them;\n%time{FORMAT} is the time by strftime's letters. %{stdout}, %{stderr} and "
         "%output{FILE} say\nwhere to write what follows; it is only written of failures behind "
         "%{onerror}.\n\\en, \\er, \\et and %% are what they are in C.");
}

static void man_codes(void)
{
    for (const exit_meaning *each = exit_meanings; each->meaning; each++) {
        printf(".TP\n.B %d\n", each->code);
        print_roff(each->meaning);
        putchar('\n');
    }
}

static void write_man(void)
{
    printf(".TH AHTTP 1 \"\" \"ahttp %s\"\n%s", identity_version(), man_head);
    puts(".SH OPTIONS");
    for (size_t i = 0; i < option_count; i++)
        man_option(&options[i]);
    man_variables();
    fputs(man_tail, stdout);
    man_codes();
}

/* ---- Completions ---- */

static void write_bash(void)
{
    puts("_ahttp() {\n    local word=${COMP_WORDS[COMP_CWORD]}\n    case $word in");
    fputs("    -*) COMPREPLY=($(compgen -W '", stdout);
    for (size_t i = 0; i < option_count; i++) {
        printf("--%s ", options[i].name);
        if (options[i].letter)
            printf("-%c ", options[i].letter);
    }
    puts("' -- \"$word\")) ;;\n    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n    esac\n}");
    puts("complete -o filenames -F _ahttp ahttp");
}

/* A text in single quotes of a shell, brackets and colons as zsh wants them. */
static void print_quoted(const char *text, bool is_zsh)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs(is_zsh ? "'\\''" : "\\'", stdout);
        else if (is_zsh && strchr("[]:", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void write_zsh(void)
{
    puts("#compdef ahttp\n_arguments -s \\");
    for (size_t i = 0; i < option_count; i++) {
        const option *option = &options[i];
        for (int form = option->letter ? 0 : 1; form < 2; form++) {
            fputs("    '", stdout);
            if (form == 0)
                printf("-%s", option->letter == ':' ? "\\:" : (char[]){option->letter, '\0'});
            else
                printf("--%s", option->name);
            putchar('[');
            print_quoted(option->help, true);
            putchar(']');
            if (option->argument) {
                putchar(':');
                print_quoted(option->argument, true);
                fputs(":_files", stdout);
            }
            puts("' \\");
        }
    }
    puts("    '*:URL:_urls'");
}

static void write_fish(void)
{
    for (size_t i = 0; i < option_count; i++) {
        const option *option = &options[i];
        fputs("complete -c ahttp", stdout);
        if (option->letter)
            printf(" -s '%c'", option->letter);
        printf(" -l %s%s -d '", option->name, option->argument ? " -r" : "");
        print_quoted(option->help, false);
        puts("'");
    }
}

void documents_write(int kind)
{
    switch (kind) {
    case MAN: write_man(); break;
    case BASH: write_bash(); break;
    case ZSH: write_zsh(); break;
    default: write_fish();
    }
}
