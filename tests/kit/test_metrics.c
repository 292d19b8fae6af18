#include "kit/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>

#include "kit/clock.h"
#include "kit/metrics_text.h"

/* All metrics as text; the caller frees it. */
static char *rendered(void)
{
    struct buffer out = {0};
    metrics_render(&out);
    buffer_append_byte(&out, '\0');
    assert_false(out.failed);
    return (char *)out.data;
}

static void assert_shown(const char *lines)
{
    char *text = rendered();
    if (!strstr(text, lines)) {
        fail_msg("not shown:\n%s\nin:\n%s", lines, text);
    }
    free(text);
}

static void assert_not_shown(const char *words)
{
    char *text = rendered();
    assert_null(strstr(text, words));
    free(text);
}

static double shown_number(const char *name)
{
    char *text = rendered();
    char line_start[128];
    assert_true(snprintf(line_start, sizeof line_start, "\n%s ", name) < (int)sizeof line_start);
    const char *line = strstr(text, line_start);
    assert_non_null(line);
    double number = strtod(line + strlen(line_start), NULL);
    free(text);
    return number;
}

static void test_a_counter_counts(void **state)
{
    (void)state;
    struct counter *counter = metric_counter("test_facts_total", "Facts that were read.", NULL);
    assert_shown("# HELP test_facts_total Facts that were read.\n"
                 "# TYPE test_facts_total counter\n"
                 "test_facts_total 0\n");
    counter_add(counter, 1);
    counter_add(counter, 583000);
    assert_int_equal(counter_value(counter), 583001);
    assert_shown("\ntest_facts_total 583001\n");
}

static void test_the_same_name_and_labels_are_the_same_metric(void **state)
{
    (void)state;
    struct counter *a =
        metric_counter("test_same_total", "Same.", METRIC_LABELS({"topic", "shortage"}));
    struct counter *b =
        metric_counter("test_same_total", "Same.", METRIC_LABELS({"topic", "shortage"}));
    struct counter *c =
        metric_counter("test_same_total", "Same.", METRIC_LABELS({"topic", "clock"}));
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, c);
}

static void test_metrics_of_one_name_stand_together(void **state)
{
    (void)state;
    counter_add(metric_counter("test_a_total", "A.", METRIC_LABELS({"n", "1"})), 1);
    counter_add(metric_counter("test_b_total", "B.", NULL), 2);
    counter_add(metric_counter("test_a_total", "A.", METRIC_LABELS({"n", "2"}, {"m", "x"})), 3);
    assert_shown("# TYPE test_a_total counter\n"
                 "test_a_total{n=\"1\"} 1\n"
                 "test_a_total{n=\"2\",m=\"x\"} 3\n"
                 "# HELP test_b_total B.\n");
}

static void test_label_values_and_help_are_escaped(void **state)
{
    (void)state;
    gauge_set(metric_gauge("test_escaped", "Back\\slash and\nbreak \"quoted\".",
                           METRIC_LABELS({"v", "a\"b\\c\nd缺"})),
              1);
    assert_shown("# HELP test_escaped Back\\\\slash and\\nbreak \"quoted\".\n"
                 "# TYPE test_escaped gauge\n"
                 "test_escaped{v=\"a\\\"b\\\\c\\nd缺\"} 1\n");
}

static void test_a_gauge_is_shown_only_while_it_is_set(void **state)
{
    (void)state;
    struct gauge *gauge =
        metric_gauge("test_lag_seconds", "Lag.", METRIC_LABELS({"partition", "3"}));
    assert_not_shown("test_lag_seconds{");
    gauge_set(gauge, -0.25);
    assert_shown("test_lag_seconds{partition=\"3\"} -0.25\n");
    gauge_hide(gauge);
    assert_not_shown("test_lag_seconds{");
    gauge_set(gauge, 7);
    assert_shown("test_lag_seconds{partition=\"3\"} 7\n");
}

static void test_a_histogram_counts_what_is_at_or_below_each_bound(void **state)
{
    (void)state;
    static const double bounds[] = {0.1, 1, 2.5};
    static const double values[] = {0.05, 0.1, 0.2, 2.5, 3, -1};
    struct histogram *histogram =
        metric_histogram("test_step_seconds", "A step.", METRIC_LABELS({"worker", "a"}),
                         (struct metric_buckets){bounds, 3});
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        histogram_observe(histogram, values[i]);
    }
    assert_shown("# TYPE test_step_seconds histogram\n"
                 "test_step_seconds_bucket{worker=\"a\",le=\"0.1\"} 3\n"
                 "test_step_seconds_bucket{worker=\"a\",le=\"1\"} 4\n"
                 "test_step_seconds_bucket{worker=\"a\",le=\"2.5\"} 5\n"
                 "test_step_seconds_bucket{worker=\"a\",le=\"+Inf\"} 6\n"
                 "test_step_seconds_sum{worker=\"a\"} 4.85\n"
                 "test_step_seconds_count{worker=\"a\"} 6\n");
}

static void test_buckets_of_the_house_rise(void **state)
{
    (void)state;
    const struct metric_buckets *all[] = {&metric_buckets_seconds, &metric_buckets_sizes};
    for (size_t i = 0; i < 2; i++) {
        assert_in_range(all[i]->count, 1, METRIC_BUCKETS_MAX);
        for (size_t b = 1; b < all[i]->count; b++) {
            assert_true(all[i]->bounds[b] > all[i]->bounds[b - 1]);
        }
    }
}

static void test_a_number_takes_the_fewest_digits(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {1e15, "1e+15"},
        {583001, "583001"},
        {1794355200.123, "1794355200.123"},
        {(double)INFINITY, "+Inf"},
        {(double)-INFINITY, "-Inf"},
        {(double)NAN, "NaN"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[METRICS_NUMBER_SIZE];
        assert_string_equal(metrics_text_number(rows[i].value, text), rows[i].text);
    }
}

static void test_the_process_itself_is_measured(void **state)
{
    (void)state;
    double now = (double)clock_now_ms() / 1000;
    assert_true(shown_number("process_resident_memory_bytes") > 100000);
    assert_true(shown_number("process_virtual_memory_bytes") > 100000);
    assert_true(shown_number("process_cpu_seconds_total") >= 0);
    assert_in_range((uint64_t)shown_number("process_open_fds"), 1, 100);
    assert_true(shown_number("process_max_fds") > 1);
    double started = shown_number("process_start_time_seconds");
    assert_true(started > now - 600 && started <= now + 1);
}

enum { THREADS = 4, ROUNDS = 20000 };

static void *work(void *context)
{
    static const double bounds[] = {10};
    struct counter *counter = metric_counter("test_threads_total", "Threads.", NULL);
    struct histogram *histogram = metric_histogram("test_threads_sizes", "Threads.", NULL,
                                                   (struct metric_buckets){bounds, 1});
    (void)context;
    for (int i = 0; i < ROUNDS; i++) {
        counter_add(counter, 2);
        histogram_observe(histogram, i % 2 ? 5 : 15);
    }
    return NULL;
}

static void test_threads_lose_nothing(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
    }
    free(rendered());
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_shown("test_threads_total 160000\n");
    assert_shown("test_threads_sizes_bucket{le=\"10\"} 40000\n"
                 "test_threads_sizes_bucket{le=\"+Inf\"} 80000\n"
                 "test_threads_sizes_sum 800000\n"
                 "test_threads_sizes_count 80000\n");
}

/* Last, since it fills the registry. */
static void test_beyond_the_limit_a_metric_counts_but_is_not_shown(void **state)
{
    (void)state;
    assert_int_equal((int)shown_number("shortfall_metrics_dropped_total"), 0);
    for (int i = 0; i < METRICS_MAX; i++) {
        char number[16];
        assert_true(snprintf(number, sizeof number, "%d", i) < (int)sizeof number);
        counter_add(metric_counter("test_many_total", "Many.", METRIC_LABELS({"n", number})), 1);
    }
    double dropped = shown_number("shortfall_metrics_dropped_total");
    assert_in_range((uint64_t)dropped, 1, 100);
    struct gauge *gauge = metric_gauge("test_one_too_many", "Many.", NULL);
    gauge_set(gauge, 1);
    assert_not_shown("\ntest_one_too_many 1");
    histogram_observe(metric_histogram("test_much_too_many", "Many.", NULL, metric_buckets_sizes),
                      1e9);
    assert_int_equal((int)shown_number("shortfall_metrics_dropped_total"), (int)dropped + 2);
}

static void test_text_that_does_not_fit_is_said_to_have_failed(void **state)
{
    (void)state;
    struct buffer small = {.limit = 64};
    metrics_render(&small);
    assert_true(small.failed);
    buffer_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_counter_counts),
        cmocka_unit_test(test_the_same_name_and_labels_are_the_same_metric),
        cmocka_unit_test(test_metrics_of_one_name_stand_together),
        cmocka_unit_test(test_label_values_and_help_are_escaped),
        cmocka_unit_test(test_a_gauge_is_shown_only_while_it_is_set),
        cmocka_unit_test(test_a_histogram_counts_what_is_at_or_below_each_bound),
        cmocka_unit_test(test_buckets_of_the_house_rise),
        cmocka_unit_test(test_a_number_takes_the_fewest_digits),
        cmocka_unit_test(test_the_process_itself_is_measured),
        cmocka_unit_test(test_threads_lose_nothing),
        cmocka_unit_test(test_beyond_the_limit_a_metric_counts_but_is_not_shown),
        cmocka_unit_test(test_text_that_does_not_fit_is_said_to_have_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
