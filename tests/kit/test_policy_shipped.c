/* The policies that come with Shortfall, and the fixtures of the acceptance cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/clock.h"
#include "kit/policy_file.h"
#include "kit/policy_key.h"

enum { PAGE_SIZE = 1 << 15 };

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

static struct policy_set *set;
static struct error error;

static int forget(void **state)
{
    (void)state;
    policy_set_free(set);
    set = NULL;
    return 0;
}

static const struct policy *find(const char *marketplace, const char *seller, const char *time)
{
    int64_t paid_at_ms = 0;
    assert_true(time_parse(text_of(time), &paid_at_ms));
    return policy_set_find(set, text_of(marketplace), text_of(seller), paid_at_ms);
}

static void load_folder(const char *path)
{
    policy_set_free(set);
    set = NULL;
    if (policy_set_load(path, POLICY_DEFAULT_NAME, &set, &error) != OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(policy_set_warning_count(set), 0);
}

static void test_the_fixtures_of_the_acceptance_cases_are_read(void **state)
{
    (void)state;
    load_folder(SHORTFALL_SOURCE_DIR "/tests/data/acceptance/policies");
    assert_int_equal(policy_set_count(set), 5);
    const struct policy *tmall = find("accept-tmall", "s1", "2026-01-01");
    assert_string_equal(tmall->id, "accept-tmall@1");
    assert_int_equal(tmall->penalty_count, 2);
    assert_int_equal(tmall->penalties[0].rate_bp, 3000);
    assert_int_equal(tmall->stack_cap_bp, 3500);
    assert_int_equal(tmall->passed, DATE_PASSED_RENEW);
    assert_int_equal(find("accept-us-ftc", "s1", "2026-01-01")->passed, DATE_PASSED_REFUND);
    assert_int_equal(find("accept-taobao", "s1", "2026-01-01")->penalty_count, 0);
}

static const struct penalty *penalty_for(const struct policy *policy, enum penalty_rule rule,
                                         int64_t promise_ms)
{
    for (uint32_t i = 0; i < policy->penalty_count; i++) {
        const struct penalty *penalty = &policy->penalties[i];
        if (penalty->rule == rule &&
            (!penalty->promise_over_ms.set || promise_ms > penalty->promise_over_ms.value) &&
            (!penalty->promise_up_to_ms.set || promise_ms <= penalty->promise_up_to_ms.value)) {
            return penalty;
        }
    }
    return NULL;
}

static void test_the_policies_we_ship_say_where_they_are_from(void **state)
{
    (void)state;
    static const char *const names[] = {"default", "taobao",    "tmall",
                                        "jd",      "pinduoduo", "us-ftc",
                                        "eu",      "uk",        "wide-world-importers"};
    load_folder(SHORTFALL_SOURCE_DIR "/deploy/policies");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_string_equal(find(names[i], "s1", "2026-11-11")->name, names[i]);
    }
    for (size_t i = 0; i < policy_set_count(set); i++) {
        const struct policy_entry *entry = policy_set_at(set, i);
        assert_true(entry->source[0] && entry->checked[0] && entry->confidence[0]);
    }
}

static void test_the_figures_we_ship_are_those_of_the_table(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum penalty_rule rule;
        int promise_h;
        bool on_admission;
        int after_h; /* after the promise; -1: not */
        int rate_bp;
        int min_minor;
        int max_minor;
    } rows[] = {
        {"taobao", PENALTY_NO_STOCK, 72, true, -1, 1000, 0, 0},
        {"tmall", PENALTY_LATE, 48, false, 0, 500, 500, 5000},
        {"tmall", PENALTY_LATE, 72, false, 0, 500, 500, 5000},
        {"tmall", PENALTY_NO_STOCK, 48, false, 72, 3000, 500, 50000},
        {"tmall", PENALTY_NO_STOCK, 72, true, 72, 1000, 0, 0},
        {"jd", PENALTY_NO_STOCK, 24, false, 24, 3000, 500, 50000},
        {"pinduoduo", PENALTY_LATE, 48, false, 0, 0, 300, 300},
        {"pinduoduo", PENALTY_NO_STOCK, 48, false, 72, 500, 500, 5000},
        {"pinduoduo", PENALTY_NO_STOCK, 72, false, 72, 1000, 500, 5000},
    };
    load_folder(SHORTFALL_SOURCE_DIR "/deploy/policies");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct policy *policy = find(rows[i].name, "s1", "2026-11-11");
        const struct penalty *penalty =
            penalty_for(policy, rows[i].rule, (int64_t)rows[i].promise_h * HOUR_MS);
        assert_non_null(penalty);
        assert_int_equal(penalty->after_promise_ms.set, rows[i].after_h >= 0);
        assert_int_equal(penalty->on_admission, rows[i].on_admission);
        if (rows[i].after_h >= 0) {
            assert_int_equal(penalty->after_promise_ms.value, (int64_t)rows[i].after_h * HOUR_MS);
        }
        assert_int_equal(penalty->rate_bp, rows[i].rate_bp);
        assert_int_equal(penalty->min_minor, rows[i].min_minor);
        assert_int_equal(penalty->max_minor, rows[i].max_minor);
    }
    static const char *const no_penalties[] = {"default", "us-ftc", "eu", "uk",
                                               "wide-world-importers"};
    for (size_t i = 0; i < sizeof no_penalties / sizeof *no_penalties; i++) {
        assert_int_equal(find(no_penalties[i], "s1", "2026-11-11")->penalty_count, 0);
    }
    assert_null(penalty_for(find("taobao", "s1", "2026-11-11"), PENALTY_NO_STOCK, 2 * DAY_MS));
    assert_int_equal(find("tmall", "s1", "2026-03-31")->penalties[2].rate_bp, 1500);
    assert_int_equal(find("tmall", "s1", "2026-11-11")->stack_cap_bp, 3500);
}

static void test_the_page_names_every_key(void **state)
{
    (void)state;
    static char page[PAGE_SIZE];
    FILE *file = fopen(SHORTFALL_SOURCE_DIR "/deploy/policies/README.md", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    for (size_t i = 0; i < policy_key_count; i++) {
        char name[64];
        assert_true(snprintf(name, sizeof name, "`%s`", policy_keys[i].name) > 0);
        if (!strstr(page, name)) {
            fail_msg("deploy/policies/README.md says nothing about %s", policy_keys[i].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_the_fixtures_of_the_acceptance_cases_are_read, forget),
        cmocka_unit_test_teardown(test_the_policies_we_ship_say_where_they_are_from, forget),
        cmocka_unit_test_teardown(test_the_figures_we_ship_are_those_of_the_table, forget),
        cmocka_unit_test(test_the_page_names_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
