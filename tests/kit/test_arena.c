#include "kit/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_memory_is_zeroed_and_aligned_also_after_a_reset(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 16);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 40; size++) {
            uint8_t *memory = arena_take(arena, size);
            assert_non_null(memory);
            assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++) {
                assert_int_equal(memory[i], 0);
            }
            memset(memory, 0xA5, size);
        }
        arena_reset(arena);
        assert_int_equal(arena_used(arena), 0);
    }
    arena_free(arena);
}

static void test_the_limit_is_exact_and_a_refusal_changes_nothing(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1024);
    assert_null(arena_take(arena, 1025));
    assert_int_equal(arena_used(arena), 0);
    assert_non_null(arena_take(arena, 1024));
    assert_null(arena_take(arena, 1));
    assert_false(text_is_set(arena_text(arena, TEXT("a"))));
    assert_false(text_is_set(arena_format(arena, "%d", 1)));
    arena_reset(arena);
    assert_non_null(arena_take(arena, 1000));
    assert_null(arena_take(arena, SIZE_MAX));
    arena_free(arena);
}

static void test_texts_are_copied_with_a_zero_behind_them(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1024);
    char bytes[] = "order-1";
    struct text text = arena_text(arena, (struct text){bytes, 7});
    bytes[0] = 'X';
    assert_int_equal(text.size, 7);
    assert_string_equal(text.data, "order-1");
    struct text empty = arena_text(arena, (struct text){NULL, 0});
    assert_true(text_is_set(empty));
    assert_int_equal(empty.size, 0);
    struct text formatted = arena_format(arena, "%s/%d", "line", 12);
    assert_string_equal(formatted.data, "line/12");
    assert_int_equal(formatted.size, 7);
    assert_memory_equal(arena_copy(arena, "abc", 3), "abc", 3);
    arena_free(arena);
    arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_and_aligned_also_after_a_reset),
        cmocka_unit_test(test_the_limit_is_exact_and_a_refusal_changes_nothing),
        cmocka_unit_test(test_texts_are_copied_with_a_zero_behind_them),
    };
    return cmocka_run_group_tests_name("kit.arena", tests, NULL, NULL);
}
