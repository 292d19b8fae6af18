#include "kit/policy_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit/clock.h"

#define HEAD                                  \
    "[policy]\n"                              \
    "name = shop\n"                           \
    "version = 1\n"                           \
    "effective_from = 2024-01-01T00:00:00Z\n" \
    "source = a test\n"

enum { PATH_SIZE = 256, MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS };

#define DAY_MS (INT64_C(24) * HOUR_MS)

static char folder[PATH_SIZE];
static struct policy_set *set;
static struct error error;

/* ---- Scenery -----------------------------------------------------------------------------------
 */

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/shortfall-policies-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[PATH_SIZE + 16];
    (void)state;
    policy_set_free(set);
    set = NULL;
    return snprintf(command, sizeof command, "rm -r '%s'", folder) > 0 ? system(command) : -1;
}

static void write_file(const char *name, const char *text)
{
    char path[2 * PATH_SIZE];
    assert_true(snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static enum status load(void)
{
    policy_set_free(set);
    set = NULL;
    error.text[0] = '\0';
    return policy_set_load(folder, POLICY_DEFAULT_NAME, &set, &error);
}

static void load_well(void)
{
    if (load() != OK) {
        fail_msg("%s", error.text);
    }
}

static void assert_refused(const char *words)
{
    assert_int_equal(load(), FATAL);
    assert_null(set);
    if (!strstr(error.text, words)) {
        fail_msg("'%s' is not in: %s", words, error.text);
    }
}

static int64_t at(const char *time)
{
    int64_t ms = 0;
    assert_true(time_parse(text_of(time), &ms));
    return ms;
}

static const struct policy *find(const char *marketplace, const char *seller, const char *time)
{
    const struct policy *policy =
        policy_set_find(set, text_of(marketplace), text_of(seller), at(time));
    assert_non_null(policy);
    return policy;
}

/* ---- What is read
 * -------------------------------------------------------------------------------- */

static const char whole_file[] =

    "[policy]\n"
    "name = shop\n"
    "version = 2026-04\n"
    "effective_from = 2026-04-01T00:00:00+08:00\n"
    "source = the rules of the shop, chapter 3,\n"
    "    and what its lawyers say\n"
    "checked = 2026-03-30\n"
    "confidence = one source\n"
    "[shop]\nship_within = 1d12h\nwording = neutral\n"
    "[notice]\ngrace = 5m\nwindow = 3d\nsilence = wait\nsilence_with_eta = wait\n"
    "[renewed]\ngrace = 0s\nwindow = 30h\nsilence = wait\n"
    "[wait]\nwithout_eta = offer\neta_within = 30d\npassed = refund\n"
    "[substitute]\ndearer = absorb\n"
    "[refund]\ndue = 7d\nretry = 1m, 2h,3d\n"
    "[goodwill]\nmax_rate_bp = 1234\nanswer = 1h\nclaim_window = 0h\n"
    "[intervention]\nask_within = 5d\nseller_evidence = 2d\n"
    "[penalty.no_stock]\non_admission = yes\nafter_promise = 72h\n"
    "promise_up_to = 48h\nrate_bp = 3000\nmin_minor = 500\nmax_minor = 50000\n"
    "[penalty.later]\nrule = no_stock\non_admission = no\nafter_promise = 0h\n"
    "promise_over = 48h\nrate_bp = 1000\nsource = its own\n"
    "[penalty.late]\nafter_promise = 0h\nmin_minor = 300\nmax_minor = 300\n"
    "[penalty]\nrounding = half_up\nstack_cap_bp = 3500\npayer = platform\n"
    "instrument = coupon\n";

static void test_every_value_of_a_file_is_read(void **state)
{
    (void)state;
    write_file("a.ini", whole_file);
    load_well();
    assert_int_equal(policy_set_count(set), 1);
    const struct policy_entry *entry = policy_set_at(set, 0);
    assert_string_equal(entry->source,
                        "the rules of the shop, chapter 3, and what its lawyers say");
    assert_string_equal(entry->checked, "2026-03-30");
    assert_string_equal(entry->confidence, "one source");
    assert_null(entry->overlays);
    const struct policy expected = {
        .name = "shop",
        .id = "shop@2026-04",
        .effective_from_ms = at("2026-03-31T16:00:00Z"),
        .ship_within_ms = 36 * HOUR_MS,
        .wording = WORDING_NEUTRAL,
        .notice_grace_ms = 5 * MINUTE_MS,
        .notice_window_ms = 3 * DAY_MS,
        .notice_silence = SILENCE_WAIT,
        .notice_silence_with_eta = SILENCE_WAIT,
        .renewed_grace_ms = 0,
        .renewed_window_ms = 30 * HOUR_MS,
        .renewed_silence = SILENCE_WAIT,
        .without_eta = WITHOUT_ETA_OFFER,
        .eta_within_ms = 30 * DAY_MS,
        .passed = DATE_PASSED_REFUND,
        .dearer = DEARER_ABSORB,
        .refund_due_ms = 7 * DAY_MS,
        .refund_retry_ms = {MINUTE_MS, 2 * HOUR_MS, 3 * DAY_MS},
        .refund_retry_count = 3,
        .goodwill_max_rate_bp = 1234,
        .goodwill_answer_ms = HOUR_MS,
        .claim_window_ms = 0,
        .ask_within_ms = {5 * DAY_MS, true},
        .seller_evidence_ms = 2 * DAY_MS,
        .penalties = {{.rule = PENALTY_NO_STOCK,
                       .on_admission = true,
                       .after_promise_ms = {3 * DAY_MS, true},
                       .promise_up_to_ms = {2 * DAY_MS, true},
                       .rate_bp = 3000,
                       .min_minor = 500,
                       .max_minor = 50000},
                      {.rule = PENALTY_NO_STOCK,
                       .after_promise_ms = {0, true},
                       .promise_over_ms = {2 * DAY_MS, true},
                       .rate_bp = 1000},
                      {.rule = PENALTY_LATE,
                       .after_promise_ms = {0, true},
                       .min_minor = 300,
                       .max_minor = 300}},
        .penalty_count = 3,
        .stack_cap_bp = 3500,
        .payer = PAYER_PLATFORM,
        .instrument = INSTRUMENT_COUPON,
    };
    assert_memory_equal(&entry->policy, &expected, sizeof expected);
}

static void test_what_a_file_leaves_out_is_cautious(void **state)
{
    (void)state;
    struct policy expected;
    policy_defaults(&expected);
    write_file("a.ini", HEAD);
    load_well();
    struct policy policy = *find("shop", "s1", "2025-01-01");
    assert_string_equal(policy.id, "shop@1");
    assert_int_equal(policy.notice_silence, SILENCE_REFUND);
    assert_int_equal(policy.renewed_silence, SILENCE_REFUND);
    assert_int_equal(policy.passed, DATE_PASSED_REFUND);
    assert_int_equal(policy.penalty_count, 0);
    memset(policy.name, 0, sizeof policy.name);
    memset(policy.id, 0, sizeof policy.id);
    policy.effective_from_ms = 0;
    assert_memory_equal(&policy, &expected, sizeof policy);
}

static void test_a_worse_date_has_the_grace_of_the_first_word(void **state)
{
    (void)state;
    write_file("a.ini", HEAD "[notice]\ngrace = 4m\n");
    load_well();
    assert_int_equal(find("shop", "s1", "2025-01-01")->renewed_grace_ms, 4 * MINUTE_MS);
}

static void test_comments_and_the_order_of_keys_do_not_matter(void **state)
{
    (void)state;
    write_file("a.ini", "# one\n; two\n[notice]\nwindow = 3d ; three\n\n" HEAD
                        "[notice]\r\n  grace = 1m\r\n");
    load_well();
    assert_int_equal(find("shop", "s1", "2025-01-01")->notice_window_ms, 3 * DAY_MS);
    assert_int_equal(find("shop", "s1", "2025-01-01")->notice_grace_ms, MINUTE_MS);
}

/* ---- What is refused
 * ------------------------------------------------------------------------------ */

static const struct {
    const char *text;
    const char *words;
} wrong_files[] = {
    {"[policy]\nname = x\n", "/a.ini: [policy] version is missing"},
    {"[notice]\ngrace = 2m\n", "/a.ini: [policy] name is missing"},
    {"[policy]\nname = x\nversion = 1\nsource = s\n", "[policy] effective_from is missing"},
    {"[policy]\nname = x\nversion = 1\neffective_from = 2024-01-01\n",
     "[policy] source is missing"},
    {HEAD "[notce]\ngrace = 2m\n", "/a.ini:7: there is no section [notce]; did you mean "
                                   "[notice]?"},
    {HEAD "[penalty.]\nrate_bp = 1\n", ":7: there is no section [penalty.]"},
    {"name = x\n" HEAD, "/a.ini:1: there is no section []"},
    {HEAD "[notice]\ngraze = 2m\n", ":7: [notice] has no key 'graze'; did you mean grace?"},
    {HEAD "[penalty.late]\nrate = 5\n", ":7: [penalty.late] has no key 'rate'"},
    {HEAD "[notice]\ngrace = 1m\nwindow = 1d\ngrace = 2m\n",
     ":9: [notice] grace is given in line 7 already"},
    {HEAD "[notice]\ngrace = 6m\n",
     ":7: [notice] grace: 6m is not from 0s to 5m: a buyer must not wait longer"},
    {HEAD "[renewed]\ngrace = 5m1s\n", ":7: [renewed] grace: 5m1s is not from 0s to 5m"},
    {HEAD "[notice]\nwindow = 2 days\n",
     ":7: [notice] window: '2 days' is no duration: write it like 2m, 48h, 30d or 1d12h"},
    {HEAD "[notice]\nwindow = 48\n", "'48' is no duration"},
    {HEAD "[notice]\nwindow =\n", "'' is no duration"},
    {HEAD "[notice]\nwindow = 0h\n", "0h is not from 1m to 366d"},
    {HEAD "[notice]\nsilence = cancel\n", "'cancel' is not refund or wait"},
    {HEAD "[shop]\nwording = Plain\n", "'Plain' is not plain or neutral"},
    {HEAD "[goodwill]\nmax_rate_bp = 10001\n", "'10001' is no whole number from 0 to 10000"},
    {HEAD "[goodwill]\nmax_rate_bp = -1\n", "'-1' is no whole number"},
    {HEAD "[goodwill]\nmax_rate_bp = 5%\n", "'5%' is no whole number"},
    {HEAD "[goodwill]\nmax_rate_bp = 99999999999999999999999\n", "is no whole number"},
    {HEAD "[refund]\nretry = 1m,,2m\n", "[refund] retry: '' is no duration"},
    {HEAD "[refund]\nretry = 1m,1m,1m,1m,1m,1m,1m,1m,1m\n", "more than 8 waits"},
    {HEAD "[penalty]\nrounding = down\n", "'down' is not half_up"},
    {HEAD "[penalty.no_stock]\nrate_bp = 1\non_admission = maybe\n", "'maybe' is not yes or no"},
    {HEAD "[penalty.x]\nrate_bp = 100\non_admission = yes\n",
     ":7: [penalty.x] has no rule: name it no_stock or late"},
    {HEAD "[penalty.late]\nrate_bp = 100\n", "[penalty.late] is never due"},
    {HEAD "[penalty.late]\nrate_bp = 100\non_admission = no\n", "[penalty.late] is never due"},
    {HEAD "[penalty.late]\nafter_promise = 0h\n", "[penalty.late] pays nothing"},
    {HEAD "[penalty.late]\nafter_promise = 0h\nmin_minor = 6\nmax_minor = 5\n",
     "has min_minor above max_minor"},
    {HEAD "[penalty.late]\nafter_promise = 0h\nrate_bp = 1\npromise_over = 2d\n"
          "promise_up_to = 48h\n",
     "holds for no promise"},
    {HEAD "[penalty.late]\nafter_promise = 0h\nrate_bp = 1\n"
          "[penalty.b]\nrule = late\nafter_promise = 1h\nrate_bp = 2\n",
     ":10: [penalty.b] and [penalty.late] are of the same rule"},
    {HEAD "[penalty.late]\nafter_promise = 0h\nrate_bp = 1\npromise_up_to = 48h\n"
          "[penalty.b]\nrule = late\nafter_promise = 1h\nrate_bp = 2\npromise_over = 47h\n",
     "are of the same rule"},
    {HEAD "[penalty.a]\nrate_bp=1\n[penalty.b]\nrate_bp=1\n[penalty.c]\nrate_bp=1\n"
          "[penalty.d]\nrate_bp=1\n[penalty.e]\nrate_bp=1\n",
     ":15: at most 4 penalties"},
    {"[policy]\nname = x\nversion = 1\neffective_from = 2024-01-01\n"
     "[penalty.late]\nafter_promise = 0h\nrate_bp = 1\n",
     ":6: [penalty.late] has no source"},
    {"[policy]\nname = x y\n", ":2: [policy] name: 'x y' has a blank, @ or +"},
    {"[policy]\nname = x@y\n", "has a blank, @ or +"},
    {"[policy]\nversion =\n", "[policy] version: it is empty"},
    {"[policy]\nname = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
     "it is longer than 64 bytes"},
    {"[policy]\nname = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
     "version = bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"
     "source = s\neffective_from = 2024-01-01\n",
     ":3: name and version together are longer than 63 bytes"},
    {"[policy]\neffective_from = 2024-13-01\n", "'2024-13-01' is no time"},
    {"[policy]\nchecked = yesterday\n", "'yesterday' is no time"},
    {HEAD "rubbish\n", "/a.ini:6: this is neither [section] nor key = value"},
    {HEAD "[notice\n", ":6: this is neither [section] nor key = value"},
    {HEAD "[notice]\ngrace = 1m\n  window = 2d\n",
     ":8: an indented line goes on with the value of 'grace' above"},
    {"[policy]\nsource = s\n name = x\n",
     ":3: an indented line goes on with the value of 'source' above"},
    {HEAD "overlays = x\n", "[policy] overlays and seller go together"},
    {HEAD "seller = x\n", "[policy] overlays and seller go together"},
    {HEAD "overlays = x\nseller = s\n", "overlays = x, but there is no such policy"},
    {HEAD "overlays = x\nseller = s\n[refund]\ndue = 1h\n",
     ":9: a seller's overlay can't change [refund]"},
    {HEAD "overlays = x\nseller = s\n[penalty]\nstack_cap_bp = 0\n",
     ":9: a seller's overlay can't change [penalty]"},
    {HEAD "overlays = x\nseller = s\n[penalty.late]\nrate_bp = 0\n",
     ":9: a seller's overlay can't change [penalty.late]"},
    {HEAD "overlays = x\nseller = s\n[intervention]\nask_within = 1h\n",
     "a seller's overlay can't change [intervention]"},
};

static void test_a_wrong_file_is_refused_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_files / sizeof *wrong_files; i++) {
        write_file("a.ini", wrong_files[i].text);
        assert_refused(wrong_files[i].words);
    }
}

static void test_a_line_without_end_is_refused(void **state)
{
    (void)state;
    static char text[5000];
    memset(text, 'x', sizeof text - 1);
    write_file("a.ini", text);
    assert_refused("/a.ini:1: a line of more than");
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        text[i] = '\n';
    }
    write_file("a.ini", text);
    assert_refused("more than 2000 lines");
}

static void test_a_folder_that_is_none_is_refused(void **state)
{
    (void)state;
    assert_refused("no *.ini below /tmp/shortfall-policies-");
    assert_int_equal(policy_set_load("/nowhere", "default", &set, &error), FATAL);
    assert_string_equal(error.text,
                        "can't read the policy folder /nowhere: No such file or directory");
}

static void test_files_lie_anywhere_below_but_hidden_ones_do_not_count(void **state)
{
    (void)state;
    char path[2 * PATH_SIZE];
    assert_true(snprintf(path, sizeof path, "%s/deep", folder) > 0);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_true(snprintf(path, sizeof path, "%s/..data", folder) > 0);
    assert_int_equal(mkdir(path, 0755), 0);
    write_file("deep/any.ini", HEAD);
    write_file(".hidden.ini", "rubbish");
    write_file("..data/any.ini", "rubbish");
    write_file("README.md", "rubbish");
    write_file(".ini", "rubbish");
    load_well();
    assert_int_equal(policy_set_count(set), 1);
}

/* ---- Versions
 * -------------------------------------------------------------------------------------- */

#define VERSION(name, version, from) \
    "[policy]\nname = " name "\nversion = " version "\neffective_from = " from "\nsource = test\n"

static void test_the_version_in_force_when_it_was_paid_holds(void **state)
{
    (void)state;
    static const struct {
        const char *marketplace;
        const char *paid_at;
        const char *id;
    } rows[] = {
        {"m", "2023-12-31T23:59:59.999Z", "default@d"},
        {"m", "2024-01-01", "m@1"},
        {"m", "2025-05-31T23:59:59.999Z", "m@1"},
        {"m", "2025-06-01", "m@2"},
        {"m", "2099-01-01", "m@2"},
        {"mm", "2025-01-01", "default@d"},
        {"l", "2025-01-01", "default@d"},
        {"", "2025-01-01", "default@d"},
        {"n", "2019-12-31", "default@d"},
        {"n", "2020-01-01", "n@1"},
        {"m", "1999-12-31", "default@built-in"},
    };
    write_file("3.ini", VERSION("m", "1", "2024-01-01"));
    write_file("1.ini", VERSION("m", "2", "2025-06-01"));
    write_file("2.ini", VERSION("n", "1", "2020-01-01"));
    write_file("4.ini", VERSION("default", "d", "2000-01-01"));
    load_well();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct policy *policy = find(rows[i].marketplace, "s1", rows[i].paid_at);
        assert_string_equal(policy->id, rows[i].id);
        assert_ptr_equal(policy_set_by_id(set, text_of(policy->id)), policy);
    }
    assert_null(policy_set_by_id(set, TEXT("m@3")));
    assert_null(policy_set_by_id(set, TEXT("")));
    assert_string_equal(policy_set_at(set, 0)->policy.id, "default@d");
    assert_string_equal(policy_set_at(set, 3)->policy.id, "n@1");
}

static void test_without_a_default_the_one_built_in_stands_in(void **state)
{
    (void)state;
    write_file("a.ini", VERSION("m", "1", "2024-01-01"));
    load_well();
    const struct policy *policy = find("unknown", "s1", "2025-01-01");
    assert_string_equal(policy->name, "default");
    assert_string_equal(policy->id, "default@built-in");
    assert_ptr_equal(policy_set_by_id(set, TEXT("default@built-in")), policy);
}

static void test_another_default_may_be_named_and_must_be_there(void **state)
{
    (void)state;
    write_file("a.ini", VERSION("m", "1", "2024-01-01"));
    assert_int_equal(policy_set_load(folder, "m", &set, &error), OK);
    assert_string_equal(find("unknown", "s1", "2025-01-01")->id, "m@1");
    struct policy_set *none = NULL;
    assert_int_equal(policy_set_load(folder, "eu", &none, &error), FATAL);
    assert_non_null(strstr(error.text, "policy.default is eu, but there is no such policy"));
}

static void test_two_versions_from_one_moment_are_refused(void **state)
{
    (void)state;
    write_file("a.ini", VERSION("m", "1", "2024-01-01"));
    write_file("b.ini", VERSION("m", "2", "2024-01-01T08:00:00+08:00"));
    assert_refused("/b.ini overlaps ");
    write_file("b.ini", VERSION("m", "1", "2025-01-01"));
    assert_refused("are both m@1: give the newer one another version");
}

/* ---- Overlays
 * --------------------------------------------------------------------------------------- */

#define OVERLAY(version, from, rest)                                        \
    "[policy]\nname = shop7\nversion = " version "\neffective_from = " from \
    "\nsource = the shop\noverlays = m\nseller = s7\n" rest

static void test_an_overlay_changes_what_it_says_and_nothing_else(void **state)
{
    (void)state;
    write_file("m1.ini", VERSION("m", "1", "2024-01-01") "[notice]\nwindow = 3d\n[shop]\n"
                                                         "ship_within = 1d\n");
    write_file("m2.ini", VERSION("m", "2", "2025-01-01") "[notice]\nwindow = 5d\n[penalty.late]\n"
                                                         "after_promise = 0h\nrate_bp = 7\n");
    write_file("o1.ini", OVERLAY("1", "2024-06-01", "[notice]\ngrace = 1m\n"));
    write_file("o2.ini", OVERLAY("2", "2025-06-01", "[substitute]\ndearer = absorb\n"));
    load_well();
    static const struct {
        const char *seller;
        const char *paid_at;
        const char *id;
    } rows[] = {
        {"s7", "2024-05-31", "m@1"},
        {"s7", "2024-06-01", "m@1+shop7@1"},
        {"s7", "2025-01-01", "m@2+shop7@1"},
        {"s7", "2025-06-01", "m@2+shop7@2"},
        {"s8", "2025-06-01", "m@2"},
        {"s", "2025-06-01", "m@2"},
        {"s7", "2023-01-01", "default@built-in"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct policy *policy = find("m", rows[i].seller, rows[i].paid_at);
        assert_string_equal(policy->id, rows[i].id);
        assert_ptr_equal(policy_set_by_id(set, text_of(policy->id)), policy);
    }
    const struct policy *merged = find("m", "s7", "2024-07-01");
    assert_string_equal(merged->name, "m");
    assert_int_equal(merged->notice_grace_ms, MINUTE_MS);
    assert_int_equal(merged->notice_window_ms, 3 * DAY_MS);
    assert_int_equal(merged->ship_within_ms, DAY_MS);
    merged = find("m", "s7", "2026-01-01");
    assert_int_equal(merged->dearer, DEARER_ABSORB);
    assert_int_equal(merged->notice_grace_ms, 2 * MINUTE_MS);
    assert_int_equal(merged->penalty_count, 1);
    assert_int_equal(policy_set_warning_count(set), 0);
    const struct policy_entry *last = policy_set_at(set, policy_set_count(set) - 1);
    assert_string_equal(last->policy.id, "m@2+shop7@2");
    assert_string_equal(last->overlays, "m");
    assert_string_equal(last->seller, "s7");
}

static void test_an_overlay_that_is_worse_for_the_buyer_is_warned_of(void **state)
{
    (void)state;
    static const struct {
        const char *ours;
        bool worse;
    } rows[] = {
        {"[shop]\nship_within = 3d\n", true},
        {"[shop]\nship_within = 1d\n", false},
        {"[shop]\nwording = neutral\n", true},
        {"[shop]\nwording = plain\n", false},
        {"[notice]\ngrace = 3m\n", true},
        {"[notice]\ngrace = 2m\n", false},
        {"[notice]\nwindow = 1d\n", true},
        {"[notice]\nwindow = 9d\n", false},
        {"[notice]\nsilence = wait\n", true},
        {"[notice]\nsilence = refund\n", false},
        {"[notice]\nsilence_with_eta = wait\n", true},
        {"[renewed]\ngrace = 5m\n", true},
        {"[renewed]\nwindow = 1h\n", true},
        {"[renewed]\nsilence = wait\n", true},
        {"[wait]\nwithout_eta = hide\n", true},
        {"[wait]\nwithout_eta = offer\n", false},
        {"[wait]\neta_within = 90d\n", true},
        {"[wait]\npassed = renew\n", true},
        {"[substitute]\ndearer = hide\n", true},
        {"[substitute]\ndearer = absorb\n", false},
        {"[goodwill]\nmax_rate_bp = 1\n", true},
        {"[goodwill]\nanswer = 9d\n", true},
        {"[goodwill]\nclaim_window = 1d\n", true},
        {"[goodwill]\nclaim_window = 99d\n", false},
    };
    write_file("m.ini", VERSION("m", "1", "2024-01-01") "[wait]\nwithout_eta = offer\n"
                                                        "[substitute]\ndearer = absorb\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        assert_true(snprintf(text, sizeof text, OVERLAY("1", "2024-06-01", "%s"), rows[i].ours) <
                    (int)sizeof text);
        write_file("o.ini", text);
        load_well();
        if (policy_set_warning_count(set) != rows[i].worse) {
            fail_msg("%s: %zu warnings", rows[i].ours, policy_set_warning_count(set));
        }
    }
    write_file("o.ini", OVERLAY("1", "2024-06-01", "[notice]\ngrace = 3m\nsilence = wait\n"));
    load_well();
    assert_int_equal(policy_set_warning_count(set), 2);
    assert_non_null(strstr(policy_set_warning(set, 0),
                           "/o.ini:9: [notice] grace = 3m is worse for the buyer than 2m of m@1"));
    assert_non_null(strstr(policy_set_warning(set, 1),
                           ":10: [notice] silence = wait is worse for the buyer than refund"));
}

static void test_overlays_of_one_moment_or_with_too_long_an_id_are_refused(void **state)
{
    (void)state;
    write_file("m.ini", VERSION("m", "1", "2024-01-01"));
    write_file("o1.ini", OVERLAY("1", "2024-06-01", ""));
    write_file("o2.ini", OVERLAY("2", "2024-06-01", ""));
    assert_refused("/o2.ini overlaps ");
    write_file("o2.ini", OVERLAY("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                 "2025-06-01", ""));
    assert_refused("is longer than 64 bytes: shorten the overlay's name");
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_every_value_of_a_file_is_read),
        WITH_FOLDER(test_what_a_file_leaves_out_is_cautious),
        WITH_FOLDER(test_a_worse_date_has_the_grace_of_the_first_word),
        WITH_FOLDER(test_comments_and_the_order_of_keys_do_not_matter),
        WITH_FOLDER(test_a_wrong_file_is_refused_with_its_line),
        WITH_FOLDER(test_a_line_without_end_is_refused),
        WITH_FOLDER(test_a_folder_that_is_none_is_refused),
        WITH_FOLDER(test_files_lie_anywhere_below_but_hidden_ones_do_not_count),
        WITH_FOLDER(test_the_version_in_force_when_it_was_paid_holds),
        WITH_FOLDER(test_without_a_default_the_one_built_in_stands_in),
        WITH_FOLDER(test_another_default_may_be_named_and_must_be_there),
        WITH_FOLDER(test_two_versions_from_one_moment_are_refused),
        WITH_FOLDER(test_an_overlay_changes_what_it_says_and_nothing_else),
        WITH_FOLDER(test_an_overlay_that_is_worse_for_the_buyer_is_warned_of),
        WITH_FOLDER(test_overlays_of_one_moment_or_with_too_long_an_id_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
