/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H
/* Real servers and other programs of the system, each in a temporary folder and on ports of its
   own, so that tests may run side by side:

       program *nginx = program_new("nginx", "nginx-light");
       uint16_t port = program_port(nginx);
       program_write(nginx, "nginx.conf", "... listen 127.0.0.1:%u; ...", port);
       program_start(nginx, port, "-p", program_folder(nginx), "-c", "nginx.conf");
       ...
       program_stop(nginx);

   What cannot be done fails the test and shows the program's log; so does a program that is not
   there, with the name of its Debian package (the group "servers" of ./dev has them all).  What
   a failed test leaves behind ends with the test program.

   A test that runs as root starts the programs of others as nobody, to whom the folder is given, so
   that they behave as they do for everybody.  They see HOME and TMPDIR as that folder, which is
   their working directory, and no proxy settings. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct program program;

/* Finds the command in PATH and where systems keep servers; "apache2|httpd": whichever is
   there; "/a/path": just that.  Makes the folder. */
program *program_new(const char *command, const char *debian_package);
/* Ends it and all it has started, and removes the folder.  NULL does nothing. */
void program_stop(program *it);

/* ---- Before it is started; texts live as long as the program ---- */

/* A TCP port of 127.0.0.1 that is free and that no other test gets until program_stop. */
uint16_t program_port(program *it);
const char *program_folder(const program *it);
/* The path of a file in the folder, there or not. */
const char *program_path(program *it, const char *name);
/* Writes such a file, printf-like, and gives its path. */
__attribute__((format(printf, 3, 4))) const char *program_write(program *it, const char *name,
                                                                const char *format, ...);

/* ---- Running ---- */

/* Starts it with these arguments, and waits until something listens on port (0: does not wait);
   nothing is connected for that.  Its standard input is empty; output and errors go to the file
   "log". */
#define program_start(it, port, ...)                                                               \
    program_start_with((it), (port), (const char *const[]){__VA_ARGS__, NULL})
void program_start_with(program *it, uint16_t port, const char *const *arguments);
/* Waits until it has ended by itself, and gives its exit status (128 + signal). */
int program_wait(program *it);
/* All of a file in the folder, "" if there is none; until the next call. */
const char *program_text(program *it, const char *name);
/* Waits until the file has this text in it. */
void program_wait_for(program *it, const char *name, const char *text);

#endif
