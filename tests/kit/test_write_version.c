#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit/write_version.h"

static struct codec *codec;
static struct error error;

static int set_up(void **context)
{
    (void)context;
    return codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &codec, &error);
}

static int tear_down(void **context)
{
    (void)context;
    codec_free(codec);
    return 0;
}

static void test_versions_that_are_there_are_taken(void **context)
{
    (void)context;
    static const char *const table[] = {"", "shortage=1", "order-paid=1, shortage=1",
                                        " listing-status=1 ", "order-facts=1,case-line=1"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(write_version_apply(codec, table[i], &error), OK);
    }
}

static void test_what_is_wrong_is_named(void **context)
{
    (void)context;
    static const struct {
        const char *setting;
        const char *words;
    } table[] = {
        {"shortgae=1", "is 'shortage' meant?"},
        {"shortage", "'shortage' is not TOPIC=VERSION"},
        {"shortage=x", "'x' is no version"},
        {"shortage=", "'' is no version"},
        {"shortage=0", "'0' is no version"},
        {"shortage=77", "77"},
        {"case-state=1", "there is no schema folder 'case-state'; is 'case-"},
        {"shortage=1,,", "'' is not TOPIC=VERSION"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(write_version_apply(codec, table[i].setting, &error), POISON);
        if (!strstr(error.text, table[i].words)) {
            fail_msg("%s: %s", table[i].setting, error.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_that_are_there_are_taken),
        cmocka_unit_test(test_what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
