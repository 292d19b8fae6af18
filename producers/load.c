/* shortfall-load: as many orders as are wanted, or as can be. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/must.h"
#include "kit/buffer.h"
#include "kit/clock.h"
#include "kit/producer.h"
#include "kit/traceparent.h"
#include "producers/load_plan.h"
#include "producers/program.h"
#include "producers/progress.h"
#include "producers/sender.h"

enum {
    THREADS_MAX = 64,
    ORDERS_DEFAULT = 100000,
    BATCH_MAX = 50000, /* messages between two waits for their acknowledgement */
    FLUSH_WAIT_MS = 60000,
    PACE_MS = 2, /* how finely a rate is kept */
};

static const struct settings_flag flags[] = {
    {"orders", "NUMBER", "How many orders (default: what --seconds allow, else 100000)."},
    {"seconds", "NUMBER", "For how long at most."},
    {"rate", "NUMBER", "Orders a second; without it as fast as can be."},
    {"lines", "NUMBER",
     "Lines of an order on average, 1 to 25 (default 1); `shop`: 65 % one line, the others two to "
     "four."},
    {"skus", "NUMBER", "How many skus (default 10000)."},
    {"skew", "NUMBER", "How unevenly they are ordered: 0 not at all, 1 as in shops (default)."},
    {"short", "PERCENT", "Share of the demand that has no stock (default 1)."},
    {"sold-out", NULL,
     "The share is that of skus which never have any: short from the first order to the last."},
    {"levels", "WHEN", "`first` (default), `only` or `none`: the levels before the orders."},
    {"open", "NUMBER", "How many orders stay open: older ones are closed (default: all stay)."},
    {"traced", NULL, "Each order has a trace of its own, in the header traceparent."},
    {"threads", "NUMBER", "Producers beside each other (default 1)."},
    {"seed", "NUMBER", "What all is drawn from; orders of another seed are others (default 1)."},
    {NULL, NULL, NULL},
};

struct load {
    const struct settings *settings;
    struct load_plan plan;
    int64_t order_count;
    int64_t seconds; /* 0: no limit */
    int64_t rate;    /* of all threads; 0: no limit */
    int64_t threads;
    bool closes;
    bool with_levels;
    bool with_orders;
    bool traced;
    int64_t begin_ms;             /* monotonic, of the first order */
    atomic_uint_least64_t orders; /* sent */
    atomic_uint_least64_t lines;
    atomic_uint_least64_t messages;
};

/* One thread with all that it must not share. */
struct lane {
    struct load *load;
    int64_t index;
    struct codec *codec;
    struct producer *producer;
    struct buffer buffer;
    int64_t version; /* of the levels that this lane sends */
    uint32_t unacknowledged;
    enum status status;
    struct error error;
};

static enum status lane_open(struct lane *lane, struct load *load, int64_t index)
{
    *lane = (struct lane){.load = load, .index = index};
    lane->status = sender_codec(load->settings, &lane->codec, &lane->error);
    if (lane->status == OK) {
        lane->status = producer_new(load->settings, NULL, &lane->producer, &lane->error);
    }
    return lane->status;
}

static void lane_close(struct lane *lane)
{
    producer_free(lane->producer);
    codec_free(lane->codec);
    buffer_done(&lane->buffer);
}

static enum status lane_flush(struct lane *lane)
{
    lane->unacknowledged = 0;
    return producer_flush(lane->producer, FLUSH_WAIT_MS, &lane->error);
}

/* No headers but the one that was asked for: what is measured is the pipeline, and it needs none.
 */
static enum status lane_send(struct lane *lane, enum topic topic, struct text key,
                             const void *record, struct text traceparent)
{
    buffer_clear(&lane->buffer);
    enum status status =
        codec_encode(lane->codec, topic_info(topic)->type, record, &lane->buffer, &lane->error);
    if (status == OK && lane->unacknowledged >= BATCH_MAX) {
        status = lane_flush(lane);
    }
    if (status != OK) {
        return status;
    }
    struct outgoing item = {
        .topic = topic,
        .partition = -1,
        .key = key,
        .value = {(const char *)lane->buffer.data, (uint32_t)lane->buffer.size},
    };
    if (text_is_set(traceparent)) {
        item.headers[item.header_count++] = (struct header){TRACEPARENT_HEADER, traceparent};
    }
    lane->unacknowledged++;
    atomic_fetch_add_explicit(&lane->load->messages, 1, memory_order_relaxed);
    return producer_send(lane->producer, &item, &lane->error);
}

/* The lane's share of the skus. */
static enum status send_levels(struct lane *lane)
{
    const struct load *load = lane->load;
    enum status status = OK;
    lane->version++;
    for (uint32_t k = (uint32_t)lane->index; status == OK && k < load->plan.sku_count;
         k += (uint32_t)load->threads) {
        char sku[LOAD_ID_SIZE];
        struct stock_level level;
        int64_t now_ms = clock_now_ms();
        load_plan_level(&load->plan, k, now_ms * 1000 + lane->version, now_ms, sku, &level);
        status = lane_send(lane, TOPIC_STOCK_LEVEL, level.sku, &level, (struct text){0});
    }
    return status == OK ? lane_flush(lane) : status;
}

static enum status send_order(struct lane *lane, uint64_t n)
{
    struct load_order order;
    load_plan_order(&lane->load->plan, n, clock_now_ms(), &order);
    atomic_fetch_add_explicit(&lane->load->orders, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&lane->load->lines, order.paid.line_count, memory_order_relaxed);
    char traceparent[TRACEPARENT_SIZE] = "";
    if (lane->load->traced) { /* the seed and the number are an id like any other */
        (void)snprintf(traceparent, sizeof traceparent,
                       "00-%016" PRIx64 "%016" PRIx64 "-%016" PRIx64 "-01", lane->load->plan.seed,
                       n + 1, n + 1);
    }
    return lane_send(lane, TOPIC_ORDER_PAID, order.paid.order_id, &order.paid,
                     lane->load->traced ? text_of(traceparent) : (struct text){0});
}

static enum status send_closings(struct lane *lane, uint64_t n)
{
    struct load_order order;
    enum status status = OK;
    load_plan_order(&lane->load->plan, n, 0, &order);
    for (uint32_t i = 0; status == OK && i < order.paid.line_count; i++) {
        struct order_closed closed;
        load_plan_closing(&lane->load->plan, &order, i, n, clock_now_ms(), &closed);
        status = lane_send(lane, TOPIC_ORDER_CLOSED, closed.order_id, &closed, (struct text){0});
    }
    return status;
}

static void pause_ms(int64_t ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&pause, NULL); /* a signal only makes the next look at the clock earlier */
}

/* Waits until the n-th order of all is due; false: the time is over. */
static bool await_turn(const struct load *load, uint64_t n)
{
    int64_t elapsed_ms = clock_monotonic_ms() - load->begin_ms;
    while (load->rate > 0 && (int64_t)n > load->rate * elapsed_ms / 1000) {
        if (program_is_stopped()) {
            return false;
        }
        pause_ms(PACE_MS);
        elapsed_ms = clock_monotonic_ms() - load->begin_ms;
    }
    return !program_is_stopped() && (load->seconds == 0 || elapsed_ms < load->seconds * 1000);
}

/* The lane's orders: every so-manieth of all. What was shipped comes back in now and then. */
static enum status send_orders(struct lane *lane)
{
    const struct load *load = lane->load;
    uint64_t open = load->plan.open_count;
    uint64_t recount = open / 2 + 1;
    uint64_t next_recount = open + recount;
    enum status status = OK;
    for (uint64_t n = (uint64_t)lane->index; status == OK && n < (uint64_t)load->order_count;
         n += (uint64_t)load->threads) {
        if (!await_turn(load, n)) {
            break;
        }
        status = send_order(lane, n);
        if (status == OK && load->closes && n >= open) {
            status = send_closings(lane, n - open);
        }
        if (status == OK && load->closes && n >= next_recount) {
            next_recount += recount;
            status = send_levels(lane);
        }
    }
    return status == OK ? lane_flush(lane) : status;
}

static void *lane_main(void *argument)
{
    struct lane *lane = argument;
    lane->status = send_orders(lane);
    return NULL;
}

static void show(struct load *load, struct progress *progress, uint64_t *last, int64_t *last_ms)
{
    uint64_t orders = atomic_load(&load->orders);
    int64_t now_ms = clock_monotonic_ms();
    char words[100];
    int64_t passed_ms = now_ms > *last_ms ? now_ms - *last_ms : 1;
    (void)snprintf(words, sizeof words, "%" PRIu64 " orders, %" PRId64 " a second", orders,
                   (int64_t)(orders - *last) * 1000 / passed_ms);
    progress_draw(progress, (int64_t)orders, load->order_count, words);
    *last = orders;
    *last_ms = now_ms;
}

/* Runs the lanes to their end; the main thread shows how far they are. */
static enum status run_lanes(struct load *load, struct lane *lanes, struct error *error)
{
    pthread_t threads[THREADS_MAX];
    int64_t started = 0;
    load->begin_ms = clock_monotonic_ms();
    while (started < load->threads) {
        if (pthread_create(&threads[started], NULL, lane_main, &lanes[started]) != 0) {
            break;
        }
        started++;
    }
    struct progress progress;
    uint64_t last = 0;
    int64_t last_ms = load->begin_ms;
    progress_begin(&progress);
    for (int64_t i = 0; i < started; i++) {
        struct timespec until;
        do {
            (void)clock_gettime(CLOCK_REALTIME, &until);
            until.tv_sec++;
            if (progress_is_due(&progress)) {
                show(load, &progress, &last, &last_ms);
            }
        } while (pthread_timedjoin_np(threads[i], NULL, &until) == ETIMEDOUT);
    }
    progress_end(&progress);
    if (started < load->threads) {
        return error_set(error, FATAL, "cannot start %" PRId64 " threads", load->threads);
    }
    for (int64_t i = 0; i < started; i++) {
        if (lanes[i].status != OK) {
            *error = lanes[i].error;
            return lanes[i].status;
        }
    }
    return OK;
}

static void tell(struct load *load)
{
    int64_t elapsed_ms = clock_monotonic_ms() - load->begin_ms;
    double seconds = (double)(elapsed_ms > 0 ? elapsed_ms : 1) / 1000;
    uint64_t orders = atomic_load(&load->orders);
    uint64_t lines = atomic_load(&load->lines);
    (void)printf("%" PRIu64 " orders, %" PRIu64 " lines, %" PRIu64
                 " messages in %.3f s: %.0f orders/s, %.0f lines/s, all acknowledged\n",
                 orders, lines, atomic_load(&load->messages), seconds, (double)orders / seconds,
                 (double)lines / seconds);
}

static enum status generate(struct load *load, struct error *error)
{
    static struct lane lanes[THREADS_MAX];
    enum status status = OK;
    int64_t opened = 0;
    while (status == OK && opened < load->threads) {
        status = lane_open(&lanes[opened], load, opened);
        opened++;
    }
    for (int64_t i = 0; status == OK && load->with_levels && i < load->threads; i++) {
        status = send_levels(&lanes[i]);
    }
    if (status == OK) {
        status = load->with_orders ? run_lanes(load, lanes, error) : OK;
    } else {
        *error = lanes[opened - 1].error;
        for (int64_t i = 0; i < opened; i++) {
            if (lanes[i].status != OK) {
                *error = lanes[i].error;
            }
        }
    }
    if (status == OK && load->with_orders) {
        tell(load);
    }
    for (int64_t i = 0; i < opened; i++) {
        lane_close(&lanes[i]);
    }
    return status;
}

static bool read_skew(const struct settings *settings, double *skew)
{
    const char *text = settings_flag(settings, "skew");
    char *end;
    if (!text) {
        return true;
    }
    *skew = strtod(text, &end);
    if (end == text || *end || !(*skew >= 0 && *skew <= 10)) {
        (void)program_misused("--skew takes a number from 0 to 10, not '%s'", text);
        return false;
    }
    return true;
}

static bool read_lines(const struct settings *settings, int64_t *lines)
{
    const char *text = settings_flag(settings, "lines");
    if (text && strcmp(text, "shop") == 0) {
        *lines = LOAD_LINES_SHOP;
        return true;
    }
    return program_number(settings, "lines", 1, LOAD_LINES_MAX / 2, lines);
}

static bool read_levels(struct load *load)
{
    const char *when = settings_flag(load->settings, "levels");
    load->with_levels = !when || strcmp(when, "none") != 0;
    load->with_orders = !when || strcmp(when, "only") != 0;
    if (when && load->with_levels && load->with_orders && strcmp(when, "first") != 0) {
        (void)program_misused("--levels takes first, only or none, not '%s'", when);
        return false;
    }
    return true;
}

static bool read_flags(struct load *load)
{
    const struct settings *settings = load->settings;
    int64_t lines = 1, skus = 10000, short_percent = 1, seed = 1, open = 0;
    double skew = 1;
    load->threads = 1;
    if (!program_number(settings, "orders", 1, INT64_C(1000000000000), &load->order_count) ||
        !program_number(settings, "seconds", 1, 1000000, &load->seconds) ||
        !program_number(settings, "rate", 1, 100000000, &load->rate) ||
        !read_lines(settings, &lines) || !read_levels(load) ||
        !program_number(settings, "skus", 1, 10000000, &skus) || !read_skew(settings, &skew) ||
        !program_number(settings, "short", 0, 100, &short_percent) ||
        !program_number(settings, "open", 1, INT64_C(1000000000000), &open) ||
        !program_number(settings, "threads", 1, THREADS_MAX, &load->threads) ||
        !program_number(settings, "seed", 0, 999999999, &seed)) {
        return false;
    }
    load->closes = open > 0;
    load->traced = settings_flag(settings, "traced") != NULL;
    if (load->order_count == 0 && load->seconds && !load->rate && !load->closes) {
        (void)program_misused(
            "--seconds alone does not say how much stock is wanted: give --orders, "
            "--rate or --open too");
        return false;
    }
    if (load->order_count == 0) {
        load->order_count = !load->seconds ? ORDERS_DEFAULT
                            : load->rate   ? load->seconds * load->rate
                                           : INT64_MAX;
    }
    load->plan = (struct load_plan){
        .seed = (uint64_t)seed,
        .sku_count = (uint32_t)skus,
        .skew = skew,
        .lines = (uint32_t)lines,
        .short_share = (double)short_percent / 100,
        .sold_out = settings_flag(settings, "sold-out") != NULL,
        .open_count = (uint64_t)(load->closes ? open : load->order_count),
    };
    return true;
}

static int run(const struct settings *settings)
{
    struct load load = {.settings = settings};
    if (!read_flags(&load)) {
        return PROGRAM_MISUSE;
    }
    struct error error;
    if (!load_plan_init(&load.plan)) {
        (void)error_set(&error, FATAL, "out of memory for %" PRIu32 " skus", load.plan.sku_count);
        return program_failed(FATAL, &error);
    }
    program_catch_stop();
    enum status status = generate(&load, &error);
    load_plan_done(&load.plan);
    return status == OK ? PROGRAM_DONE : program_failed(status, &error);
}

int main(int argc, char **argv)
{
    const struct program program = {
        .name = "shortfall-load",
        .usage = "[--rate N] [--orders N | --seconds N] [OPTION...]",
        .summary =
            "Sends levels and then orders, drawn from a seed, at a rate or as fast as can be, and\n"
            "prints the rate that was reached. With --open older orders are closed, so that the\n"
            "state does not grow. Times are those of the sending.",
        .flags = flags,
        .run = run,
    };
    return program_main(&program, argc, argv);
}
