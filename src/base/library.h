/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_LIBRARY_H
#define AH_BASE_LIBRARY_H
/* Libraries of which most programs need nothing, such as codecs: loaded when something of them is
   first needed, since each costs the start of a program as much as twenty requests.  The loader
   looks for them as for what is linked with, and they stay.  With AHTTP_LAZY 0 they are linked
   with, as in the static library, and all is there from the beginning.

   A door lists the functions that it calls, and calls them through the table lib:

       #define FUNCTIONS(f) f(psl_builtin) f(psl_is_public_suffix)
       AH_LIBRARY(ah_psl_library, PSL, "the Public Suffix List", FUNCTIONS);

       if (!ah_library_load(&ah_psl_library))
           list = lib.psl_builtin();

   PSL stands for what the build says of it: AHTTP_PSL_SONAME and AHTTP_PSL_FOLDER. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct ah_library {
    const char *soname; /* "libpsl.so.5", to which its header belongs; NULL: linked with */
    const char *path;   /* where that was when this was built */
    const char *names;  /* of its functions, each ends with NUL; then another NUL */
    void *table;        /* of pointers to them, in that order */
    atomic_int state;
    char why_not[256];
} ah_library;

/* Its table may be used; or why it may not, for good: "libpsl.so.5: cannot open shared object
   file: No such file or directory".  From any thread. */
const char *ah_library_load(ah_library *library);
/* Whether loading it will most likely work, or has; costs a look at a file. */
bool ah_library_is_there(ah_library *library);

#define AH_LIBRARY_MEMBER(function)  __typeof__(function) *function;
#define AH_LIBRARY_POINTER(function) function,
#define AH_LIBRARY_NAME(function)    #function "\0"

#if AHTTP_LAZY
#define AH_LIBRARY(library_, id, what, FUNCTIONS)                                                  \
    AH_LIBRARY_NOTE(library_, what, AHTTP_##id##_SONAME);                                          \
    static struct {                                                                                \
        FUNCTIONS(AH_LIBRARY_MEMBER)                                                               \
    } lib;                                                                                         \
    ah_library library_ = {.soname = AHTTP_##id##_SONAME,                                          \
                           .path = AHTTP_##id##_FOLDER "/" AHTTP_##id##_SONAME,                    \
                           .names = FUNCTIONS(AH_LIBRARY_NAME),                                    \
                           .table = &lib}
#else
#define AH_LIBRARY(library_, id, what, FUNCTIONS)                                                  \
    static const struct {                                                                          \
        FUNCTIONS(AH_LIBRARY_MEMBER)                                                               \
    } lib = {FUNCTIONS(AH_LIBRARY_POINTER)};                                                       \
    ah_library library_ = {.soname = NULL}
#endif

/* What tells packagers' tools of it, as the linker's notes do of others: an ELF note as
   https://uapi-group.org/specifications/specs/elf_dlopen_metadata/ has it. */
#define AH_LIBRARY_NOTE(library_, what, soname_)                                                   \
    __attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {               \
        uint32_t owner_size, text_size, type;                                                      \
        char owner[4];                                                                             \
        _Alignas(4) char text[sizeof AH_LIBRARY_TEXT(what, soname_)];                              \
    } library_##_note = {4, sizeof AH_LIBRARY_TEXT(what, soname_), 0x407c0c0a, "FDO",              \
                         AH_LIBRARY_TEXT(what, soname_)}
#define AH_LIBRARY_TEXT(what, soname_)                                                             \
    "[{\"feature\":\"" what "\",\"priority\":\"recommended\",\"soname\":[\"" soname_ "\"]}]"

#endif
