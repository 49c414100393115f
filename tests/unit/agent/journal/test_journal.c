/* Stories of a small log that must not lose what it said was safe. */
#include "agent/journal/journal.h"

#include "base/err.h"
#include "tests/support/cu.h"
#include "tests/support/simdisk.h"

#include <stdio.h>

struct heard {
    char text[4096];
    int n;
};

static void hear(void *arg, struct slice record)
{
    struct heard *h = arg;
    size_t len = strlen(h->text);
    snprintf(h->text + len, sizeof h->text - len, "%.*s ", (int)record.len,
             (const char *)record.ptr);
    h->n++;
}

static struct heard reopen(struct journal *j, struct simdisk *sim)
{
    struct heard h = {0};
    CU_ASSERT_EQUAL(journal_open(j, simdisk_disk(sim), "log", hear, &h), 0);
    return h;
}

static void records_come_back_in_order(void)
{
    struct simdisk *sim = simdisk_new(1, 0);
    struct journal j;
    reopen(&j, sim);
    CU_ASSERT_EQUAL(journal_append(&j, slice_str("one")), 0);
    CU_ASSERT_EQUAL(journal_append(&j, slice_str("two")), 0);
    CU_ASSERT_EQUAL(journal_sync(&j), 0);
    journal_close(&j);
    simdisk_power_cut(sim);
    CU_ASSERT_STRING_EQUAL(reopen(&j, sim).text, "one two ");
    CU_ASSERT_FALSE(j.damaged);
    journal_close(&j);
    simdisk_free(sim);
}

static void noise_between_records_is_stepped_over(void)
{
    struct simdisk *sim = simdisk_new(2, 0);
    struct journal j;
    reopen(&j, sim);
    journal_append(&j, slice_str("one"));
    simdisk_fail(sim, 1, 1, ERR_IO); /* leaves any part of the record behind */
    CU_ASSERT_EQUAL(journal_append(&j, slice_str("torn")), ERR_IO);
    CU_ASSERT_EQUAL(journal_append(&j, slice_str("two")), 0);
    CU_ASSERT_EQUAL(journal_sync(&j), 0);
    journal_close(&j);
    struct heard h = reopen(&j, sim);
    CU_ASSERT_PTR_NOT_NULL(strstr(h.text, "one"));
    CU_ASSERT_PTR_NOT_NULL(strstr(h.text, "two"));
    journal_close(&j);
    simdisk_free(sim);
}

static void put_new(void *arg, struct journal_writer *w)
{
    (void)arg;
    journal_put(w, slice_str("new"));
}

/* A rewrite is whole or has not happened, whatever call the power cut hits. */
static void a_rewrite_cut_at_each_write(void)
{
    bool untouched = false;
    for (int64_t cut = 1; !untouched && cut < 100; cut++) {
        for (uint64_t seed = 0; seed < 8; seed++) {
            struct simdisk *sim = simdisk_new(seed * 100 + (uint64_t)cut, 0);
            struct journal j;
            reopen(&j, sim);
            journal_append(&j, slice_str("old"));
            CU_ASSERT_EQUAL(journal_sync(&j), 0);
            simdisk_cut_at(sim, cut);
            int rc = journal_rewrite(&j, put_new, NULL);
            untouched = !simdisk_is_cut(sim);
            journal_close(&j);
            simdisk_power_cut(sim);
            struct heard h = reopen(&j, sim);
            if (rc == 0) {
                CU_ASSERT_STRING_EQUAL(h.text, "new ");
            }
            CU_ASSERT_EQUAL(h.n, 1);
            journal_close(&j);
            simdisk_free(sim);
        }
    }
    CU_ASSERT(untouched);
}

TESTS(STORY(records_come_back_in_order), STORY(noise_between_records_is_stepped_over),
      STORY(a_rewrite_cut_at_each_write))
