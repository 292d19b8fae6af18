#include "kit/words.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/must.h"
#include "kit/utf8.h"
#include "kit/words_message.h"
#include "kit/words_template.h"
#include "words_support.h"

static const char shipped[] = SHORTFALL_SOURCE_DIR "/deploy/policies/words";

static struct arena *arena;
static struct words *words;
static struct error error;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(64 << 20);
    return arena && words_load(shipped, &words, &error) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    words_free(words);
    arena_free(arena);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    arena_reset(arena);
    return 0;
}

struct filled {
    struct text subject;
    struct text body;
};

static struct filled fill_with(const struct words *with, struct notification notification,
                               const char *locale)
{
    struct filled filled;
    notification.locale = text_of(locale);
    assert_true(words_fill(with, &notification, arena, &filled.subject, &filled.body));
    return filled;
}

/* ---- Locales --------------------------------------------------------------------------------- */

static void test_the_reader_s_locale_is_exact_else_its_language_else_the_default(void **state)
{
    static const struct {
        const char *locale;
        const char *read;
    } rows[] = {
        {"zh-CN", "zh"}, {"zh", "zh"},    {"zh-TW", "zh"},      {"ZH_cn", "zh"}, {"zh-Hans", "zh"},
        {"en", "en"},    {"en-US", "en"}, {"EN", "en"},         {"fr", "en"},    {"fr-CN", "en"},
        {"", "en"},      {NULL, "en"},    {"zhx", "en"},        {"-CN", "en"},   {"_", "en"},
        {"z", "en"},     {"x-zh", "en"},  {"\xff\xfe{}", "en"},
    };
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        struct filled filled = fill_with(words, examples[0].notification, rows[i].locale);
        bool chinese = strstr(filled.subject.data, "非常抱歉") != NULL;
        bool english = strstr(filled.subject.data, "We are sorry") != NULL;
        assert_int_equal(chinese, strcmp(rows[i].read, "zh") == 0);
        assert_int_equal(english, !chinese);
    }
}

/* ---- The shipped words ----------------------------------------------------------------------- */

static void test_every_message_has_words_of_its_own(void **state)
{
    (void)state;
    bool seen[WORDS_MESSAGE_COUNT] = {false};
    for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
        seen[words_message_of(&examples[i].notification)] = true;
    }
    for (size_t i = 0; i < WORDS_MESSAGE_COUNT; i++) {
        assert_true(seen[i]);
        assert_int_equal(words_message_find(text_of(words_message_at(i)->name)), i);
    }
    assert_int_equal(words_message_find(TEXT("buyer")), WORDS_MESSAGE_COUNT);
}

static void test_the_shipped_words_give_no_cause_for_warnings(void **state)
{
    (void)state;
    for (size_t i = 0; i < words_warning_count(words); i++) {
        print_error("%s\n", words_warning(words, i));
    }
    assert_int_equal(words_warning_count(words), 0);
}

static void test_what_is_compiled_in_are_the_shipped_words(void **state)
{
    (void)state;
    struct words *built_in;
    assert_int_equal(words_load(NULL, &built_in, &error), OK);
    assert_int_equal(words_warning_count(built_in), 0);
    for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
        static const char *const locales[] = {"en", "zh-CN"};
        for (size_t at = 0; at < ROW_COUNT(locales); at++) {
            struct filled a = fill_with(words, examples[i].notification, locales[at]);
            struct filled b = fill_with(built_in, examples[i].notification, locales[at]);
            assert_string_equal(a.subject.data, b.subject.data);
            assert_string_equal(a.body.data, b.body.data);
        }
    }
    words_free(built_in);
}

/* What a reader must find, and must not. */
static void test_a_message_says_what_its_reader_needs(void **state)
{
    static const struct {
        size_t example;
        const char *locale;
        const char *has[8]; /* NULL at the end */
        const char *lacks[6];
    } rows[] = {
        {0,
         "en",
         {"We are sorry", "20 November 2026, 00:00 UTC", "in line for it: 3", "CN¥20.00 comes back",
          "You get back CN¥259.00", "by 13 November 2026", "we cancel this item and refund you"},
         {"we keep the item", NULL}},
        {0,
         "zh-CN",
         {"非常抱歉", "缺货", "2026年11月20日 08:00（北京时间）", "第 3 位", "差价 ¥20.00",
          "退还 ¥259.00", "请您在 2026年11月13日 08:00（北京时间）前"},
         {"继续为您保留", NULL}},
        {1,
         "en",
         {"don't know yet", "Wait.", "we keep the item on order"},
         {"we cancel this item"}},
        {2,
         "en",
         {"ship later", "by 20 November 2026", "Wait."},
         {"stock", "missing", "We expect it by", "available", "are here"}},
        {2, "zh-CN", {"推迟发货", "预计发货时间"}, {"缺货", "有货", "库存", "补货", "到货"}},
        {4, "en", {"ship later", "choose again"}, {"stock", "missing", "available", "are here"}},
        {4, "zh-CN", {"重新选择"}, {"缺货", "有货", "库存", "补货", "到货"}},
        {7, "en", {"no other choice has reached us", "you can still cancel"}, {"you did not"}},
        {8, "en", {"shop7:kettle-1.5l", "CN¥20.00 goes back"}, {"nothing extra"}},
        {9, "en", {"You pay nothing extra"}, {"goes back"}},
        {9, "zh-CN", {"您无需补差价"}, {"退还"}},
        {10, "zh-CN", {"已经有货", "仍可取消", "评价"}, {NULL}},
        {12,
         "en",
         {"No choice of yours has reached us", "CN¥59.00", "12 November 2026"},
         {"your fault"}},
        {14, "en", {"the platform", "If the item had not shipped yet"}, {"we have cancelled"}},
        {14, "zh-CN", {"平台已判定", "如果还没有发出"}, {"已为您取消"}},
        {15, "en", {"CN¥59.00", "review", "up to you alone"}, {NULL}},
        {16, "en", {"CN¥10.00 as a coupon", "offer-81", "review"}, {"in money"}},
        {16, "zh-CN", {"¥10.00（优惠券）", "offer-81", "与您的评价无关"}, {"现金"}},
        {17, "en", {"ask the platform to step in", "Your refund doesn't depend"}, {NULL}},
        {19, "en", {"CN¥30.00 in money"}, {"no sum"}},
        {20, "en", {"grants no sum of money"}, {"0.00"}},
        {22, "en", {"by 13 November 2026", "decline"}, {NULL}},
        {26, "en", {"Line 2: shop7:cup-blue x 2", "Refund: CN¥59.00", "7d1f2c3e"}, {NULL}},
    };
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        struct filled filled =
            fill_with(words, examples[rows[i].example].notification, rows[i].locale);
        struct text all = arena_format(arena, "%s\n%s", filled.subject.data, filled.body.data);
        for (size_t at = 0; at < ROW_COUNT(rows[i].has) && rows[i].has[at]; at++) {
            if (!strstr(all.data, rows[i].has[at])) {
                fail_msg("'%s' is not in: %s", rows[i].has[at], all.data);
            }
        }
        for (size_t at = 0; at < ROW_COUNT(rows[i].lacks) && rows[i].lacks[at]; at++) {
            if (strstr(all.data, rows[i].lacks[at])) {
                fail_msg("'%s' is in: %s", rows[i].lacks[at], all.data);
            }
        }
    }
}

static void test_wording_that_is_left_out_is_plain_and_what_is_unknown_is_other(void **state)
{
    static const struct {
        struct notification notification;
        const char *name;
    } rows[] = {
        {{BUYER(SHORTAGE)}, "buyer-shortage-plain"},
        {{BUYER(RENEWED)}, "buyer-renewed-plain"},
        {{BUYER(WAIT_CONFIRMED)}, "other"},
        {{BUYER(REFUND_STARTED), .reason = TEXT("SUBSTITUTE_DIFFERENCE")}, "other"},
        {{BUYER(REFUND_STARTED)}, "other"},
        {{BUYER(SETTLED), .reason = TEXT("RULE")}, "other"},
        {{BUYER(NEEDS_ACTION), .reason = TEXT("CLAIM")}, "other"},
        {{SUPPORT("CLAIM")}, "other"},
        {{SELLER("MEDIATE")}, "other"},
        {{.kind = NOTICE_OFFER}, "other"},
        {{.kind = NOTICE_UNKNOWN}, "other"},
    };
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        assert_string_equal(words_message_at(words_message_of(&rows[i].notification))->name,
                            rows[i].name);
    }
}

/* ---- Any notification ------------------------------------------------------------------------ */

static uint32_t seed = 7;

static uint32_t chance(uint32_t count)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 16) % count;
}

static struct optional_long maybe(int64_t value)
{
    return (struct optional_long){.value = value, .set = chance(2) == 0};
}

static struct text any_text(void)
{
    static const char *const texts[] = {"sku-1", "a b", "x\ny", "壶", "\xf0\x9f", "CLAIM", "0", ""};
    return chance(3) == 0 ? (struct text){0} : text_of(texts[chance(ROW_COUNT(texts))]);
}

static struct text any_of(const char *const *texts, uint32_t count)
{
    uint32_t at = chance(count + 1);
    return at == count ? (struct text){0} : text_of(texts[at]);
}

static void any_line(struct notice_line *line, struct notice_choice *choices)
{
    *line = (struct notice_line){
        .line_no = (int32_t)chance(20000),
        .sku = any_text(),
        .quantity = chance(100),
        .paid_minor = chance(2) ? 0 : chance(100000),
        .choices = choices,
        .choice_count = chance(5),
        .expected_at_ms = maybe(NOV_20),
        .queue_place = {.value = (int32_t)chance(9), .set = chance(2)},
        .decide_by_ms = maybe(NOV_13),
        .on_silence = (enum on_silence)chance(3),
    };
    for (uint32_t i = 0; i < line->choice_count; i++) {
        choices[i] = (struct notice_choice){.choice = (enum choice)chance(8),
                                            .sku = any_text(),
                                            .expected_at_ms = maybe(NOV_13),
                                            .refund_minor = chance(2) ? 0 : chance(100000)};
    }
}

static struct notification any_notification(void)
{
    static const char *const reasons[] = {"BUYER_CANCELLED",
                                          "SILENCE",
                                          "DATE_PASSED",
                                          "RULING",
                                          "AGREED",
                                          "RULED",
                                          "DISMISSED",
                                          "CLAIM",
                                          "REJECTED",
                                          "EVIDENCE",
                                          "MEDIATE",
                                          "REFUND_FAILED",
                                          "SHIPPED_AFTER_REFUND",
                                          "SHIPPED_AFTER_SUBSTITUTE",
                                          "SOMETHING"};
    static const char *const locales[] = {"zh-CN", "zh", "en", "en-GB", "de", ""};
    static const char *const currencies[] = {"CNY", "USD", "JPY", "KWD", "", "X\nY"};
    static struct notice_line lines[4];
    static struct notice_choice choices[4][5];
    struct notification notification = {
        .marketplace = any_text(),
        .seller_id = any_text(),
        .case_id = any_text(),
        .order_id = any_text(),
        .audience = (enum audience)chance(4),
        .locale = any_of(locales, ROW_COUNT(locales)),
        .kind = (enum notice_kind)chance(12),
        .notice = {.value = 1, .set = chance(2)},
        .wording = (enum wording)chance(3),
        .lines = lines,
        .line_count = chance(ROW_COUNT(lines) + 1),
        .reason = any_of(reasons, ROW_COUNT(reasons)),
        .currency = any_of(currencies, ROW_COUNT(currencies)),
        .amount_minor = maybe(chance(2) ? 0 : chance(100000)),
        .instrument = (enum instrument)chance(5),
        .offer_id = any_text(),
        .sku = any_text(),
        .expected_at_ms = maybe(NOV_20),
        .due_by_ms = maybe(NOV_12),
        .answer_by_ms = maybe(NOV_13),
        .consent = (enum consent)chance(3),
    };
    for (uint32_t i = 0; i < notification.line_count; i++) {
        any_line(&lines[i], choices[i]);
    }
    return notification;
}

static void test_no_combination_of_fields_leaves_a_hole(void **state)
{
    bool seen[WORDS_MESSAGE_COUNT] = {false};
    (void)state;
    for (int round = 0; round < 200000; round++) {
        struct notification notification = any_notification();
        struct text subject;
        struct text body;
        seen[words_message_of(&notification)] = true;
        assert_true(words_fill(words, &notification, arena, &subject, &body));
        assert_true(subject.size > 0 && subject.size <= WORDS_SUBJECT_SIZE_MAX);
        assert_true(body.size > 0 && body.size <= WORDS_BODY_SIZE_MAX);
        assert_true(utf8_valid((const uint8_t *)subject.data, subject.size));
        assert_true(utf8_valid((const uint8_t *)body.data, body.size));
        assert_null(strpbrk(subject.data, "{}\n"));
        assert_null(strpbrk(body.data, "{}"));
        assert_null(strstr(body.data, "\n\n\n"));
        assert_true(body.data[0] != '\n' && body.data[body.size - 1] != '\n');
        assert_null(strstr(body.data, "???"));
        arena_reset(arena);
    }
    for (size_t i = 0; i < WORDS_MESSAGE_COUNT; i++) {
        assert_true(seen[i]);
    }
}

static void test_the_largest_notice_fits_and_counts_the_rest(void **state)
{
    (void)state;
    static struct notice_line lines[2 * LINES_PER_ORDER_MAX];
    static struct notice_choice choices[SUBSTITUTES_MAX + 2];
    static char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    for (size_t i = 0; i < ROW_COUNT(choices); i++) {
        choices[i] = (struct notice_choice){.choice = CHOICE_SUBSTITUTE,
                                            .sku = text_of(id),
                                            .expected_at_ms = SET(NOV_13),
                                            .refund_minor = AMOUNT_MAX};
    }
    for (size_t i = 0; i < ROW_COUNT(lines); i++) {
        lines[i] = lines_mixed[0];
        lines[i].sku = text_of(id);
        lines[i].choices = choices;
        lines[i].choice_count = ROW_COUNT(choices);
    }
    struct notification notification = {BUYER(SHORTAGE), LINES(lines)};
    notification.order_id = text_of(id);
    struct filled filled = fill_with(words, notification, "zh-CN");
    assert_true(filled.body.size <= WORDS_BODY_SIZE_MAX);
    assert_non_null(strstr(filled.body.data, "种商品也需要您选择"));
    assert_non_null(strstr(filled.body.data, "这都不影响您的退款。"));
}

static void test_without_memory_nothing_is_given(void **state)
{
    (void)state;
    struct text subject = TEXT("as");
    struct text body = TEXT("before");
    for (size_t limit = 0; limit < 400; limit += 8) {
        struct arena *small = arena_new(limit);
        assert_non_null(small);
        assert_false(words_fill(words, &examples[0].notification, small, &subject, &body));
        assert_string_equal(subject.data, "as");
        assert_string_equal(body.data, "before");
        arena_free(small);
    }
}

/* ---- Folders --------------------------------------------------------------------------------- */

static char folder[] = "/tmp/shortfall-words-XXXXXX";

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void shell(const char *format, ...)
{
    char command[1024];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    assert_true(size > 0 && size < (int)sizeof command);
    assert_int_equal(system(command), 0);
}

static int make_folder(void **state)
{
    (void)state;
    (void)strcpy(folder + strlen(folder) - 6, "XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    shell("cp -r %s/. %s", shipped, folder);
    return 0;
}

static int remove_folder(void **state)
{
    shell("rm -r %s", folder);
    return forget(state);
}

static void write_file(const char *name, const char *text)
{
    char path[256];
    assert_true(snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_what_is_wrong_with_a_folder_is_refused_with_the_file(void **state)
{
    static const struct {
        const char *change; /* what a shell does in the folder */
        const char *words;
    } rows[] = {
        {"rm en/buyer-offer.txt", "/en/buyer-offer.txt is missing: a locale has words for every"},
        {"rm zh-CN/other.txt", "/zh-CN/other.txt is missing"},
        {"mkdir de; cp en/other.txt de", "/de/buyer-shortage-plain.txt is missing"},
        {"mv en de", "/en is missing: it has the words for readers of every language that has "
                     "none of its own"},
        {"rm -r en zh-CN", "/en is missing"},
        {"mv en/buyer-offer.txt en/buyer-ofer.txt",
         "/en/buyer-ofer.txt: no message has this name; did you mean buyer-offer.txt?"},
        {"cp en/other.txt en/something-else-entirely.txt",
         "/en/something-else-entirely.txt: no message has this name; docs/MESSAGES.md lists them"},
        {"echo '{ordr_id}' >> zh-CN/other.txt", "did you mean {order_id}?"},
        {"mkdir 'zh CN'", "/zh CN: a folder of words is named by its locale, as zh-CN or en"},
        {"mkdir en-US-x-private-use", "a folder of words is named by its locale"},
        {"ln -s /nowhere de", "can't read /tmp/shortfall-words-"},
        {"ln -s /nowhere en/buyer-x.txt", "No such file or directory"},
        {"head -c 20000 /dev/zero | tr '\\0' a >> en/other.txt",
         "/en/other.txt:1: the file has more than 16384 bytes"},
    };
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        struct words *other = NULL;
        assert_int_equal(make_folder(state), 0);
        shell("cd %s && (%s)", folder, rows[i].change);
        assert_int_equal(words_load(folder, &other, &error), FATAL);
        assert_null(other);
        if (!strstr(error.text, rows[i].words)) {
            fail_msg("'%s' is not in: %s", rows[i].words, error.text);
        }
        assert_int_equal(remove_folder(state), 0);
    }
    struct words *other = NULL;
    assert_int_equal(words_load("/nowhere", &other, &error), FATAL);
    assert_string_equal(error.text,
                        "can't read the folder of words /nowhere: No such file or directory");
}

static void test_a_folder_may_hold_more_than_words(void **state)
{
    (void)state;
    struct words *other;
    shell("cd %s && touch README.md en/README.md .git en/.buyer-x.txt.swp && mkdir .cache", folder);
    assert_int_equal(words_load(folder, &other, &error), OK);
    words_free(other);
}

static void test_a_language_of_one_s_own_is_a_folder_more(void **state)
{
    (void)state;
    struct words *other;
    shell("cd %s && cp -r en de && cp -r en en-GB && cp -r zh-CN pt-BR", folder);
    write_file("de/buyer-declined.txt", "Ihre Bestellung {order_id}\n\nLeider nein.\n");
    write_file("en-GB/buyer-declined.txt", "Your order {order_id}\n\nSo sorry.\n");
    write_file("pt-BR/buyer-declined.txt", "Seu pedido {order_id}\n\nLamentamos.\n");
    assert_int_equal(words_load(folder, &other, &error), OK);
    const struct notification declined = {BUYER(DECLINED)};
    assert_string_equal(fill_with(other, declined, "de-AT").body.data, "Leider nein.");
    assert_string_equal(fill_with(other, declined, "de").subject.data,
                        "Ihre Bestellung 2026111100042");
    assert_string_equal(fill_with(other, declined, "en-gb").body.data, "So sorry.");
    assert_string_equal(fill_with(other, declined, "pt").body.data, "Lamentamos.");
    assert_non_null(strstr(fill_with(other, declined, "en-US").body.data, "does not offer"));
    words_free(other);
}

static void test_what_looks_wrong_is_a_warning(void **state)
{
    (void)state;
    struct words *other;
    write_file("en/buyer-offer.txt", "An offer\n\nYou get {if amount}{amount}{end if} for "
                                     "{order_id}{if due_by} by {due_by}{end if}. "
                                     "{if cash}{end if}{if coupon}{end if}{if points}{end if}"
                                     "{if discount}{end if}\n");
    assert_int_equal(words_load(folder, &other, &error), OK);
    assert_int_equal(words_warning_count(other), 2);
    assert_non_null(strstr(words_warning(other, 0), "/en/buyer-offer.txt: {offer_id} is not told, "
                                                    "though the reader needs it"));
    assert_non_null(strstr(words_warning(other, 1), "/en/buyer-offer.txt: {due_by} is never set in "
                                                    "this message"));
    words_free(other);
}

static void test_the_settings_say_which_words(void **state)
{
    (void)state;
    static char mine[64];
    static char bare[64];
    char program[] = "program";
    char bootstrap[] = "--bootstrap=k:1";
    char words_dir[128];
    char policy_dir[128];
    write_file("en/buyer-declined.txt", "Subject {order_id}\n\nOur own words.\n");
    (void)snprintf(mine, sizeof mine, "%s-mine", folder);
    (void)snprintf(bare, sizeof bare, "%s-bare", folder);
    shell("mkdir %s %s && cp -r %s %s/words", mine, bare, folder, mine);
    const struct {
        const char *words_dir;
        const char *policy_dir;
        bool own;
    } rows[] = {{folder, bare, true}, {"", mine, true}, {"", bare, false}, {shipped, mine, false}};
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        struct settings *settings = NULL;
        struct words *other = NULL;
        (void)snprintf(words_dir, sizeof words_dir, "--words.dir=%s", rows[i].words_dir);
        (void)snprintf(policy_dir, sizeof policy_dir, "--policies=%s", rows[i].policy_dir);
        char *argv[] = {program, bootstrap, words_dir, policy_dir};
        assert_int_equal(settings_load(SETTINGS_CASEWORKER, 4, argv, &settings, &error), OK);
        assert_int_equal(words_load_configured(settings, &other, &error), OK);
        struct filled filled = fill_with(other, (struct notification){BUYER(DECLINED)}, "en");
        assert_int_equal(strstr(filled.body.data, "Our own words.") != NULL, rows[i].own);
        words_free(other);
        settings_free(settings);
    }
    shell("rm -r %s %s", mine, bare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(
            test_the_reader_s_locale_is_exact_else_its_language_else_the_default, forget),
        cmocka_unit_test(test_every_message_has_words_of_its_own),
        cmocka_unit_test(test_the_shipped_words_give_no_cause_for_warnings),
        cmocka_unit_test_teardown(test_what_is_compiled_in_are_the_shipped_words, forget),
        cmocka_unit_test_teardown(test_a_message_says_what_its_reader_needs, forget),
        cmocka_unit_test(test_wording_that_is_left_out_is_plain_and_what_is_unknown_is_other),
        cmocka_unit_test(test_no_combination_of_fields_leaves_a_hole),
        cmocka_unit_test_teardown(test_the_largest_notice_fits_and_counts_the_rest, forget),
        cmocka_unit_test(test_without_memory_nothing_is_given),
        cmocka_unit_test(test_what_is_wrong_with_a_folder_is_refused_with_the_file),
        cmocka_unit_test_setup_teardown(test_a_folder_may_hold_more_than_words, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_a_language_of_one_s_own_is_a_folder_more, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_what_looks_wrong_is_a_warning, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_the_settings_say_which_words, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
