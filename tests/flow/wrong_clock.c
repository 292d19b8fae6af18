/* Gives the program that it is loaded into another time of day, and its libraries the right one:
 *
 *   CLOCK_OFF_S=3600 LD_PRELOAD=libwrong_clock.so shortfall-caseworker …
 *
 * A clock that is wrong for the whole process, as libfaketime makes it, stops librdkafka: its
 * timed waits end at a time of day, and the kernel's is the right one. On a machine whose clock is
 * wrong both agree. In a broker it is the Java machine that is given another time, a library of the
 * program. */
#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int clock_gettime_call(clockid_t, struct timespec *);

/* The program itself has no name in the list of what is loaded. */
static int is_programs(const void *address)
{
    Dl_info info;
    struct link_map *map = NULL;
    return dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) && map &&
           (map->l_name[0] == '\0' || strstr(map->l_name, "/libjvm.so"));
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    clock_gettime_call *real;
    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    const char *off = getenv("CLOCK_OFF_S");
    if (!failed && clock == CLOCK_REALTIME && off && is_programs(__builtin_return_address(0))) {
        now->tv_sec += strtol(off, NULL, 10);
    }
    return failed;
}
