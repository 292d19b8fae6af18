/* A point strikes where the file $CRASH_POINT_FILE says so: "NAME KILL" or "NAME STOP", and how
 * many times the point is to be passed before. Whoever strikes takes the file away first, so that
 * one process alone does, and leaves its name with its process id behind: FILE.PID. */
#include "kit/crash_point.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SIZE = 64, WORD_SIZE = 8, PATH_SIZE = 1024 };

void crash_point_reached(const char *name)
{
    static char last[NAME_SIZE];
    static long passed;
    const char *path = getenv("CRASH_POINT_FILE");
    FILE *file = path ? fopen(path, "re") : NULL;
    if (!file) {
        return;
    }
    char wanted[NAME_SIZE];
    char how[WORD_SIZE];
    long before = 0;
    int words = fscanf(file, "%63s %7s %ld", wanted, how, &before);
    (void)fclose(file); /* only read */
    if (words != 3 || strcmp(wanted, name) != 0) {
        return;
    }
    if (strcmp(last, name) != 0) {
        (void)snprintf(last, sizeof last, "%s", name);
        passed = 0;
    }
    if (passed++ < before) {
        return;
    }
    char taken[PATH_SIZE];
    last[0] = '\0';
    (void)snprintf(taken, sizeof taken, "%s.%ld", path, (long)getpid());
    if (rename(path, taken) == 0) {
        (void)raise(strcmp(how, "STOP") == 0 ? SIGSTOP : SIGKILL);
    }
}
