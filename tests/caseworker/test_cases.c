#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "caseworker/case_record.h"
#include "caseworker/cases.h"

enum { MANY = 5000 };

static struct case_entry *add_with_grace(struct cases *cases, int number, int64_t grace_ms)
{
    char id[IDENTITY_SIZE];
    (void)snprintf(id, sizeof id, "%036d", number);
    struct case_entry *entry = cases_add(cases, id);
    assert_non_null(entry);
    entry->file.grace_ms = (struct optional_long){.value = grace_ms, .set = true};
    cases_touch(cases, entry);
    return entry;
}

static void test_deadlines_come_in_their_order_whatever_order_they_were_set_in(void **context)
{
    (void)context;
    struct cases cases;
    uint32_t random = 12345;
    assert_true(cases_init(&cases));
    for (int i = 0; i < MANY; i++) {
        random = random * 1664525u + 1013904223u;
        (void)add_with_grace(&cases, i, (int64_t)(random >> 20));
    }
    cases_settled(&cases);
    int64_t last_ms = -1;
    for (int i = 0; i < MANY; i++) {
        struct case_entry *entry = cases_earliest(&cases);
        assert_non_null(entry);
        assert_true(entry->deadline_ms >= last_ms);
        last_ms = entry->deadline_ms;
        cases_remove(&cases, entry);
    }
    assert_null(cases_earliest(&cases));
    assert_int_equal(cases.count, 0);
    assert_int_equal(cases.bytes, 0);
    cases_done(&cases);
}

static void test_a_deadline_that_moves_takes_its_new_place(void **context)
{
    (void)context;
    struct cases cases;
    assert_true(cases_init(&cases));
    struct case_entry *first = add_with_grace(&cases, 1, 10);
    struct case_entry *second = add_with_grace(&cases, 2, 20);
    assert_ptr_equal(cases_earliest(&cases), first);
    first->file.grace_ms.value = 30;
    cases_touch(&cases, first);
    assert_ptr_equal(cases_earliest(&cases), second);
    second->file.grace_ms.set = false;
    cases_touch(&cases, second);
    assert_ptr_equal(cases_earliest(&cases), first);
    assert_int_equal(cases.changed_count, 2);
    cases_settled(&cases);
    cases_done(&cases);
}

static void test_removing_keeps_the_others_in_reach(void **context)
{
    (void)context;
    struct cases cases;
    char id[IDENTITY_SIZE];
    assert_true(cases_init(&cases));
    for (int i = 0; i < MANY; i++) {
        (void)add_with_grace(&cases, i, i);
    }
    cases_settled(&cases);
    for (int i = 0; i < MANY; i += 2) {
        (void)snprintf(id, sizeof id, "%036d", i);
        cases_remove(&cases, cases_find(&cases, id));
    }
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(id, sizeof id, "%036d", i);
        assert_int_equal(cases_find(&cases, id) != NULL, i % 2);
    }
    cases_done(&cases);
}

static void test_a_mark_depends_on_the_contents_and_not_on_their_history(void **context)
{
    (void)context;
    struct mark direct = {0};
    struct mark roundabout = {0};
    uint64_t a = mark_hash(TEXT("a"), TEXT("1"));
    uint64_t a_before = mark_hash(TEXT("a"), TEXT("0"));
    uint64_t b = mark_hash(TEXT("b"), TEXT("2"));
    mark_change(&direct, 0, a);
    mark_change(&roundabout, 0, b);
    mark_change(&roundabout, 0, a_before);
    mark_change(&roundabout, a_before, a);
    mark_change(&roundabout, b, 0);
    assert_int_equal(direct.count, roundabout.count);
    assert_true(direct.digest == roundabout.digest);
    assert_true(mark_hash(TEXT("ab"), TEXT("c")) != mark_hash(TEXT("a"), TEXT("bc")));
}

static void test_mark_text_comes_back_and_other_text_does_not(void **context)
{
    (void)context;
    const struct mark mark = {.n = 7, .count = 12, .digest = UINT64_C(0xfedcba9876543210)};
    struct mark back = {0};
    char text[MARK_TEXT_SIZE];
    mark_to_text(&mark, text);
    assert_true(mark_from_text(text_of(text), &back));
    assert_memory_equal(&back, &mark, sizeof mark);
    static const char *const table[] = {"", "7", "7 12", "7 12 zz", "-1 0 0", "7 12 0 9"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_false(mark_from_text(text_of(table[i]), &back));
    }
    assert_false(mark_from_text((struct text){0}, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deadlines_come_in_their_order_whatever_order_they_were_set_in),
        cmocka_unit_test(test_a_deadline_that_moves_takes_its_new_place),
        cmocka_unit_test(test_removing_keeps_the_others_in_reach),
        cmocka_unit_test(test_a_mark_depends_on_the_contents_and_not_on_their_history),
        cmocka_unit_test(test_mark_text_comes_back_and_other_text_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
