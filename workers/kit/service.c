#include "kit/service.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

enum { WORDS_SIZE = 256 };

/* Of the one main loop. */
static struct {
    bool asked;            /* whether there is a watchdog */
    int64_t beat_every_ms; /* 0: there is none */
    int64_t last_beat_ms;
    bool ready;
    char words[WORDS_SIZE];
} service;

/* An error is of the notification alone, and the worker goes on without it. */
static void tell(const char *message)
{
    (void)sd_notify(0, message);
}

void service_state(bool ready, const char *words)
{
    char message[WORDS_SIZE + 32];
    if (ready && !service.ready) {
        service.ready = true;
        tell("READY=1");
    }
    if (strncmp(service.words, words, sizeof service.words - 1) == 0) {
        return;
    }
    (void)snprintf(service.words, sizeof service.words, "%s", words);
    (void)snprintf(message, sizeof message, "STATUS=%s", service.words);
    tell(message);
}

void service_stopping(void)
{
    tell("STOPPING=1\nSTATUS=draining");
}

void service_beat(int64_t monotonic_ms)
{
    if (!service.asked) {
        uint64_t watchdog_us = 0;
        service.asked = true;
        service.beat_every_ms =
            sd_watchdog_enabled(0, &watchdog_us) > 0 ? (int64_t)(watchdog_us / 4000) : 0;
    }
    if (service.beat_every_ms && monotonic_ms - service.last_beat_ms >= service.beat_every_ms) {
        service.last_beat_ms = monotonic_ms;
        tell("WATCHDOG=1");
    }
}
