/* SPDX-License-Identifier: MIT */
/* ahttp: HTTP for fingers that know curl. */
#include "command_line.h"
#include "documents.h"
#include "identity.h"
#include "run.h"
#include <ahttp.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* --json is a shorthand for two headers. */
static void finish_settings(settings *settings)
{
    static const char *const lines[] = {"Content-Type: application/json",
                                        "Accept: application/json"};
    static const char *const names[] = {"Content-Type", "Accept"};

    for (int i = 0; settings->json && i < 2; i++) {
        bool has_one = false;
        for (size_t j = 0; j < settings->headers.count; j++)
            has_one = has_one || value_of_field(settings->headers.items[j], names[i]);
        if (!has_one)
            list_add(&settings->headers, lines[i]);
    }
}

/* What cannot be asked for together; false: it has been said. */
static bool check_settings(const global *global, settings *settings)
{
    bool has_upload = false;

    for (size_t i = 0; i < settings->source_count; i++)
        has_upload = has_upload || settings->sources[i].upload;
    int methods = (settings->has_data && !settings->get) + (settings->form != NULL) +
                  (settings->head && !settings->get) + has_upload;
    if (methods > 1) {
        warn(global, "You can only select one HTTP request method! POST (-d, --data etc), HEAD "
                     "(-I, --head), PUT (-T, --upload-file) and multipart formpost (-F, --form) "
                     "are different ones.");
        return false;
    }
    if (settings->continue_at && settings->has_data && !settings->get) {
        complain(global, "--continue-at is no use with --data");
        return false;
    }
    if (settings->remote_header_name && settings->continue_at) {
        complain(global, "--continue-at and --remote-header-name cannot be combined");
        return false;
    }
    if (settings->continue_at && (settings->range || settings->remove_on_error)) {
        complain(global, "--continue-at cannot be combined with --range or --remove-on-error");
        return false;
    }
    return true;
}

/* The method that -X names, but that would be taken anyway. */
static void note_method(const global *global, const settings *settings)
{
    const char *usual = settings->form || (settings->has_data && !settings->get) ? "POST"
                        : settings->head                                         ? "HEAD"
                                                                                 : "GET";

    for (size_t i = 0; i < settings->source_count; i++)
        if (settings->sources[i].upload)
            usual = "PUT";
    if (settings->method && equal_nocase(settings->method, usual))
        note(global, "Unnecessary use of -X or --request, %s is already inferred.", usual);
    else if (settings->method && equal_nocase(settings->method, "HEAD"))
        warn(global, "Setting custom HTTP method to HEAD with -X/--request may not work the way "
                     "you want. Consider using -I/--head instead.");
}

static bool has_url(const global *global)
{
    for (const settings *each = global->first; each; each = each->next)
        for (size_t i = 0; i < each->source_count; i++)
            if (each->sources[i].url)
                return true;
    return false;
}

static void open_errors(global *global)
{
    global->errors = stderr;
    if (!global->stderr_file)
        return;
    if (strcmp(global->stderr_file, "-") == 0)
        global->errors = stdout;
    else
        global->errors = fopen(global->stderr_file, "w");
    if (!global->errors) {
        global->errors = stderr;
        warn(global, "Failed to open %s!", global->stderr_file);
    }
}

static int run_settings(global *global)
{
    for (settings *each = global->first; each; each = each->next) {
        if (!check_settings(global, each))
            return 2;
        note_method(global, each);
        finish_settings(each);
    }
    if (!has_url(global)) {
        complain(global, "(2) no URL specified");
        complain(global, "try '%s --help' or '%s --manual' for more information", identity_name(),
                 identity_name());
        return 2;
    }
    return run_all(global);
}

int main(int argc, char **argv)
{
    global global = {.errors = stderr, .parallel_max = 50};
    int code = 0;

    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    if (command_line_read(&global, argc, argv, &code)) {
        open_errors(&global);
        if (global.config_path)
            note(&global, "Read config file from '%s'", global.config_path);
        if (global.version)
            identity_print();
        else if (global.generate)
            documents_write(global.generate);
        else if (global.manual)
            documents_write(documents_kind("man"));
        else if (global.help)
            documents_help(global.help_category);
        else
            code = run_settings(&global);
    }
    global_release(&global);
    return code;
}
