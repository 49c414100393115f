/* A test file is a list of stories: TESTS(STORY(fn), ...) makes its main(). */
#ifndef TESTS_SUPPORT_CU_H
#define TESTS_SUPPORT_CU_H

#include <CUnit/Basic.h>
#include <stddef.h>

#define STORY(fn)                                                                                  \
    {                                                                                              \
#fn, fn                                                                                    \
    }

/* Runs every story of the file and ends with a status that a script can use. */
#define TESTS(...)                                                                                 \
    int main(void)                                                                                 \
    {                                                                                              \
        struct {                                                                                   \
            const char *name;                                                                      \
            void (*fn)(void);                                                                      \
        } stories[] = {__VA_ARGS__};                                                               \
        if (CU_initialize_registry() != CUE_SUCCESS)                                               \
            return 2;                                                                              \
        CU_pSuite suite = CU_add_suite(__FILE__, NULL, NULL);                                      \
        for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++)                            \
            if (!suite || !CU_add_test(suite, stories[i].name, stories[i].fn))                     \
                return 2;                                                                          \
        CU_basic_set_mode(CU_BRM_NORMAL);                                                          \
        CU_basic_run_tests();                                                                      \
        unsigned failed = CU_get_number_of_failures() + CU_get_number_of_tests_failed();           \
        unsigned ran = CU_get_number_of_tests_run();                                               \
        CU_cleanup_registry();                                                                     \
        return failed || !ran ? 1 : 0;                                                             \
    }

#endif
