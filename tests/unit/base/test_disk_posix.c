/* The real disk keeps what the contract of base/disk.h says. */
#include "base/disk.h"
#include "base/err.h"
#include "tests/support/cu.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];
static struct disk disk;

static void open_disk(void)
{
    char base[] = "/tmp/tocsin-disk-XXXXXX";
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(base));
    snprintf(folder, sizeof folder, "%s/made", base);
    CU_ASSERT_EQUAL_FATAL(disk_posix_open(folder, &disk), 0);
}

static void close_disk(void)
{
    disk_posix_close(&disk);
    rmdir(folder);
    *strrchr(folder, '/') = '\0';
    rmdir(folder);
}

static void what_is_appended_is_read(void)
{
    open_disk();
    struct disk_file *f = NULL;
    CU_ASSERT_EQUAL(disk.open(disk.ctx, "seg", false, &f), ERR_NOT_FOUND);
    CU_ASSERT_PTR_NULL(f);
    CU_ASSERT_EQUAL_FATAL(disk.open(disk.ctx, "seg", true, &f), 0);
    CU_ASSERT_EQUAL(disk.append(disk.ctx, f, slice_str("hello ")), 0);
    CU_ASSERT_EQUAL(disk.append(disk.ctx, f, slice_str("world")), 0);
    CU_ASSERT_EQUAL(disk.sync(disk.ctx, f), 0);
    CU_ASSERT_EQUAL(disk.size(disk.ctx, f), 11);
    char got[16] = "";
    CU_ASSERT_EQUAL(disk.read(disk.ctx, f, 6, got, sizeof got), 5);
    CU_ASSERT_STRING_EQUAL(got, "world");
    CU_ASSERT_EQUAL(disk.read(disk.ctx, f, 11, got, sizeof got), 0);
    CU_ASSERT_EQUAL(disk.truncate(disk.ctx, f, 3), 0);
    CU_ASSERT_EQUAL(disk.append(disk.ctx, f, slice_str("p")), 0);
    memset(got, 0, sizeof got);
    CU_ASSERT_EQUAL(disk.read(disk.ctx, f, 0, got, sizeof got), 4);
    CU_ASSERT_STRING_EQUAL(got, "help");
    disk.close(disk.ctx, f);
    CU_ASSERT_EQUAL(disk.unlink(disk.ctx, "seg"), 0);
    CU_ASSERT_EQUAL(disk.unlink(disk.ctx, "seg"), ERR_NOT_FOUND);
    close_disk();
}

struct listing {
    int files;
    uint64_t bytes;
};

static void count(void *arg, const char *name, uint64_t size)
{
    struct listing *l = arg;
    CU_ASSERT_EQUAL(name[0], 'b');
    l->files++;
    l->bytes += size;
}

static void rename_replaces_and_list_sees_files_only(void)
{
    open_disk();
    struct disk_file *f;
    CU_ASSERT_EQUAL_FATAL(disk.open(disk.ctx, "a", true, &f), 0);
    disk.append(disk.ctx, f, slice_str("new"));
    disk.close(disk.ctx, f);
    CU_ASSERT_EQUAL_FATAL(disk.open(disk.ctx, "b", true, &f), 0);
    disk.append(disk.ctx, f, slice_str("older"));
    disk.close(disk.ctx, f);
    CU_ASSERT_EQUAL(disk.rename(disk.ctx, "a", "b"), 0);
    CU_ASSERT_EQUAL(disk.rename(disk.ctx, "a", "b"), ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(disk.sync_dir(disk.ctx), 0);
    struct listing l = {0};
    CU_ASSERT_EQUAL(disk.list(disk.ctx, count, &l), 0);
    CU_ASSERT_EQUAL(l.files, 1);
    CU_ASSERT_EQUAL(l.bytes, 3);
    disk.unlink(disk.ctx, "b");
    close_disk();
}

static void a_link_is_not_followed(void)
{
    open_disk();
    struct disk_file *f;
    char path[96];
    snprintf(path, sizeof path, "%s/link", folder);
    CU_ASSERT_EQUAL_FATAL(symlink("/etc/passwd", path), 0);
    CU_ASSERT(disk.open(disk.ctx, "link", false, &f) < 0);
    disk.unlink(disk.ctx, "link");
    close_disk();
}

static void says_what_is_free(void)
{
    open_disk();
    uint64_t bytes = 0, inodes = 0;
    CU_ASSERT_EQUAL(disk.free_space(disk.ctx, &bytes, &inodes), 0);
    CU_ASSERT(bytes > 0);
    CU_ASSERT(inodes > 0);
    close_disk();
}

static void a_folder_that_cannot_be_made_is_an_error(void)
{
    struct disk none;
    CU_ASSERT(disk_posix_open("/proc/no/such/folder", &none) < 0);
}

TESTS(STORY(what_is_appended_is_read), STORY(rename_replaces_and_list_sees_files_only),
      STORY(a_link_is_not_followed), STORY(says_what_is_free),
      STORY(a_folder_that_cannot_be_made_is_an_error))
