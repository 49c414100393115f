/* Pieces are zeroed, aligned and bounded by the block. */
#include "base/arena.h"
#include "tests/support/cu.h"

static void pieces_are_zeroed_and_aligned(void)
{
    struct arena a;
    CU_ASSERT_EQUAL_FATAL(arena_init(&a, 1024), 0);
    for (int round = 0; round < 2; round++) {
        for (size_t n = 1; n < 20; n++) {
            uint8_t *p = arena_take(&a, n);
            CU_ASSERT_PTR_NOT_NULL(p);
            if (!p)
                return;
            CU_ASSERT_EQUAL((uintptr_t)p % 16, 0);
            for (size_t i = 0; i < n; i++)
                CU_ASSERT_EQUAL(p[i], 0);
            memset(p, 0xff, n);
        }
        arena_reset(&a);
    }
    arena_free(&a);
    arena_free(NULL);
}

static void full_is_said_and_mended_by_reset(void)
{
    struct arena a;
    arena_init(&a, 64);
    CU_ASSERT_PTR_NOT_NULL(arena_take(&a, 64));
    CU_ASSERT_FALSE(a.over);
    CU_ASSERT_PTR_NULL(arena_take(&a, 1));
    CU_ASSERT_TRUE(a.over);
    arena_reset(&a);
    CU_ASSERT_FALSE(a.over);
    CU_ASSERT_PTR_NOT_NULL(arena_take(&a, 1));
    CU_ASSERT_PTR_NULL(arena_take(&a, SIZE_MAX));
    arena_free(&a);
}

static void a_hostile_count_does_not_wrap(void)
{
    struct arena a;
    arena_init(&a, 1024);
    CU_ASSERT_PTR_NULL(arena_array(&a, SIZE_MAX / 2, 4));
    CU_ASSERT_TRUE(a.over);
    CU_ASSERT_PTR_NOT_NULL(arena_array(&a, 8, 8));
    arena_free(&a);
}

static void strings_are_copied_and_ended(void)
{
    struct arena a;
    arena_init(&a, 64);
    char text[] = {'a', 'b', 'c'};
    const char *copy = arena_str(&a, slice_of(text, 3));
    text[0] = 'x';
    CU_ASSERT_STRING_EQUAL(copy, "abc");
    CU_ASSERT_STRING_EQUAL(arena_str(&a, slice_of(NULL, 0)), "");
    arena_free(&a);
}

TESTS(STORY(pieces_are_zeroed_and_aligned), STORY(full_is_said_and_mended_by_reset),
      STORY(a_hostile_count_does_not_wrap), STORY(strings_are_copied_and_ended))
