#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "shortfall/lookup.h"

enum { MANY = 10000 };

static struct text name_of(int number, char name[16])
{
    int size = snprintf(name, 16, "key-%d", number);
    return (struct text){name, (uint32_t)size};
}

static void test_what_was_put_in_is_found_however_many_there_are(void **state)
{
    struct arena *arena = arena_new(16 << 20);
    struct lookup *lookup = lookup_new(arena, sizeof(int));
    char name[16];
    (void)state;
    for (int i = 0; i < MANY; i++) {
        assert_null(lookup_get(lookup, name_of(i, name)));
        int *thing = lookup_put(lookup, name_of(i, name));
        assert_non_null(thing);
        assert_int_equal(*thing, 0);
        *thing = i + 1;
    }
    assert_int_equal(lookup_count(lookup), MANY);
    for (int i = 0; i < MANY; i++) {
        struct text key;
        assert_int_equal(*(int *)lookup_get(lookup, name_of(i, name)), i + 1);
        assert_ptr_equal(lookup_put(lookup, name_of(i, name)),
                         lookup_get(lookup, name_of(i, name)));
        assert_int_equal(*(int *)lookup_at(lookup, (size_t)i, &key), i + 1);
        assert_true(text_equal(key, name_of(i, name)));
    }
    assert_int_equal(lookup_count(lookup), MANY);
    lookup_free(lookup);
    arena_free(arena);
}

static void test_a_full_arena_is_told_and_leaves_the_rest_as_it_is(void **state)
{
    struct arena *arena = arena_new(4096);
    struct lookup *lookup = lookup_new(arena, 64);
    char name[16];
    int count = 0;
    (void)state;
    while (lookup_put(lookup, name_of(count, name))) {
        count++;
    }
    assert_in_range(count, 1, 64);
    assert_int_equal(lookup_count(lookup), count);
    assert_null(lookup_get(lookup, name_of(count, name)));
    assert_non_null(lookup_get(lookup, name_of(count - 1, name)));
    lookup_free(lookup);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_put_in_is_found_however_many_there_are),
        cmocka_unit_test(test_a_full_arena_is_told_and_leaves_the_rest_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
