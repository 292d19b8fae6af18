#include "kit/metrics_process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "kit/metrics_text.h"

static void put_one(struct buffer *out, const char *name, const char *help, const char *type,
                    double value)
{
    metrics_text_head(out, name, help, type);
    metrics_text_sample(out, name, "", "", value);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void put_cpu(struct buffer *out)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        put_one(out, "process_cpu_seconds_total", "CPU time of the process, user and system.",
                "counter", seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
    }
}

static void put_memory(struct buffer *out)
{
    unsigned long all_pages;
    unsigned long resident_pages;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) {
        return;
    }
    if (fscanf(file, "%lu %lu", &all_pages, &resident_pages) == 2) {
        double page = (double)sysconf(_SC_PAGESIZE);
        put_one(out, "process_virtual_memory_bytes", "Virtual memory.", "gauge",
                (double)all_pages * page);
        put_one(out, "process_resident_memory_bytes", "Resident memory.", "gauge",
                (double)resident_pages * page);
    }
    (void)fclose(file); /* only read */
}

/* The start in ticks since boot: field 22 of stat, the 20th after the name in parentheses. */
static bool start_ticks(unsigned long long *ret_ticks)
{
    char line[1024];
    FILE *file = fopen("/proc/self/stat", "re");
    if (!file) {
        return false;
    }
    bool read = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file); /* only read */
    const char *after_name = read ? strrchr(line, ')') : NULL;
    return after_name &&
           sscanf(after_name + 1,
                  " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d"
                  " %llu",
                  ret_ticks) == 1;
}

static void put_start(struct buffer *out)
{
    unsigned long long ticks;
    struct timespec now;
    struct timespec since_boot;
    if (!start_ticks(&ticks) || clock_gettime(CLOCK_REALTIME, &now) != 0 ||
        clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) {
        return;
    }
    double boot =
        (double)(now.tv_sec - since_boot.tv_sec) + (double)(now.tv_nsec - since_boot.tv_nsec) / 1e9;
    put_one(out, "process_start_time_seconds", "Start of the process, in seconds since 1970.",
            "gauge", boot + (double)ticks / (double)sysconf(_SC_CLK_TCK));
}

static void put_descriptors(struct buffer *out)
{
    struct rlimit limit;
    int count = -3; /* ".", ".." and the descriptor of the folder itself */
    DIR *folder = opendir("/proc/self/fd");
    if (folder) {
        while (readdir(folder)) {
            count++;
        }
        (void)closedir(folder); /* only read */
        put_one(out, "process_open_fds", "Open file descriptors.", "gauge", count);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        put_one(out, "process_max_fds", "The most file descriptors that may be open.", "gauge",
                (double)limit.rlim_cur);
    }
}

void metrics_process_render(struct buffer *out)
{
    put_cpu(out);
    put_memory(out);
    put_start(out);
    put_descriptors(out);
}
