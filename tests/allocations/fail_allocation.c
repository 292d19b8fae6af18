/* Stands before malloc and its kin, and lets one of a program's own allocations fail:
 *
 *   ALLOCATIONS_LOG=FILE LD_PRELOAD=…     writes at the end a line `SITE COUNT` for every place of
 *                                         the program that allocates (SITE: where it goes on)
 *   FAIL_SITE=SITE FAIL_NTH=N LD_PRELOAD=…  the Nth time that this place allocates, there is nothing
 *
 * Only what the program itself asks for counts, not what libraries do for themselves. Where there is
 * nothing it writes a line `nothing SITE SITE …`, the innermost first, and when it crashes a line
 * `crash SITE SITE …`, whatever handlers it has. */
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SITES_MAX = 8192, FRAMES_MAX = 64, CRASHED = 99 };

struct site {
    uintptr_t at;
    long count;
};

static struct site sites[SITES_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uintptr_t base;
static uintptr_t text_begin;
static uintptr_t text_end;
static uintptr_t fail_site;
static long fail_nth;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* The first object is the program. */
static int see_program(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size, (void)context;
    base = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
            text_begin = base + info->dlpi_phdr[i].p_vaddr;
            text_end = text_begin + info->dlpi_phdr[i].p_memsz;
        }
    }
    return 1;
}

static void tell_stack(const char *what)
{
    void *frames[FRAMES_MAX];
    int count = backtrace(frames, FRAMES_MAX);
    (void)dprintf(STDERR_FILENO, "\n%s", what);
    for (int i = 0; i < count; i++) {
        uintptr_t at = (uintptr_t)frames[i];
        if (at >= text_begin && at < text_end) {
            (void)dprintf(STDERR_FILENO, " %lx", (unsigned long)(at - base));
        }
    }
    (void)dprintf(STDERR_FILENO, "\n");
}

static void crash(int signal)
{
    (void)signal;
    tell_stack("crash");
    _exit(CRASHED);
}

/* The tests' library would catch what ends a program, and go on with the next test. */
__sighandler_t signal(int number, __sighandler_t handler)
{
    struct sigaction action = {.sa_handler = handler};
    bool ends = number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE;
    if (!ends) {
        (void)sigaction(number, &action, NULL);
    }
    return SIG_DFL;
}

__attribute__((constructor)) static void begin(void)
{
    const char *site = getenv("FAIL_SITE");
    const char *nth = getenv("FAIL_NTH");
    fail_site = site ? strtoull(site, NULL, 16) : 0;
    fail_nth = nth ? strtol(nth, NULL, 10) : 0;
    (void)dl_iterate_phdr(see_program, NULL);
    const struct sigaction action = {.sa_handler = crash};
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)unsetenv("LD_PRELOAD"); /* servers that the program starts are let alone */
}

__attribute__((destructor)) static void end(void)
{
    const char *name = getenv("ALLOCATIONS_LOG");
    FILE *file = name ? fopen(name, "a") : NULL;
    for (int i = 0; file && i < SITES_MAX; i++) {
        if (sites[i].at) {
            (void)fprintf(file, "%lx %ld\n", (unsigned long)sites[i].at, sites[i].count);
        }
    }
    if (file) {
        (void)fclose(file);
    }
}

static long counted(uintptr_t at)
{
    size_t i = at * 2654435761U % SITES_MAX;
    while (sites[i].at && sites[i].at != at) {
        i = (i + 1) % SITES_MAX;
    }
    sites[i].at = at;
    return ++sites[i].count;
}

static bool fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    if (at < text_begin || at >= text_end) {
        return false;
    }
    (void)pthread_mutex_lock(&lock);
    bool now = counted(at - base) == fail_nth && at - base == fail_site;
    (void)pthread_mutex_unlock(&lock);
    if (now) {
        tell_stack("nothing");
        errno = ENOMEM;
    }
    return now;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
    return fails(CALLER) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(CALLER) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails(CALLER) ? NULL : __libc_realloc(old, size);
}

char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = fails(CALLER) ? NULL : __libc_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

char *strndup(const char *text, size_t most)
{
    size_t size = strnlen(text, most);
    char *copy = fails(CALLER) ? NULL : __libc_malloc(size + 1);
    if (copy) {
        memcpy(copy, text, size);
        copy[size] = '\0';
    }
    return copy;
}

int vasprintf(char **ret_text, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    *ret_text = size < 0 ? NULL : __libc_malloc((size_t)size + 1);
    return *ret_text ? vsnprintf(*ret_text, (size_t)size + 1, format, arguments) : -1;
}

int asprintf(char **ret_text, const char *format, ...)
{
    if (fails(CALLER)) {
        *ret_text = NULL;
        return -1;
    }
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(ret_text, format, arguments);
    va_end(arguments);
    return size;
}
