/* Against a reader and a clock of the test's own. */
#include "kit/changelog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "kit/log.h"
#include "kit/reader.h"

enum { SCRIPT_MAX = 16, LOG_SIZE = 4096 };

/* What the client gives next of partition 0: a record, or an end. */
struct event {
    bool is_end;
    int64_t offset;
};

static struct {
    struct event script[SCRIPT_MAX];
    int count;
    int next;
    int64_t watermark;
    int64_t stable;
    int64_t position;
    bool is_at_end;
    int64_t now_ms;
    char taken[256];
} fake;

int clock_gettime(clockid_t clock, struct timespec *now)
{
    (void)clock;
    now->tv_sec = fake.now_ms / 1000;
    now->tv_nsec = fake.now_ms % 1000 * 1000000;
    return 0;
}

enum status reader_new(const struct settings *settings, bool committed, struct reader **ret_reader,
                       struct error *error)
{
    (void)settings, (void)error;
    *ret_reader = (struct reader *)(committed ? &fake.stable : &fake.watermark);
    return OK;
}

void reader_free(struct reader *reader)
{
    (void)reader;
}

enum status reader_ends(struct reader *reader, enum topic topic, int32_t partition,
                        int64_t *ret_first, int64_t *ret_end, struct error *error)
{
    (void)topic, (void)partition, (void)error;
    *ret_first = 0;
    *ret_end = *(const int64_t *)reader;
    return OK;
}

enum status reader_start(struct reader *reader, enum topic topic, int32_t partition, int64_t offset,
                         struct error *error)
{
    (void)reader, (void)topic, (void)partition, (void)offset, (void)error;
    return OK;
}

void reader_stop(struct reader *reader, enum topic topic, int32_t partition)
{
    (void)reader, (void)topic, (void)partition;
}

enum status reader_next(struct reader *reader, int wait_ms, struct message *ret_message,
                        struct error *error)
{
    (void)reader, (void)error;
    *ret_message = (struct message){.topic = TOPIC_NONE};
    if (fake.next == fake.count) {
        fake.now_ms += wait_ms;
        return OK;
    }
    struct event event = fake.script[fake.next++];
    fake.is_at_end = event.is_end;
    fake.position = event.offset + !event.is_end;
    if (!event.is_end) {
        *ret_message = (struct message){.topic = TOPIC_CASE_STATE, .offset = event.offset};
    }
    return OK;
}

int64_t reader_position(const struct reader *reader, enum topic topic, int32_t partition)
{
    (void)reader, (void)topic, (void)partition;
    return fake.position;
}

bool reader_is_at_end(const struct reader *reader, enum topic topic, int32_t partition)
{
    (void)reader, (void)topic, (void)partition;
    return fake.is_at_end;
}

static void give_record(int64_t offset)
{
    fake.script[fake.count++] = (struct event){false, offset};
}

static void give_end(int64_t offset)
{
    fake.script[fake.count++] = (struct event){true, offset};
}

static enum status take(void *context, const struct message *message, struct error *error)
{
    (void)context, (void)error;
    size_t used = strlen(fake.taken);
    (void)snprintf(fake.taken + used, sizeof fake.taken - used, "%lld ",
                   (long long)message->offset);
    return OK;
}

static struct changelog *begin(int64_t watermark)
{
    memset(&fake, 0, sizeof fake);
    fake.watermark = watermark;
    fake.stable = 1;
    struct error error;
    struct changelog *changelog = NULL;
    assert_int_equal(changelog_new(NULL, TOPIC_CASE_STATE, 1, &changelog, &error), OK);
    assert_int_equal(changelog_begin(changelog, 0, &error), OK);
    return changelog;
}

/* Is it complete? */
static bool read_on(struct changelog *changelog)
{
    struct error error;
    bool is_complete = false;
    assert_int_equal(changelog_read(changelog, 0, take, NULL, &is_complete, &error), OK);
    return is_complete;
}

static void test_it_reads_to_the_watermark_and_not_to_the_last_stable_offset(void **state)
{
    (void)state;
    struct changelog *changelog = begin(4);
    give_record(0);
    give_end(1); /* what follows is not committed yet */
    assert_false(read_on(changelog));
    give_record(1);
    give_record(2);
    assert_false(read_on(changelog));
    give_end(4); /* past the marker */
    assert_true(read_on(changelog));
    assert_string_equal(fake.taken, "0 1 2 ");
    changelog_free(changelog);
}

static void test_a_transaction_in_whose_middle_the_watermark_lies_is_read_whole(void **state)
{
    (void)state;
    struct changelog *changelog = begin(2);
    give_record(0);
    give_record(1);
    assert_false(read_on(changelog));
    give_record(2);
    give_record(3);
    give_end(5);
    assert_true(read_on(changelog));
    assert_string_equal(fake.taken, "0 1 2 3 ");
    changelog_free(changelog);
}

/* What was logged, after the time of waiting. */
static const char *logged_in(struct changelog *changelog, int64_t ms)
{
    static char lines[LOG_SIZE];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    log_init(LOG_LOGFMT, LOG_INFO, "test");
    log_set_descriptor(ends[1]);
    for (int64_t until_ms = fake.now_ms + ms; fake.now_ms < until_ms;) {
        assert_false(read_on(changelog));
    }
    log_set_descriptor(STDERR_FILENO);
    close(ends[1]);
    ssize_t size = read(ends[0], lines, sizeof lines - 1);
    assert_true(size >= 0);
    lines[size] = '\0';
    close(ends[0]);
    return lines;
}

static void test_a_restore_of_which_nothing_comes_says_where_and_why(void **state)
{
    (void)state;
    struct changelog *changelog = begin(9);
    assert_string_equal(logged_in(changelog, 9000), "");
    assert_non_null(strstr(logged_in(changelog, 1500),
                           "event=restore_waits worker=test topic=case-state partition=0 offset=0 "
                           "end=9 why=\"nothing comes from Kafka\"\n"));
    give_record(0);
    give_end(3);
    assert_string_equal(logged_in(changelog, 9000), "");
    assert_non_null(strstr(logged_in(changelog, 1500),
                           "offset=3 end=9 why=\"a transaction is open at this offset\"\n"));
    assert_string_equal(logged_in(changelog, 8000), ""); /* and not again at once */
    changelog_free(changelog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_reads_to_the_watermark_and_not_to_the_last_stable_offset),
        cmocka_unit_test(test_a_transaction_in_whose_middle_the_watermark_lies_is_read_whole),
        cmocka_unit_test(test_a_restore_of_which_nothing_comes_says_where_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
