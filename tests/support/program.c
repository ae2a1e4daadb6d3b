/* SPDX-License-Identifier: MIT */
#include "support/program.h"
#include "support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_PORTS = 64,
    MAX_PATHS = 256,
    MAX_ARGUMENTS = 62,
    PATIENCE_MS = 60000, /* for anything that is waited for */
    TERM_MS = 10000,     /* between asking a program to end and ending it */
    NOBODY = 65534,
    /* Below what the system gives out by itself. */
    FIRST_PORT = 10000,
    PORTS = 20000
};

struct program {
    program *next; /* of all that are there */
    const char *package;
    char command[512]; /* its path */
    bool is_ours;      /* of the build, whose folder others may not be let into */
    char folder[64];
    int locks[MAX_PORTS]; /* of its ports: bound to names that only one can have */
    size_t lock_count;
    char *paths[MAX_PATHS];
    size_t path_count;
    char *text;
    pid_t pid; /* and its process group; 0: not running */
};

static program *all;

/* ---- Waiting ---- */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void breathe(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* Whether it has ended; then it is reaped. */
static bool has_ended(program *it, int *status)
{
    return waitpid(it->pid, status, WNOHANG) == it->pid;
}

/* ---- Folder and files ---- */

const char *program_folder(const program *it)
{
    return it->folder;
}

static const char *remember_path(program *it, char *path)
{
    assert_non_null(path);
    assert_true(it->path_count < MAX_PATHS);
    it->paths[it->path_count++] = path;
    return path;
}

const char *program_path(program *it, const char *name)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/%s", it->folder, name);
    for (size_t i = 0; i < it->path_count; i++) {
        if (strcmp(it->paths[i], path) == 0)
            return it->paths[i];
    }
    return remember_path(it, strdup(path));
}

const char *program_write(program *it, const char *name, const char *format, ...)
{
    const char *path = program_path(it, name);
    FILE *file = fopen(path, "we");
    va_list arguments;

    if (!file)
        fail_msg("write %s: %s", path, strerror(errno));
    va_start(arguments, format);
    assert_true(vfprintf(file, format, arguments) >= 0);
    va_end(arguments);
    assert_int_equal(fclose(file), 0);
    return path;
}

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "re");
    size_t len = 0, cap = 0;
    char *text = NULL;

    do {
        cap += 65536;
        text = realloc(text, cap + 1);
        len += file ? fread(text + len, 1, cap - len, file) : 0;
    } while (len == cap);
    text[len] = '\0';
    if (file)
        fclose(file);
    return text;
}

const char *program_text(program *it, const char *name)
{
    free(it->text);
    it->text = read_whole(program_path(it, name));
    return it->text;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static int give_away_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return lchown(path, NOBODY, NOBODY);
}

/* ---- Finding it ---- */

/* The path of the first of "a|b" that can be run; false if there is none. */
static bool find(const char *names, char *path, size_t cap)
{
    const char *from_user = getenv("PATH");
    char folders[4096];

    if (*names == '/') {
        snprintf(path, cap, "%s", names);
        return access(path, X_OK) == 0;
    }
    snprintf(folders, sizeof folders, "%s:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin",
             from_user ? from_user : "/bin");
    for (const char *name = names; *name; name += *name == '|') {
        size_t len = strcspn(name, "|");
        for (const char *folder = folders; *folder; folder += *folder == ':') {
            size_t folder_len = strcspn(folder, ":");
            snprintf(path, cap, "%.*s/%.*s", (int)folder_len, folder, (int)len, name);
            if (*folder == '/' && access(path, X_OK) == 0)
                return true;
            folder += folder_len;
        }
        name += len;
    }
    return false;
}

static void stop_all(void)
{
    while (all)
        program_stop(all);
}

program *program_new(const char *command, const char *debian_package)
{
    static bool cleans_up;
    program *it = calloc(1, sizeof *it);

    assert_non_null(it);
    it->package = debian_package;
    it->is_ours = *command == '/';
    if (!find(command, it->command, sizeof it->command)) {
        free(it);
        fail_msg("this test needs %s, which is not installed: on Debian it is in the package %s",
                 command, debian_package);
    }
    snprintf(it->folder, sizeof it->folder, "/tmp/ahttp-program-XXXXXX");
    assert_non_null(mkdtemp(it->folder));
    it->next = all;
    all = it;
    if (!cleans_up)
        atexit(stop_all);
    cleans_up = true;
    return it;
}

/* ---- Ports ---- */

/* A name in the abstract namespace has one owner, and is free again when that ends. */
static int lock_port(uint16_t port)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int len = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "ahttp-test-port-%u", port);

    assert_true(fd >= 0);
    if (bind(fd, (struct sockaddr *)&name,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool is_free(uint16_t port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_bound = bind(fd, (struct sockaddr *)&any, sizeof any) == 0;

    close(fd);
    return is_bound;
}

uint16_t program_port(program *it)
{
    static unsigned tried;
    unsigned start = (unsigned)getpid() * 37;

    assert_true(it->lock_count < MAX_PORTS);
    for (int i = 0; i < PORTS; i++) {
        uint16_t port = (uint16_t)(FIRST_PORT + (start + tried++) % PORTS);
        int lock = lock_port(port);
        if (lock >= 0 && is_free(port)) {
            it->locks[it->lock_count++] = lock;
            return port;
        }
        if (lock >= 0)
            close(lock);
    }
    fail_msg("no port is free");
    return 0;
}

/* Whether a socket listens there, as the system's table says. */
static bool is_listening_in(const char *table, uint16_t port)
{
    FILE *file = fopen(table, "re");
    char line[512];
    bool found = false;

    while (file && !found && fgets(line, sizeof line, file)) {
        unsigned local, state;
        found = sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &local, &state) == 2 &&
                local == port && state == 0x0A;
    }
    if (file)
        fclose(file);
    return found;
}

static bool is_listening(uint16_t port)
{
    return is_listening_in("/proc/net/tcp", port) || is_listening_in("/proc/net/tcp6", port);
}

/* ---- Running ---- */

/* In the child, where only what is safe after fork may be called. */
static void become(const program *it, char *const *argv, char *const *environment)
{
    if (chdir(it->folder) != 0)
        _exit(126);
    int input = open("/dev/null", O_RDONLY);
    int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0644);

    setpgid(0, 0);
    dup2(input, 0);
    dup2(log, 1);
    dup2(log, 2);
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    if (geteuid() == 0 && !it->is_ours &&
        (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execve(argv[0], argv, environment);
    _exit(127);
}

static void fail_with_log(program *it, const char *what)
{
    char message[4096];
    const char *log = program_text(it, "log");
    size_t len = strlen(log);

    snprintf(message, sizeof message, "%s: %s\n%s", it->command, what,
             len > 3000 ? log + len - 3000 : log);
    fail_msg("%s", message);
}

static void wait_until_it_listens(program *it, uint16_t port)
{
    int64_t end = now_ms() + PATIENCE_MS;
    int status;

    while (!is_listening(port)) {
        if (has_ended(it, &status)) {
            it->pid = 0;
            fail_with_log(it, "it ended instead of listening");
        }
        if (now_ms() > end)
            fail_with_log(it, "it does not listen on its port");
        breathe();
    }
}

void program_start_with(program *it, uint16_t port, const char *const *arguments)
{
    char home[128], temporary[128];
    char *environment[] = {home, temporary, "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                           "LC_ALL=C", NULL};
    char *argv[MAX_ARGUMENTS + 2] = {it->command};

    assert_int_equal(it->pid, 0);
    for (size_t i = 0; arguments[i]; i++) {
        assert_true(i < MAX_ARGUMENTS);
        argv[i + 1] = (char *)(uintptr_t)arguments[i];
    }
    snprintf(home, sizeof home, "HOME=%s", it->folder);
    snprintf(temporary, sizeof temporary, "TMPDIR=%s", it->folder);
    if (geteuid() == 0)
        assert_int_equal(nftw(it->folder, give_away_one, 8, FTW_PHYS), 0);
    it->pid = fork();
    assert_true(it->pid >= 0);
    if (it->pid == 0)
        become(it, argv, environment);
    setpgid(it->pid, it->pid);
    if (port)
        wait_until_it_listens(it, port);
}

int program_wait(program *it)
{
    int64_t end = now_ms() + PATIENCE_MS;
    int status;

    while (!has_ended(it, &status)) {
        if (now_ms() > end)
            fail_with_log(it, "it does not end");
        breathe();
    }
    kill(-it->pid, SIGKILL);
    it->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void program_wait_for(program *it, const char *name, const char *text)
{
    int64_t end = now_ms() + PATIENCE_MS;

    while (!strstr(program_text(it, name), text)) {
        if (now_ms() > end)
            fail_with_log(it, text);
        breathe();
    }
}

static void end_processes(program *it)
{
    int64_t end = now_ms() + TERM_MS;
    int status;

    bool ended = false;

    kill(-it->pid, SIGTERM);
    while (!(ended = has_ended(it, &status)) && now_ms() < end)
        breathe();
    kill(-it->pid, SIGKILL); /* also what the program has left behind */
    if (!ended)
        waitpid(it->pid, &status, 0);
    it->pid = 0;
}

void program_stop(program *it)
{
    if (!it)
        return;
    for (program **link = &all; *link; link = &(*link)->next) {
        if (*link == it) {
            *link = it->next;
            break;
        }
    }
    if (it->pid)
        end_processes(it);
    nftw(it->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    for (size_t i = 0; i < it->lock_count; i++)
        close(it->locks[i]);
    for (size_t i = 0; i < it->path_count; i++)
        free(it->paths[i]);
    free(it->text);
    free(it);
}
