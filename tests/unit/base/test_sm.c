/* Allowed moves are made and told; a move that the table forbids ends the program. */
#include "base/sm.h"
#include "tests/support/cu.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IDLE, DIALLING, UP };
static const struct sm_state states[] = {
    [IDLE] = {"idle", SM_TO(DIALLING)},
    [DIALLING] = {"dialling", SM_TO(UP) | SM_TO(IDLE)},
    [UP] = {"up", SM_TO(IDLE)},
};

static void note(void *arg, const char *from, const char *to, const char *why)
{
    char *told = arg;
    size_t used = strlen(told);
    snprintf(told + used, 256 - used, "%s->%s (%s); ", from, to, why);
}

static void moves_are_traced_with_their_reason(void)
{
    struct sm m;
    char told[256] = "";
    sm_init(&m, states, 3, IDLE);
    m.trace = note;
    m.arg = told;
    sm_move(&m, DIALLING, "time to try");
    sm_move(&m, UP, "accepted");
    CU_ASSERT_STRING_EQUAL(sm_name(&m), "up");
    sm_move(&m, IDLE, "peer left");
    CU_ASSERT_STRING_EQUAL(
        told, "idle->dialling (time to try); dialling->up (accepted); up->idle (peer left); ");
}

static int status_of_move(uint32_t from, uint32_t to)
{
    pid_t pid = fork();
    if (pid == 0) {
        fclose(stderr);
        struct sm m;
        sm_init(&m, states, 3, from);
        signal(SIGABRT, SIG_DFL);
        sm_move(&m, to, "test");
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}

static void a_forbidden_move_aborts(void)
{
    CU_ASSERT_EQUAL(status_of_move(IDLE, DIALLING), 0);
    int status = status_of_move(IDLE, UP);
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = status_of_move(UP, 3);
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

TESTS(STORY(moves_are_traced_with_their_reason), STORY(a_forbidden_move_aborts))
