#include "kit/complaint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_that_all_brokers_are_down_takes_no_other_words_place(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    complaint_hear(&complaint, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
    assert_string_equal(complaint.words, "1/1 brokers are down");
    complaint_hear(&complaint, RD_KAFKA_RESP_ERR__AUTHENTICATION, "authentication failed");
    complaint_hear(&complaint, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
    assert_string_equal(complaint.words, "authentication failed");
}

static void test_without_words_those_of_the_code_are_kept(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    complaint_hear(&complaint, RD_KAFKA_RESP_ERR__SSL, NULL);
    assert_string_equal(complaint.words, rd_kafka_err2str(RD_KAFKA_RESP_ERR__SSL));
    complaint_hear(&complaint, RD_KAFKA_RESP_ERR__AUTHENTICATION, "");
    assert_string_equal(complaint.words, rd_kafka_err2str(RD_KAFKA_RESP_ERR__AUTHENTICATION));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_that_all_brokers_are_down_takes_no_other_words_place),
        cmocka_unit_test(test_without_words_those_of_the_code_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
