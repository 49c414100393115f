/* The queue is a binary heap of entries; the trace is a ring of lines. */
#include "tests/sim/world.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LINES 400
#define LINE  200
/* So many steps in one millisecond are a loop. */
#define STANDSTILL 200000

struct entry {
    int64_t at_ms;
    uint64_t order;
    world_fn fn;
    void *arg;
    uint64_t value;
};

struct world {
    int64_t now_ms;
    uint64_t order, steps, busy;
    struct rng rng;
    bool show;
    struct entry *heap;
    size_t n, cap;
    char lines[LINES][LINE];
    uint64_t n_lines;
};

struct world *world_new(uint64_t seed, bool show)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    rng_seed(&w->rng, seed);
    w->show = show;
    return w;
}

void world_free(struct world *w)
{
    if (!w)
        return;
    free(w->heap);
    free(w);
}

int64_t world_now(const struct world *w)
{
    return w->now_ms;
}

struct rng *world_rng(struct world *w)
{
    return &w->rng;
}

uint64_t world_steps(const struct world *w)
{
    return w->steps;
}

bool world_chance(struct world *w, uint64_t one_in)
{
    return one_in && rng_below(&w->rng, one_in) == 0;
}

int64_t world_span(struct world *w, int64_t mean_ms)
{
    double u = 1.0 - rng_unit(&w->rng); /* (0, 1] */
    int64_t span = (int64_t)(-log(u) * (double)mean_ms);
    return span < 1 ? 1 : span;
}

static bool before(const struct entry *a, const struct entry *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct entry *a, struct entry *b)
{
    struct entry t = *a;
    *a = *b;
    *b = t;
}

void world_at(struct world *w, int64_t at_ms, world_fn fn, void *arg, uint64_t value)
{
    if (w->n == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 1024;
        w->heap = realloc(w->heap, w->cap * sizeof *w->heap);
        if (!w->heap)
            abort();
    }
    if (at_ms < w->now_ms)
        at_ms = w->now_ms;
    size_t i = w->n++;
    w->heap[i] = (struct entry){at_ms, w->order++, fn, arg, value};
    while (i && before(&w->heap[i], &w->heap[(i - 1) / 2])) {
        swap(&w->heap[i], &w->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static struct entry take_first(struct world *w)
{
    struct entry first = w->heap[0];
    w->heap[0] = w->heap[--w->n];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t c = 2 * i + 1; c <= 2 * i + 2; c++)
            if (c < w->n && before(&w->heap[c], &w->heap[least]))
                least = c;
        if (least == i)
            return first;
        swap(&w->heap[i], &w->heap[least]);
        i = least;
    }
}

void world_run(struct world *w, int64_t until_ms)
{
    while (w->n && w->heap[0].at_ms <= until_ms) {
        struct entry e = take_first(w);
        w->busy = e.at_ms == w->now_ms ? w->busy + 1 : 0;
        if (w->busy > STANDSTILL) {
            world_print_trace(w, stderr);
            fprintf(stderr, "broken: time stands still: somebody asks again and again\n");
            exit(1);
        }
        w->now_ms = e.at_ms;
        w->steps++;
        e.fn(e.arg, e.value);
    }
    w->now_ms = until_ms;
}

void world_trace(struct world *w, const char *fmt, ...)
{
    char *line = w->lines[w->n_lines++ % LINES];
    int64_t t = w->now_ms;
    int n = snprintf(line, LINE, "%lld %02d:%02d:%02d.%03d ", (long long)(t / DAY),
                     (int)(t % DAY / HOUR), (int)(t % HOUR / MINUTE), (int)(t % MINUTE / SECOND),
                     (int)(t % SECOND));
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line + n, (size_t)(LINE - n), fmt, ap);
    va_end(ap);
    if (w->show)
        printf("%s\n", line);
}

void world_print_trace(const struct world *w, FILE *to)
{
    uint64_t from = w->n_lines > LINES ? w->n_lines - LINES : 0;
    for (uint64_t i = from; i < w->n_lines; i++)
        fprintf(to, "%s\n", w->lines[i % LINES]);
}
