#include "fact_support.h"

#include "core/contract.h"
#include "producers/rehearsal.h"

enum { NOTICES = 400, WORDS_SIZE = 1 << 20 };
#define DAY_MS INT64_C(86400000)

static const struct notice_choice all_choices[] = {
    {.choice = CHOICE_WAIT, .expected_at_ms = {.value = 5 * DAY_MS, .set = true}},
    {.choice = CHOICE_SUBSTITUTE, .sku = TEXT("other")},
    {.choice = CHOICE_CANCEL, .refund_minor = 100},
};

struct sample {
    struct notification notice;
    struct notice_line line;
    struct notice_choice choices[3];
    char id[32];
    char order_id[32];
};

static void fill(struct sample *sample, int n, enum notice_kind kind)
{
    (void)snprintf(sample->id, sizeof sample->id, "notice-%d", n);
    (void)snprintf(sample->order_id, sizeof sample->order_id, "order-%d", n);
    memcpy(sample->choices, all_choices, sizeof all_choices);
    sample->line = (struct notice_line){.line_no = 1,
                                        .sku = TEXT("a"),
                                        .paid_minor = 1000,
                                        .choices = sample->choices,
                                        .choice_count = 3};
    sample->notice = (struct notification){
        .at_ms = n * 1000,
        .notification_id = text_of(sample->id),
        .order_id = text_of(sample->order_id),
        .audience = AUDIENCE_BUYER,
        .kind = kind,
        .notice = {.value = 1, .set = true},
        .lines = &sample->line,
        .line_count = 1,
    };
}

static struct rehearsal *start(uint64_t seed, const struct line_map *closed)
{
    struct rehearsal *play;
    struct error error;
    assert_int_equal(rehearsal_new(seed, 1, closed, &play, &error), OK);
    return play;
}

static void take(struct rehearsal *play, enum topic topic, const void *record)
{
    struct error error;
    assert_int_equal(rehearsal_take(play, topic, record, 0, &error), OK);
}

/* All that is planned, in words, with the answers' ids. */
static char *told(struct rehearsal *play)
{
    char *words = calloc(1, WORDS_SIZE);
    size_t used = 0;
    struct fact fact;
    assert_non_null(words);
    while (rehearsal_first(play, &fact)) {
        char id[IDENTITY_SIZE];
        fact_identity(&fact, id);
        used += (size_t)snprintf(words + used, WORDS_SIZE - used, "%s %.*s %lld %s\n",
                                 topic_info(fact.topic)->name, (int)fact.key.size, fact.key.data,
                                 (long long)fact.at_ms, id);
        assert_true(used < WORDS_SIZE);
        rehearsal_step(play);
    }
    return words;
}

static char *play_notices(uint64_t seed, bool backwards)
{
    struct rehearsal *play = start(seed, NULL);
    for (int i = 0; i < NOTICES; i++) {
        struct sample sample;
        fill(&sample, backwards ? NOTICES - 1 - i : i, NOTICE_SHORTAGE);
        take(play, TOPIC_NOTIFICATION, &sample.notice);
    }
    char *words = told(play);
    rehearsal_free(play);
    return words;
}

static void test_the_same_seed_gives_the_same_answers_in_whatever_order_notices_come(void **state)
{
    (void)state;
    char *first = play_notices(1, false);
    char *backwards = play_notices(1, true);
    char *other = play_notices(2, false);
    assert_string_equal(first, backwards);
    assert_string_not_equal(first, other);
    free(first);
    free(backwards);
    free(other);
}

static void test_buyers_choose_about_as_often_as_weighed(void **state)
{
    (void)state;
    uint32_t counts[CHOICE_ASK_PLATFORM + 1] = {0};
    enum { MANY = 10000 };
    struct rehearsal *play = start(3, NULL);
    for (int i = 0; i < MANY; i++) {
        struct sample sample;
        fill(&sample, i, NOTICE_SHORTAGE);
        take(play, TOPIC_NOTIFICATION, &sample.notice);
    }
    struct fact fact;
    while (rehearsal_first(play, &fact)) {
        const struct buyer_decision *decision = fact.record;
        assert_int_equal(fact.topic, TOPIC_BUYER_DECISION);
        assert_true(decision->choice == CHOICE_CANCEL || decision->notice.set);
        assert_true((decision->choice == CHOICE_SUBSTITUTE) == text_is_set(decision->sku));
        counts[decision->choice]++;
        rehearsal_step(play);
    }
    assert_in_range(counts[CHOICE_WAIT], MANY * 42 / 100, MANY * 50 / 100);
    assert_in_range(counts[CHOICE_SUBSTITUTE], MANY * 13 / 100, MANY * 17 / 100);
    assert_in_range(counts[CHOICE_CANCEL], MANY * 24 / 100, MANY * 32 / 100);
    rehearsal_free(play);
}

static void test_nothing_is_chosen_that_is_not_offered(void **state)
{
    (void)state;
    struct rehearsal *play = start(4, NULL);
    for (int i = 0; i < NOTICES; i++) {
        struct sample sample;
        fill(&sample, i, NOTICE_RENEWED);
        sample.choices[0] = all_choices[2];
        sample.line.choice_count = 1;
        take(play, TOPIC_NOTIFICATION, &sample.notice);
    }
    struct fact fact;
    uint32_t cancels = 0;
    while (rehearsal_first(play, &fact)) {
        const struct buyer_decision *decision = fact.record;
        /* Who cancelled may still ask to wait after all, and is then refused. */
        assert_true(decision->choice == CHOICE_CANCEL || decision->choice == CHOICE_WAIT);
        cancels += decision->choice == CHOICE_CANCEL;
        rehearsal_step(play);
    }
    assert_in_range(cancels, NOTICES / 2, NOTICES * 3 / 4);
    rehearsal_free(play);
}

static uint32_t count_shipped(struct rehearsal *play)
{
    struct fact fact;
    uint32_t count = 0;
    while (rehearsal_first(play, &fact)) {
        count += fact.topic == TOPIC_ORDER_CLOSED;
        rehearsal_step(play);
    }
    return count;
}

static void test_what_is_back_in_stock_is_shipped_unless_the_data_ships_it(void **state)
{
    (void)state;
    struct line_map closed = {0};
    *line_map_at(&closed, TEXT("order-1"), 1) = 1;
    struct rehearsal *play = start(5, &closed);
    for (int i = 0; i < 3; i++) {
        struct sample sample;
        fill(&sample, i, NOTICE_BACK_IN_STOCK);
        take(play, TOPIC_NOTIFICATION, &sample.notice);
    }
    assert_int_equal(count_shipped(play), 2);
    rehearsal_free(play);
    line_map_done(&closed);
}

static void test_a_line_that_is_short_again_or_cancelled_is_not_shipped(void **state)
{
    (void)state;
    struct rehearsal *play = start(6, NULL);
    for (int i = 0; i < 3; i++) {
        struct sample sample;
        fill(&sample, i, NOTICE_BACK_IN_STOCK);
        take(play, TOPIC_NOTIFICATION, &sample.notice);
    }
    struct sample again;
    fill(&again, 0, NOTICE_RENEWED);
    take(play, TOPIC_NOTIFICATION, &again.notice);
    struct fulfilment_plan plan = {
        .plan_id = TEXT("p"), .order_id = TEXT("order-1"), .line_no = 1, .action = PLAN_CANCEL};
    take(play, TOPIC_FULFILMENT_PLAN, &plan);
    assert_int_equal(count_shipped(play), 1);
    rehearsal_free(play);
}

static void test_a_substitute_is_shipped_as_its_own_line(void **state)
{
    (void)state;
    struct rehearsal *play = start(7, NULL);
    struct fulfilment_plan plan = {.plan_id = TEXT("p"),
                                   .order_id = TEXT("o"),
                                   .line_no = 1,
                                   .action = PLAN_SHIP_SUBSTITUTE,
                                   .sku = TEXT("other"),
                                   .new_line_no = {.value = 10001, .set = true},
                                   .at_ms = DAY_MS};
    take(play, TOPIC_FULFILMENT_PLAN, &plan);
    struct fact fact;
    assert_true(rehearsal_first(play, &fact));
    const struct order_closed *closed = fact.record;
    assert_int_equal(fact.topic, TOPIC_ORDER_CLOSED);
    assert_int_equal(closed->line_no, 10001);
    assert_int_equal(closed->reason, CLOSE_SHIPPED);
    assert_true(text_equal(closed->sku, TEXT("other")));
    assert_true(closed->closed_at_ms > DAY_MS && closed->closed_at_ms < 3 * DAY_MS);
    rehearsal_free(play);
}

static void test_refunds_mostly_succeed_and_the_failed_ones_are_tried_again(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    uint32_t succeeded = 0, retryable = 0, given_up = 0, late = 0;
    struct rehearsal *play = start(8, NULL);
    for (int i = 0; i < MANY; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "refund-%d", i);
        struct refund_request request = {
            .refund_id = text_of(id), .order_id = TEXT("o"), .line_no = 1, .attempt = 1};
        take(play, TOPIC_REFUND_REQUEST, &request);
    }
    struct fact fact;
    while (rehearsal_first(play, &fact)) {
        const struct refund_result *result = fact.record;
        bool success = result->status == REFUND_SUCCEEDED;
        late += success && result->at_ms >= DAY_MS;
        succeeded += success;
        retryable += !success && result->retryable;
        given_up += !success && !result->retryable;
        rehearsal_step(play);
    }
    assert_in_range(retryable, MANY * 4 / 100, MANY * 6 / 100);
    assert_in_range(given_up, MANY * 1 / 100, MANY * 3 / 100);
    assert_in_range(late, given_up / 3, given_up * 2 / 3);
    assert_int_equal(succeeded + retryable + given_up, MANY + late);
    rehearsal_free(play);
}

static void test_no_answer_comes_before_now(void **state)
{
    (void)state;
    struct rehearsal *play = start(9, NULL);
    struct error error;
    struct refund_request request = {.refund_id = TEXT("r"), .order_id = TEXT("o"), .attempt = 1};
    assert_int_equal(rehearsal_take(play, TOPIC_REFUND_REQUEST, &request, 9 * DAY_MS, &error), OK);
    struct fact fact;
    assert_true(rehearsal_first(play, &fact));
    assert_true(fact.at_ms >= 9 * DAY_MS);
    rehearsal_free(play);
}

static void test_sellers_and_the_platform_answer_what_they_are_asked(void **state)
{
    (void)state;
    const struct {
        const char *reason;
        enum audience audience;
        enum topic topic;
    } cases[] = {
        {"CLAIM", AUDIENCE_SELLER, TOPIC_SELLER_RESPONSE},
        {"REJECTED", AUDIENCE_SELLER, TOPIC_SELLER_RESPONSE},
        {"EVIDENCE", AUDIENCE_SELLER, TOPIC_SELLER_RESPONSE},
        {"MEDIATE", AUDIENCE_SUPPORT, TOPIC_PLATFORM_RULING},
        {"REFUND_FAILED", AUDIENCE_SUPPORT, TOPIC_NONE},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        uint32_t answers = 0;
        struct rehearsal *play = start(10, NULL);
        for (int i = 0; i < NOTICES; i++) {
            struct sample sample;
            fill(&sample, i, NOTICE_NEEDS_ACTION);
            sample.notice.audience = cases[c].audience;
            sample.notice.reason = text_of(cases[c].reason);
            take(play, TOPIC_NOTIFICATION, &sample.notice);
        }
        struct fact fact;
        while (rehearsal_first(play, &fact)) {
            assert_int_equal(fact.topic, cases[c].topic);
            answers++;
            rehearsal_step(play);
        }
        assert_true(cases[c].topic == TOPIC_NONE ? answers == 0 : answers > NOTICES / 2);
        rehearsal_free(play);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_seed_gives_the_same_answers_in_whatever_order_notices_come),
        cmocka_unit_test(test_buyers_choose_about_as_often_as_weighed),
        cmocka_unit_test(test_nothing_is_chosen_that_is_not_offered),
        cmocka_unit_test(test_what_is_back_in_stock_is_shipped_unless_the_data_ships_it),
        cmocka_unit_test(test_a_line_that_is_short_again_or_cancelled_is_not_shipped),
        cmocka_unit_test(test_a_substitute_is_shipped_as_its_own_line),
        cmocka_unit_test(test_refunds_mostly_succeed_and_the_failed_ones_are_tried_again),
        cmocka_unit_test(test_no_answer_comes_before_now),
        cmocka_unit_test(test_sellers_and_the_platform_answer_what_they_are_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
