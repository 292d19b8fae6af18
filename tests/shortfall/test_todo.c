#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/case.h"
#include "shortfall/todo.h"

enum { T0 = 1000000000, HOUR_MS = 3600000 };

#define DAY_MS (INT64_C(24) * HOUR_MS)

static struct arena *arena;
static struct todo todo;

static int begin(void **state)
{
    struct error error;
    (void)state;
    arena = arena_new(4 << 20);
    return todo_init(&todo, arena, &error);
}

static int end(void **state)
{
    (void)state;
    todo_done(&todo);
    arena_free(arena);
    return 0;
}

static void take(enum topic topic, const void *record)
{
    struct error error;
    assert_int_equal(todo_take(&todo, topic, record, &error), OK);
}

static void take_shortage(const char *order_id, enum shortage_cause cause,
                          struct optional_long expected_at_ms)
{
    const struct shortage shortage = {
        .order_id = text_of(order_id),
        .line_no = 1,
        .at_ms = T0,
        .kind = SHORTAGE_UNFILLABLE,
        .cause = cause,
        .expected_at_ms = expected_at_ms,
        .sku = TEXT("A"),
        .seller_id = TEXT("s1"),
        .currency = TEXT("CNY"),
        .quantity = 2,
        .paid_minor = 500,
        .ship_by_ms = {T0 + 9 * DAY_MS, true},
    };
    take(TOPIC_SHORTAGE, &shortage);
}

static void take_state(const char *order_id, int32_t line_no, enum line_state after, int64_t at_ms)
{
    struct line_change change = {line_no, LINE_UNKNOWN, after};
    const struct case_event event = {
        .order_id = text_of(order_id),
        .seller_id = TEXT("s1"),
        .at_ms = at_ms,
        .verdict = VERDICT_APPLIED,
        .lines = &change,
        .line_count = 1,
    };
    take(TOPIC_CASE_EVENT, &event);
}

static void take_notice(enum notice_kind kind, const char *reason, struct notification notice)
{
    struct notice_line line = {.line_no = 1, .decide_by_ms = {T0 + DAY_MS, true}};
    notice.order_id = TEXT("o1");
    notice.kind = kind;
    notice.reason = text_of(reason);
    notice.lines = &line;
    notice.line_count = 1;
    take(TOPIC_NOTIFICATION, &notice);
}

static void take_refund(void)
{
    const struct refund_request request = {
        .order_id = TEXT("o1"),
        .line_no = 1,
        .amount_minor = 450,
        .at_ms = T0,
        .due_by_ms = T0 + DAY_MS,
    };
    take(TOPIC_REFUND_REQUEST, &request);
}

static void take_level(int64_t counted_at_ms)
{
    const struct stock_level level = {.sku = TEXT("A"), .counted_at_ms = counted_at_ms};
    take(TOPIC_STOCK_LEVEL, &level);
}

static void take_fact(enum topic topic, const void *fact, int64_t at_ms)
{
    struct error error;
    const struct case_event event = {
        .order_id = TEXT("o1"),
        .seller_id = TEXT("s1"),
        .at_ms = at_ms,
        .verdict = VERDICT_APPLIED,
    };
    assert_int_equal(todo_take_fact(&todo, &event, topic, fact, &error), OK);
}

static void take_choice(enum choice choice, int64_t at_ms)
{
    const struct buyer_decision decision = {.choice = choice};
    take_fact(TOPIC_BUYER_DECISION, &decision, at_ms);
}

static void take_response(enum response_kind kind, int64_t at_ms)
{
    const struct seller_response response = {.kind = kind};
    take_fact(TOPIC_SELLER_RESPONSE, &response, at_ms);
}

static void take_ruling(enum ruling ruling)
{
    const struct platform_ruling ruled = {.ruling = ruling};
    take_fact(TOPIC_PLATFORM_RULING, &ruled, T0);
}

static void make(int64_t now_ms)
{
    struct error error;
    todo.count = 0;
    assert_int_equal(todo_make(&todo, now_ms, &error), OK);
}

static void assert_only(enum todo_action action, struct optional_long due_ms, int64_t at_risk_minor)
{
    assert_int_equal(todo.count, 1);
    assert_string_equal(todo_action_name(todo.items[0].action), todo_action_name(action));
    assert_int_equal(todo.items[0].due_ms.set, due_ms.set);
    assert_int_equal(todo.items[0].due_ms.value, due_ms.value);
    assert_int_equal(todo.items[0].at_risk_minor, at_risk_minor);
    assert_true(text_equal(todo.items[0].order_id, TEXT("o1")));
    assert_true(text_equal(todo.items[0].seller_id, TEXT("s1")));
}

static const struct optional_long no_date = {0, false};
static const struct optional_long in_a_day = {T0 + DAY_MS, true};
static const struct optional_long in_two_days = {T0 + 2 * DAY_MS, true};
static const struct optional_long promise = {T0 + 9 * DAY_MS, true};

static void test_each_state_asks_for_what_it_needs_and_no_more(void **state)
{
    static const struct {
        enum line_state state;
        bool date;
        enum todo_action action; /* COUNT: nothing to do */
    } cases[] = {
        {LINE_CONFIRMING, false, TODO_ACTION_COUNT},
        {LINE_AWAITING_DECISION, true, TODO_ACTION_COUNT},
        {LINE_AWAITING_DECISION, false, TODO_GIVE_DATE},
        {LINE_WAITING_RESTOCK, true, TODO_KEEP_DATE},
        {LINE_WAITING_RESTOCK, false, TODO_GIVE_DATE},
        {LINE_SUBSTITUTING, false, TODO_ACTION_COUNT},
        {LINE_REFUNDING, false, TODO_ACTION_COUNT},
        {LINE_REFUND_FAILED, false, TODO_PAY_BY_HAND},
        {LINE_RECOVERED, false, TODO_SHIP},
        {LINE_FILLED_LATE, false, TODO_ACTION_COUNT},
        {LINE_SUBSTITUTED, false, TODO_ACTION_COUNT},
        {LINE_REFUNDED, false, TODO_ACTION_COUNT},
        {LINE_WITHDRAWN, false, TODO_ACTION_COUNT},
    };
    (void)state;
    take_notice(NOTICE_SHORTAGE, NULL, (struct notification){.audience = AUDIENCE_BUYER});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        take_shortage("o1", CAUSE_OVERSOLD, cases[i].date ? in_two_days : no_date);
        take_state("o1", 1, cases[i].state, T0);
        make(T0);
        assert_int_equal(todo.count, cases[i].action != TODO_ACTION_COUNT);
        if (todo.count > 0) {
            assert_int_equal(todo.items[0].action, cases[i].action);
        }
    }
}

static void
test_a_line_that_came_back_before_its_buyer_was_told_is_shipped_as_any_other(void **state)
{
    (void)state;
    take_shortage("o1", CAUSE_OVERSOLD, no_date);
    take_state("o1", 1, LINE_RECOVERED, T0);
    make(T0);
    assert_int_equal(todo.count, 0);
}

static void
test_a_date_is_due_when_the_buyer_decides_and_kept_until_what_was_confirmed(void **state)
{
    (void)state;
    take_shortage("o1", CAUSE_OVERSOLD, no_date);
    take_notice(NOTICE_SHORTAGE, NULL, (struct notification){.audience = AUDIENCE_BUYER});
    take_state("o1", 1, LINE_AWAITING_DECISION, T0);
    make(T0);
    assert_only(TODO_GIVE_DATE, in_a_day, 500);
    take_shortage("o1", CAUSE_OVERSOLD, in_two_days);
    take_notice(NOTICE_WAIT_CONFIRMED, NULL,
                (struct notification){.expected_at_ms = in_two_days, .consent = CONSENT_EXPRESS});
    take_state("o1", 1, LINE_WAITING_RESTOCK, T0);
    make(T0);
    assert_only(TODO_KEEP_DATE, in_two_days, 500);
}

static void test_only_an_express_wait_moves_the_time_to_ship(void **state)
{
    static const struct optional_long later = {T0 + 20 * DAY_MS, true};
    struct notification confirmed = {.expected_at_ms = later, .consent = CONSENT_SILENCE};
    (void)state;
    take_shortage("o1", CAUSE_OVERSOLD, later);
    take_notice(NOTICE_SHORTAGE, NULL, (struct notification){.audience = AUDIENCE_BUYER});
    take_notice(NOTICE_WAIT_CONFIRMED, NULL, confirmed);
    take_state("o1", 1, LINE_RECOVERED, T0);
    make(T0);
    assert_only(TODO_SHIP, promise, 500);
    confirmed.consent = CONSENT_EXPRESS;
    take_notice(NOTICE_WAIT_CONFIRMED, NULL, confirmed);
    make(T0);
    assert_only(TODO_SHIP, later, 500);
}

static void
test_what_was_reported_missing_is_to_be_counted_until_it_was_after_the_report(void **state)
{
    (void)state;
    take_shortage("o1", CAUSE_REPORTED, in_two_days);
    take_notice(NOTICE_SHORTAGE, NULL, (struct notification){.audience = AUDIENCE_BUYER});
    take_state("o1", 1, LINE_AWAITING_DECISION, T0 + 1);
    take_level(T0);
    make(T0 + DAY_MS);
    assert_only(TODO_COUNT_STOCK, in_a_day, 500);
    assert_int_equal(todo.items[0].since_ms, T0);
    /* A level is kept for 30 days: after them nobody could see that it had been counted. */
    make(T0 + 30 * DAY_MS - 1);
    assert_int_equal(todo.count, 1);
    make(T0 + 30 * DAY_MS);
    assert_int_equal(todo.count, 0);
    take_level(T0 + 1);
    make(T0 + DAY_MS);
    assert_int_equal(todo.count, 0);
}

static void test_a_refund_is_chased_after_its_time_and_not_at_it(void **state)
{
    (void)state;
    take_shortage("o1", CAUSE_OVERSOLD, no_date);
    take_refund();
    take_state("o1", 1, LINE_REFUNDING, T0);
    make(T0 + DAY_MS);
    assert_int_equal(todo.count, 0);
    make(T0 + DAY_MS + 1);
    assert_only(TODO_CHASE_REFUND, in_a_day, 450);
    assert_true(todo_is_overdue(&todo.items[0], T0 + DAY_MS + 1));
    assert_false(todo_is_overdue(&todo.items[0], T0 + DAY_MS));
    take_state("o1", 1, LINE_REFUND_FAILED, T0);
    make(T0);
    assert_only(TODO_PAY_BY_HAND, in_a_day, 450);
    take_state("o1", 1, LINE_REFUNDED, T0); /* a late success */
    make(T0 + DAY_MS + 1);
    assert_int_equal(todo.count, 0);
}

static void test_goods_that_left_after_a_refund_are_for_support_for_90_days(void **state)
{
    (void)state;
    take_shortage("o1", CAUSE_OVERSOLD, no_date);
    take_refund();
    take_notice(NOTICE_NEEDS_ACTION, "SHIPPED_AFTER_REFUND",
                (struct notification){.audience = AUDIENCE_SUPPORT, .at_ms = T0 + 5});
    take_state("o1", 1, LINE_REFUNDED, T0);
    make(T0 + CASE_RETENTION_MS);
    assert_only(TODO_FETCH_GOODS, no_date, 450);
    assert_int_equal(todo.items[0].since_ms, T0 + 5);
    assert_int_equal(todo_who(todo.items[0].action), TODO_SUPPORT);
    make(T0 + 5 + CASE_RETENTION_MS);
    assert_int_equal(todo.count, 0);
}

static void test_goods_that_left_beside_a_substitute_are_for_support(void **state)
{
    (void)state;
    take_shortage("o1", CAUSE_OVERSOLD, no_date);
    take_notice(NOTICE_NEEDS_ACTION, "SHIPPED_AFTER_SUBSTITUTE",
                (struct notification){.audience = AUDIENCE_SUPPORT, .at_ms = T0 + 5});
    take_state("o1", 1, LINE_SUBSTITUTED, T0);
    make(T0 + DAY_MS);
    assert_int_equal(todo.count, 1);
    assert_int_equal(todo.items[0].action, TODO_FETCH_GOODS);
    assert_int_equal(todo.items[0].since_ms, T0 + 5);
}

static void test_a_substitute_is_to_be_shipped_until_the_shop_closed_its_line(void **state)
{
    struct replacement replacement = {
        .line_no = SUBSTITUTE_LINE_BASE + 1,
        .sku = TEXT("B"),
        .paid_minor = 400,
        .ship_by_ms = in_two_days,
    };
    const struct line_outcome outcome = {
        .order_id = TEXT("o1"),
        .line_no = 1,
        .seller_id = TEXT("s1"),
        .at_ms = T0,
        .replacement = &replacement,
    };
    struct order_closed closed = {.order_id = TEXT("o1"), .line_no = 1, .reason = CLOSE_SHIPPED};
    (void)state;
    take(TOPIC_ORDER_CLOSED, &closed);
    take_shortage("o1", CAUSE_OVERSOLD, no_date);
    take(TOPIC_LINE_OUTCOME, &outcome);
    take_state("o1", 1, LINE_SUBSTITUTED, T0);
    make(T0);
    assert_only(TODO_SHIP_SUBSTITUTE, in_two_days, 400);
    assert_true(text_equal(todo.items[0].sku, TEXT("B")));
    assert_true(text_equal(todo.items[0].currency, TEXT("CNY")));
    assert_int_equal(todo.items[0].line_no, SUBSTITUTE_LINE_BASE + 1);
    make(T0 + 30 * DAY_MS);
    assert_int_equal(todo.count, 0);
    closed.line_no = SUBSTITUTE_LINE_BASE + 1;
    take(TOPIC_ORDER_CLOSED, &closed);
    make(T0);
    assert_int_equal(todo.count, 0);
}

static void test_a_substitute_that_is_short_itself_is_a_line_like_any_other(void **state)
{
    struct replacement replacement = {.line_no = SUBSTITUTE_LINE_BASE + 1, .sku = TEXT("B")};
    const struct line_outcome outcome = {
        .order_id = TEXT("o1"), .line_no = 1, .replacement = &replacement};
    (void)state;
    take(TOPIC_LINE_OUTCOME, &outcome);
    take_state("o1", SUBSTITUTE_LINE_BASE + 1, LINE_REFUNDED, T0);
    make(T0);
    assert_int_equal(todo.count, 0);
}

static void test_an_argument_asks_the_seller_until_it_was_answered(void **state)
{
    static const struct notification asked = {.audience = AUDIENCE_SELLER,
                                              .answer_by_ms = {T0 + DAY_MS, true}};
    (void)state;
    take_shortage("o1", CAUSE_OVERSOLD, no_date);
    take_state("o1", 1, LINE_REFUNDED, T0);
    take_choice(CHOICE_CLAIM, T0 + 1);
    take_notice(NOTICE_NEEDS_ACTION, "CLAIM", asked);
    make(T0 + 2);
    assert_only(TODO_ANSWER_CLAIM, in_a_day, 500);
    assert_int_equal(todo.items[0].line_no, 0);
    assert_int_equal(todo.items[0].since_ms, T0 + 1);
    take_response(RESPONSE_OFFER_COMPENSATION, T0 + 2);
    make(T0 + 3);
    assert_int_equal(todo.count, 0);
    take_choice(CHOICE_REJECT, T0 + 3);
    make(T0 + 3);
    assert_only(TODO_ANSWER_REJECTION, in_a_day, 500);
    take_response(RESPONSE_DECLINE, T0 + 4);
    make(T0 + 4);
    assert_int_equal(todo.count, 0);
}

static void test_the_platform_is_asked_until_it_ruled_or_they_agreed(void **state)
{
    (void)state;
    take_shortage("o1", CAUSE_OVERSOLD, no_date);
    take_state("o1", 1, LINE_REFUNDED, T0);
    take_choice(CHOICE_CLAIM, T0);
    take_choice(CHOICE_ASK_PLATFORM, T0 + 1);
    make(T0 + 1);
    assert_int_equal(todo.count, 2);
    assert_int_equal(todo.items[0].action, TODO_SEND_EVIDENCE);
    assert_int_equal(todo.items[1].action, TODO_MEDIATE);
    assert_int_equal(todo.items[1].since_ms, T0 + 1);
    take_response(RESPONSE_DECLINE, T0 + 2); /* the evidence */
    make(T0 + 2);
    assert_only(TODO_MEDIATE, no_date, 500);
    take_ruling(RULING_DISMISS);
    make(T0 + 2);
    assert_int_equal(todo.count, 0);
}

static void test_a_ruled_refund_ends_an_argument_only_if_the_platform_was_asked(void **state)
{
    (void)state;
    take_choice(CHOICE_CLAIM, T0);
    take_ruling(RULING_REFUND);
    make(T0);
    assert_int_equal(todo.count, 1);
    take_choice(CHOICE_ASK_PLATFORM, T0);
    take_ruling(RULING_REFUND);
    make(T0);
    assert_int_equal(todo.count, 0);
}

static void test_a_claim_that_was_refused_asks_nobody(void **state)
{
    const struct buyer_decision claim = {.choice = CHOICE_CLAIM};
    const struct case_event refused = {.order_id = TEXT("o1"), .verdict = VERDICT_REFUSED};
    struct error error;
    (void)state;
    assert_int_equal(todo_take_fact(&todo, &refused, TOPIC_BUYER_DECISION, &claim, &error), OK);
    make(T0);
    assert_int_equal(todo.count, 0);
}

static void test_in_an_argument_a_substitute_was_paid_with_its_line(void **state)
{
    const struct shortage of_substitute = {
        .order_id = TEXT("o1"),
        .line_no = SUBSTITUTE_LINE_BASE + 1,
        .currency = TEXT("CNY"),
        .paid_minor = 400,
    };
    (void)state;
    take_shortage("o1", CAUSE_OVERSOLD, no_date);
    take(TOPIC_SHORTAGE, &of_substitute);
    take_state("o1", 1, LINE_SUBSTITUTED, T0);
    take_choice(CHOICE_CLAIM, T0);
    make(T0);
    assert_only(TODO_ANSWER_CLAIM, no_date, 500);
}

static void test_an_argument_is_over_when_its_case_is_forgotten(void **state)
{
    (void)state;
    take_shortage("o1", CAUSE_OVERSOLD, no_date);
    take_state("o1", 1, LINE_REFUNDED, T0);
    take_choice(CHOICE_CLAIM, T0 + 1);
    make(T0 + CASE_RETENTION_MS - 1);
    assert_int_equal(todo.count, 1);
    make(T0 + CASE_RETENTION_MS);
    assert_int_equal(todo.count, 0);
}

static void test_the_earliest_hour_comes_first_and_in_it_the_most_money(void **state)
{
    static const struct {
        const char *order_id;
        int64_t at_ms;
        int64_t amount_minor;
    } refunds[] = {
        {"later", 3 * HOUR_MS, 900},
        {"little", 2 * HOUR_MS, 1},
        {"much", 2 * HOUR_MS + 1, 800},
        {"first", HOUR_MS, 5},
    };
    static const char *const expected[] = {"first", "much", "little", "later"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const struct refund_request request = {
            .order_id = text_of(refunds[i].order_id),
            .line_no = 1,
            .amount_minor = refunds[i].amount_minor,
            .due_by_ms = refunds[i].at_ms,
        };
        take_shortage(refunds[i].order_id, CAUSE_OVERSOLD, no_date);
        take(TOPIC_REFUND_REQUEST, &request);
        take_state(refunds[i].order_id, 1, LINE_REFUND_FAILED, 0);
    }
    make(T0);
    assert_int_equal(todo.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(text_equal(todo.items[i].order_id, text_of(expected[i])));
    }
}

static void test_each_thing_to_do_has_a_name_and_words(void **state)
{
    (void)state;
    for (enum todo_action action = 0; action < TODO_ACTION_COUNT; action++) {
        const struct todo_item item = {.action = action};
        struct buffer out = {0};
        words_todo(&out, &item);
        assert_non_null(todo_action_name(action));
        assert_true(out.size > 20);
        buffer_done(&out);
    }
}

static void test_only_facts_of_an_argument_need_to_be_read(void **state)
{
    static const struct {
        const char *topic;
        enum verdict verdict;
        bool needed;
    } cases[] = {
        {"buyer-decision", VERDICT_APPLIED, true},  {"seller-response", VERDICT_APPLIED, true},
        {"platform-ruling", VERDICT_APPLIED, true}, {"buyer-decision", VERDICT_REFUSED, false},
        {"shortage", VERDICT_APPLIED, false},       {"timer", VERDICT_APPLIED, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct case_event event = {.fact_topic = text_of(cases[i].topic),
                                         .verdict = cases[i].verdict};
        assert_int_equal(disputes_need(&event), cases[i].needed);
    }
}

static void test_the_command_to_look_at_it_can_be_pasted_into_a_shell(void **state)
{
    static const struct {
        const char *order_id;
        const char *command;
    } cases[] = {
        {"2026111100042", "shortfall case 2026111100042"},
        {"O 1; rm", "shortfall case 'O 1; rm'"},
        {"it's", "shortfall case 'it'\\''s'"},
        {"--json", "shortfall case -- --json"},
        {"", "shortfall case ''"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct todo_item item = {.order_id = text_of(cases[i].order_id)};
        struct buffer out = {0};
        words_todo_look(&out, &item);
        buffer_append_byte(&out, '\0');
        assert_string_equal((const char *)out.data, cases[i].command);
        buffer_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_state_asks_for_what_it_needs_and_no_more, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            test_a_line_that_came_back_before_its_buyer_was_told_is_shipped_as_any_other, begin,
            end),
        cmocka_unit_test_setup_teardown(
            test_a_date_is_due_when_the_buyer_decides_and_kept_until_what_was_confirmed, begin,
            end),
        cmocka_unit_test_setup_teardown(test_only_an_express_wait_moves_the_time_to_ship, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            test_what_was_reported_missing_is_to_be_counted_until_it_was_after_the_report, begin,
            end),
        cmocka_unit_test_setup_teardown(test_a_refund_is_chased_after_its_time_and_not_at_it, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            test_goods_that_left_after_a_refund_are_for_support_for_90_days, begin, end),
        cmocka_unit_test_setup_teardown(test_goods_that_left_beside_a_substitute_are_for_support,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            test_a_substitute_is_to_be_shipped_until_the_shop_closed_its_line, begin, end),
        cmocka_unit_test_setup_teardown(
            test_a_substitute_that_is_short_itself_is_a_line_like_any_other, begin, end),
        cmocka_unit_test_setup_teardown(test_an_argument_asks_the_seller_until_it_was_answered,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_the_platform_is_asked_until_it_ruled_or_they_agreed,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            test_a_ruled_refund_ends_an_argument_only_if_the_platform_was_asked, begin, end),
        cmocka_unit_test_setup_teardown(test_a_claim_that_was_refused_asks_nobody, begin, end),
        cmocka_unit_test_setup_teardown(test_in_an_argument_a_substitute_was_paid_with_its_line,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_an_argument_is_over_when_its_case_is_forgotten, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_the_earliest_hour_comes_first_and_in_it_the_most_money,
                                        begin, end),
        cmocka_unit_test(test_each_thing_to_do_has_a_name_and_words),
        cmocka_unit_test(test_only_facts_of_an_argument_need_to_be_read),
        cmocka_unit_test(test_the_command_to_look_at_it_can_be_pasted_into_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
