#include "kit/redis_view.h"

#include "redis_server.h"

/* ---- Steps --------------------------------------------------------------------------------------
 */

static void test_a_step_writes_fields_and_mark_together(void **state)
{
    (void)state;
    const struct redis_field fields[] = {field("a", "1"), field("b", "2"), field("c", "")};
    assert_string_equal(contents(), "");
    assert_int_equal(redis_view_step(view, 3, 0, TEXT("1 3 abc"), fields, 3, &error), OK);
    assert_string_equal(contents(), "mark=1 3 abc a=1 b=2 c=");
    assert_int_equal(step(1, "2 3 def", "a", "9"), OK);
    assert_string_equal(contents(), "mark=2 3 def a=9 b=2 c=");
    assert_string_equal(ask("HGET t:{3}:cases mark"), "2 3 def");
    assert_string_equal(redis_view_warning(view), "");
    assert_int_equal(redis_view_connections(view), 1);
}

static void test_a_step_deletes_fields_that_have_no_value(void **state)
{
    (void)state;
    const struct redis_field first[] = {field("a", "1"), field("b", "2"), field("c", "3")};
    const struct redis_field second[] = {field("a", NULL), field("d", "4"), field("c", NULL)};
    assert_int_equal(redis_view_step(view, 3, 0, TEXT("1"), first, 3, &error), OK);
    assert_int_equal(redis_view_step(view, 3, 1, TEXT("2"), second, 3, &error), OK);
    assert_string_equal(contents(), "mark=2 b=2 d=4");
    assert_int_equal(redis_view_step(view, 3, 2, TEXT("3"), NULL, 0, &error), OK);
    assert_string_equal(contents(), "mark=3 b=2 d=4");
}

static void test_keys_and_values_may_be_any_bytes(void **state)
{
    (void)state;
    enum { LARGE = 1 << 20 };
    static char large[LARGE];
    const char bytes[] = "a\0b\r\n$5\xff";
    struct text value;
    memset(large, '\xC3', sizeof large);
    const struct redis_field fields[] = {
        {{bytes, sizeof bytes - 1}, {bytes, sizeof bytes - 1}},
        {TEXT("large"), {large, LARGE}},
    };
    assert_int_equal(redis_view_step(view, 3, 0, TEXT("1"), fields, 2, &error), OK);
    assert_int_equal(redis_view_get(view, 3, fields[0].key, &value, &error), OK);
    assert_true(text_equal(value, fields[0].value));
    assert_int_equal(redis_view_get(view, 3, TEXT("large"), &value, &error), OK);
    assert_true(text_equal(value, fields[1].value));
    assert_int_equal(redis_view_get(view, 3, TEXT("not there"), &value, &error), OK);
    assert_false(text_is_set(value));
}

static void test_a_step_from_another_n_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const int64_t others[] = {0, 1, 3, 1000, -1};
    assert_int_equal(step(7, "8", "a", "1"), POISON);
    assert_non_null(strstr(error.text, "Redis has nothing"));
    assert_string_equal(contents(), "");
    assert_int_equal(step(0, "1", "a", "1"), OK);
    assert_int_equal(step(1, "2 x", "a", "2"), OK);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(step(others[i], "9", "a", "9"), POISON);
        assert_non_null(strstr(error.text, "Redis has the mark '2 x'"));
    }
    assert_string_equal(contents(), "mark=2 x a=2");
}

static void test_a_step_whose_answer_was_lost_may_be_repeated(void **state)
{
    (void)state;
    assert_int_equal(step(0, "1 x", "a", "1"), OK);
    assert_int_equal(step(0, "1 x", "a", "1"), OK);
    assert_int_equal(step(0, "1 y", "a", "1"), POISON);
}

static void test_a_writer_that_was_paused_cannot_write_over_its_successor(void **state)
{
    (void)state;
    struct redis_view *successor = view_open(url, NULL);
    assert_int_equal(step(0, "1", "a", "old"), OK);
    assert_int_equal(step_by(successor, 1, "2 s", "a", "new"), OK);
    assert_int_equal(step(1, "2 p", "a", "stale"), POISON);
    assert_string_equal(contents(), "mark=2 s a=new");
    redis_view_free(successor);
}

static void test_fields_without_a_mark_are_nobodys(void **state)
{
    (void)state;
    assert_string_equal(ask("HSET t:{3}:cases rubbish 1"), "1");
    assert_int_equal(step(0, "1", "a", "1"), OK);
    assert_string_equal(contents(), "mark=1 a=1");
}

static void test_partitions_and_prefixes_do_not_touch_each_other(void **state)
{
    (void)state;
    struct redis_view *other = NULL;
    struct redis_field one = field("a", "1");
    assert_int_equal(redis_view_new(url, NULL, NULL, "u:", TIMEOUT_MS, &other, &error), OK);
    assert_int_equal(step(0, "1", "a", "1"), OK);
    assert_int_equal(redis_view_step(view, 4, 0, TEXT("1"), &one, 1, &error), OK);
    assert_int_equal(redis_view_step(other, 3, 0, TEXT("1"), &one, 1, &error), OK);
    assert_string_equal(ask("DBSIZE"), "3");
    redis_view_free(other);
}

static void test_a_step_with_very_many_fields_is_written_whole(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    static struct redis_field fields[MANY];
    static char keys[MANY][16];
    for (int i = 0; i < MANY; i++) {
        assert_true(snprintf(keys[i], sizeof keys[i], "k%d", i) > 0);
        fields[i] = field(keys[i], "v");
    }
    assert_int_equal(redis_view_step(view, 3, 0, TEXT("1"), fields, MANY, &error), OK);
    assert_string_equal(ask("HLEN t:{3}:cases"), "20001");
    for (int i = 0; i < MANY; i += 2) {
        fields[i].value = (struct text){NULL, 0};
    }
    assert_int_equal(redis_view_step(view, 3, 1, TEXT("2"), fields, MANY, &error), OK);
    assert_string_equal(ask("HLEN t:{3}:cases"), "10001");
    assert_int_equal(
        redis_view_step(view, 3, 2, TEXT("3"), fields, REDIS_STEP_FIELDS_MAX + 1, &error), POISON);
}

static void test_a_key_that_is_no_view_is_told_apart_and_can_be_rebuilt(void **state)
{
    (void)state;
    assert_string_equal(ask("SET t:{3}:cases text"), "OK");
    assert_int_equal(step(0, "1", "a", "1"), POISON);
    assert_int_equal(redis_view_rebuild_begin(view, 3, &error), OK);
    assert_int_equal(redis_view_rebuild_end(view, 3, TEXT("5"), &error), OK);
    assert_string_equal(contents(), "mark=5");
}

static void test_scripts_that_the_server_forgot_are_sent_again(void **state)
{
    (void)state;
    assert_int_equal(step(0, "1", "a", "1"), OK);
    assert_string_equal(ask("SCRIPT FLUSH"), "OK");
    assert_int_equal(step(1, "2", "a", "2"), OK);
    assert_int_equal(step(2, "3", "a", "3"), OK);
}

/* ---- Rebuild ------------------------------------------------------------------------------------
 */

static void test_a_rebuild_replaces_everything(void **state)
{
    (void)state;
    assert_int_equal(step(0, "1", "old", "1"), OK);
    assert_int_equal(redis_view_rebuild_begin(view, 3, &error), OK);
    rebuild_fields(0, 2);
    assert_string_equal(contents(), "mark=1 old=1");
    assert_int_equal(redis_view_rebuild_end(view, 3, TEXT("41 2 x"), &error), OK);
    assert_string_equal(contents(), "mark=41 2 x k0=v k1=v");
    assert_string_equal(ask("DBSIZE"), "1");
    assert_string_equal(ask("TTL t:{3}:cases"), "-1");
    assert_int_equal(step(41, "42 2 y", "k1", NULL), OK);
    assert_string_equal(contents(), "mark=42 2 y k0=v");
}

static void test_a_rebuild_of_very_much_arrives_whole(void **state)
{
    (void)state;
    enum { MANY = 5000, LARGE = 300 << 10 };
    static char large[LARGE];
    struct redis_field fields[8];
    memset(large, 'x', sizeof large);
    assert_int_equal(redis_view_rebuild_begin(view, 3, &error), OK);
    rebuild_fields(0, MANY);
    for (size_t i = 0; i < 8; i++) {
        static char keys[8][8];
        assert_true(snprintf(keys[i], sizeof keys[i], "l%zu", i) > 0);
        fields[i] = (struct redis_field){text_of(keys[i]), {large, LARGE}};
    }
    assert_int_equal(redis_view_rebuild_add(view, 3, fields, 8, &error), OK);
    assert_int_equal(redis_view_rebuild_end(view, 3, TEXT("1"), &error), OK);
    assert_string_equal(ask("HLEN t:{3}:cases"), "5009");
    assert_string_equal(ask("HSTRLEN t:{3}:cases l7"), "307200");
    struct contents all = {.count = 0};
    assert_int_equal(redis_view_read(view, 3, add_to_contents, &all, &error), OK);
    assert_int_equal(all.count, 5009);
    assert_int_equal(strncmp(all.text, "mark=1 ", 7), 0);
}

static void test_other_commands_may_come_between(void **state)
{
    (void)state;
    struct redis_field one = field("a", "1");
    struct text value;
    assert_int_equal(redis_view_rebuild_begin(view, 3, &error), OK);
    rebuild_fields(0, 3);
    assert_int_equal(redis_view_step(view, 4, 0, TEXT("1 other"), &one, 1, &error), OK);
    rebuild_fields(3, 3);
    assert_int_equal(redis_view_mark(view, 4, &value, &error), OK);
    assert_true(text_equal(value, TEXT("1 other")));
    rebuild_fields(6, 1);
    assert_int_equal(redis_view_rebuild_end(view, 3, TEXT("1"), &error), OK);
    assert_string_equal(ask("HLEN t:{3}:cases"), "8");
}

static void test_two_rebuilds_of_one_partition_do_not_mix(void **state)
{
    (void)state;
    struct redis_view *other = view_open(url, NULL);
    struct redis_field one = field("from other", "1");
    assert_int_equal(redis_view_rebuild_begin(view, 3, &error), OK);
    rebuild_fields(0, 2);
    assert_int_equal(redis_view_rebuild_begin(other, 3, &error), OK);
    assert_int_equal(redis_view_rebuild_add(other, 3, &one, 1, &error), OK);
    rebuild_fields(2, 1);
    assert_int_equal(redis_view_rebuild_end(other, 3, TEXT("2"), &error), OK);
    assert_string_equal(contents(), "mark=2 from other=1");
    assert_int_equal(redis_view_rebuild_end(view, 3, TEXT("3"), &error), OK);
    assert_string_equal(contents(), "mark=3 k0=v k1=v k2=v");
    redis_view_free(other);
}

static void test_a_rebuild_that_lost_its_fields_is_not_published(void **state)
{
    (void)state;
    assert_int_equal(redis_view_rebuild_begin(view, 3, &error), OK);
    rebuild_fields(0, 200);
    assert_string_equal(ask("FLUSHALL"), "OK");
    rebuild_fields(200, 1);
    assert_int_equal(redis_view_rebuild_end(view, 3, TEXT("1"), &error), RETRY);
    assert_string_equal(contents(), "");
    assert_int_equal(redis_view_rebuild_end(view, 3, TEXT("1"), &error), RETRY);
    assert_non_null(strstr(error.text, "begin again"));
}

static void test_a_rebuild_that_was_broken_off_goes_by_itself(void **state)
{
    (void)state;
    char *end;
    struct text mark;
    assert_int_equal(redis_view_rebuild_begin(view, 3, &error), OK);
    rebuild_fields(0, 3);
    assert_int_equal(redis_view_mark(view, 3, &mark, &error), OK); /* sends what waits */
    const char *key = ask("KEYS t:{3}:cases:rebuild:*");
    assert_string_equal(key, "1 items");
    long seconds =
        strtol(ask("EVAL %s 0", "return redis.call('TTL', redis.call('KEYS', 't:*:rebuild:*')[1])"),
               &end, 10);
    assert_in_range(seconds, 1, REDIS_REBUILD_TTL_S);
}

static void test_adding_without_a_rebuild_is_refused(void **state)
{
    (void)state;
    struct redis_field one = field("a", "1");
    assert_int_equal(redis_view_rebuild_add(view, 3, &one, 1, &error), RETRY);
    assert_int_equal(redis_view_rebuild_begin(view, 4, &error), OK);
    assert_int_equal(redis_view_rebuild_add(view, 3, &one, 1, &error), RETRY);
}

static enum status stop_at_second(void *context, struct text key, struct text value,
                                  struct error *why)
{
    int *count = context;
    (void)key;
    (void)value;
    return ++*count == 2 ? error_set(why, POISON, "enough") : OK;
}

static void test_reading_can_be_stopped(void **state)
{
    (void)state;
    int count = 0;
    const struct redis_field fields[] = {field("a", "1"), field("b", "2"), field("c", "3")};
    assert_int_equal(redis_view_step(view, 3, 0, TEXT("1"), fields, 3, &error), OK);
    assert_int_equal(redis_view_read(view, 3, stop_at_second, &count, &error), POISON);
    assert_string_equal(error.text, "enough");
    assert_int_equal(count, 2);
    assert_string_equal(contents(), "mark=1 a=1 b=2 c=3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_VIEW(test_a_step_writes_fields_and_mark_together),
        WITH_VIEW(test_a_step_deletes_fields_that_have_no_value),
        WITH_VIEW(test_keys_and_values_may_be_any_bytes),
        WITH_VIEW(test_a_step_from_another_n_is_refused_and_changes_nothing),
        WITH_VIEW(test_a_step_whose_answer_was_lost_may_be_repeated),
        WITH_VIEW(test_a_writer_that_was_paused_cannot_write_over_its_successor),
        WITH_VIEW(test_fields_without_a_mark_are_nobodys),
        WITH_VIEW(test_partitions_and_prefixes_do_not_touch_each_other),
        WITH_VIEW(test_a_step_with_very_many_fields_is_written_whole),
        WITH_VIEW(test_a_key_that_is_no_view_is_told_apart_and_can_be_rebuilt),
        WITH_VIEW(test_scripts_that_the_server_forgot_are_sent_again),
        WITH_VIEW(test_a_rebuild_replaces_everything),
        WITH_VIEW(test_a_rebuild_of_very_much_arrives_whole),
        WITH_VIEW(test_other_commands_may_come_between),
        WITH_VIEW(test_two_rebuilds_of_one_partition_do_not_mix),
        WITH_VIEW(test_a_rebuild_that_lost_its_fields_is_not_published),
        WITH_VIEW(test_a_rebuild_that_was_broken_off_goes_by_itself),
        WITH_VIEW(test_adding_without_a_rebuild_is_refused),
        WITH_VIEW(test_reading_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, set_up_server, tear_down_server);
}
