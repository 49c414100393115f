/* What survives a start of the agent. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/identity/identity.h"
#include "tests/support/cu.h"

static char folder[] = "/tmp/tocsin-kept-XXXXXX";

static void it_reads_back_what_was_written(void)
{
    struct kept k = {1, 2, 3}, back;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    CU_ASSERT_FALSE(kept_read(folder, &back));
    CU_ASSERT_EQUAL(back.session, 0);
    CU_ASSERT_EQUAL(kept_write(folder, &k, NULL), 0);
    k.session = 7;
    k.wall_floor_ms = INT64_C(1795303719284);
    k.boot = UINT64_MAX;
    CU_ASSERT_EQUAL(kept_write(folder, &k, NULL), 0);
    CU_ASSERT_TRUE(kept_read(folder, &back));
    CU_ASSERT_EQUAL(back.session, 7);
    CU_ASSERT_EQUAL(back.wall_floor_ms, INT64_C(1795303719284));
    CU_ASSERT_EQUAL(back.boot, UINT64_MAX);
}

static void a_damaged_file_reads_as_none(void)
{
    char path[64], text[200] = "";
    struct kept back;
    snprintf(path, sizeof path, "%s/kept", folder);
    FILE *f = fopen(path, "r+");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_TRUE(fread(text, 1, sizeof text - 1, f) > 20);
    rewind(f);
    text[14] = text[14] == '9' ? '8' : '9'; /* a digit of the session */
    fputs(text, f);
    fclose(f);
    CU_ASSERT_FALSE(kept_read(folder, &back));
    CU_ASSERT_EQUAL(back.session, 0);
    unlink(path);
    rmdir(folder);
}

static void a_folder_that_is_gone_is_told(void)
{
    struct err e;
    CU_ASSERT_EQUAL(kept_write(folder, &(struct kept){0}, &e), ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, folder));
}

TESTS(STORY(it_reads_back_what_was_written), STORY(a_damaged_file_reads_as_none),
      STORY(a_folder_that_is_gone_is_told))
