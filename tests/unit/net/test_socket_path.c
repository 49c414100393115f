/* A socket at a path: what a dead process left makes way, a file of somebody does not. */
#include "net/socket_path.h"

#include "tests/support/cu.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/tocsin-socket-XXXXXX";
static char path[64];

static void what_a_dead_process_left_makes_way(void)
{
    struct err e = {0};
    int first = -1, second = -1;
    CU_ASSERT_EQUAL_FATAL(socket_path_listen(path, 4, &first, &e), 0);
    close(first); /* the path stays, as after a kill */
    CU_ASSERT_EQUAL_FATAL(socket_path_listen(path, 4, &second, &e), 0);
    close(second);
    unlink(path);
}

static void a_file_at_the_path_is_not_destroyed(void)
{
    struct err e = {0};
    struct stat st;
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600), none = -7;
    CU_ASSERT_EQUAL_FATAL(write(fd, "settings", 8), 8);
    close(fd);
    CU_ASSERT_EQUAL(socket_path_listen(path, 4, &none, &e), ERR_EXISTS);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, path));
    CU_ASSERT_EQUAL(none, -7);
    CU_ASSERT_EQUAL_FATAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_size, 8);
    unlink(path);
}

static void a_folder_that_is_not_there_is_named(void)
{
    struct err e = {0};
    int none = -7;
    CU_ASSERT_EQUAL(socket_path_listen("/tmp/tocsin-no-such-folder/s", 4, &none, &e), ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "/tmp/tocsin-no-such-folder/s"));
}

static void begin(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s", folder);
}

static void end(void)
{
    CU_ASSERT_EQUAL(rmdir(folder), 0); /* nothing was left behind */
}

TESTS(STORY(begin), STORY(what_a_dead_process_left_makes_way),
      STORY(a_file_at_the_path_is_not_destroyed), STORY(a_folder_that_is_not_there_is_named),
      STORY(end))
