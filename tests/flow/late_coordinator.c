/* Stands before rd_kafka_committed and lets its first calls fail, as a coordinator that moves does:
 *
 *   COMMITTED_FAILS=10 LD_PRELOAD=liblate_coordinator.so shortfall-allocator …
 *
 * A real coordinator moves in its own time; a test needs it to at the one moment that matters, and
 * reads on standard error when that is. */
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef rd_kafka_resp_err_t committed_call(rd_kafka_t *, rd_kafka_topic_partition_list_t *, int);

rd_kafka_resp_err_t rd_kafka_committed(rd_kafka_t *handle, rd_kafka_topic_partition_list_t *list,
                                       int timeout_ms)
{
    static long left = -1;
    const char *fails = getenv("COMMITTED_FAILS");
    if (left < 0) {
        left = fails ? strtol(fails, NULL, 10) : 0;
    }
    if (left > 0) {
        (void)dprintf(STDERR_FILENO, "late_coordinator: asked, %ld to go\n", left);
        left--;
        return RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
    }
    committed_call *real;
    *(void **)&real = dlsym(RTLD_NEXT, "rd_kafka_committed");
    return real(handle, list, timeout_ms);
}
