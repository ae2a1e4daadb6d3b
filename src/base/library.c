/* SPDX-License-Identifier: MIT */
#include "base/library.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NOT_TRIED, LOADED, MISSING };

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

/* Whether all of its functions were found.  It is never closed, whatever they may have begun. */
static bool fill_table(ah_library *library)
{
    void *handle = dlopen(library->soname, RTLD_LAZY | RTLD_LOCAL);
    char *to = library->table;

    for (const char *name = library->names; handle && *name; name += strlen(name) + 1) {
        void *function = dlsym(handle, name);
        if (!function)
            handle = NULL;
        memcpy(to, &function, sizeof function);
        to += sizeof function;
    }
    if (!handle) {
        const char *error = dlerror();
        snprintf(library->why_not, sizeof library->why_not, "%s", error ? error : library->soname);
    }
    return handle;
}

const char *ah_library_load(ah_library *library)
{
    if (!library->soname)
        return NULL;
    int state = atomic_load_explicit(&library->state, memory_order_acquire);
    if (state == NOT_TRIED) {
        pthread_mutex_lock(&loading);
        state = atomic_load_explicit(&library->state, memory_order_relaxed);
        if (state == NOT_TRIED) {
            state = fill_table(library) ? LOADED : MISSING;
            atomic_store_explicit(&library->state, state, memory_order_release);
        }
        pthread_mutex_unlock(&loading);
    }
    return state == LOADED ? NULL : library->why_not;
}

bool ah_library_is_there(ah_library *library)
{
    int state = atomic_load_explicit(&library->state, memory_order_acquire);

    if (!library->soname || state != NOT_TRIED)
        return !library->soname || state == LOADED;
    return access(library->path, R_OK) == 0 || !ah_library_load(library);
}
