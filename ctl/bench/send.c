/* tocsin send: a firmware of one reading, over the real shim. */
#include "ctl/bench/bench.h"

#include "base/clock.h"
#include "base/table.h"
#include "ctl/args/args.h"
#include "firmware-shim/port/port.h"
#include "firmware-shim/shim.h"
#include "proto/pack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 5000

struct line {
    struct port port;
};

static uint32_t now_ms(void *ctx)
{
    (void)ctx;
    return (uint32_t)(clock_mono_us() / 1000);
}

static size_t line_write(void *ctx, const uint8_t *bytes, size_t len)
{
    return port_write(&((struct line *)ctx)->port, bytes, len);
}

static size_t line_read(void *ctx, uint8_t *bytes, size_t size)
{
    return port_read(&((struct line *)ctx)->port, bytes, size);
}

/* What is to be sent, found in the pack or given as numbers. */
struct wish {
    bool fault, clear;
    uint8_t kind, instance;
    uint16_t id;
    struct message_value value;
};

static int unknown_name(const struct pack *pack, const char *name, struct err *e)
{
    const char **names = calloc(pack->n_metrics + pack->n_faults + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; names && i < pack->n_metrics; i++)
        names[n++] = pack->metrics[i].name;
    for (size_t i = 0; names && i < pack->n_faults; i++)
        names[n++] = pack->faults[i].name;
    const char *likely = names ? likely_word(name, names) : NULL;
    err_set(e, ERR_INVALID, "pack %s has no metric or fault '%s'%s%s%s", pack->name, name,
            likely ? "; did you mean '" : "", likely ? likely : "", likely ? "'?" : "");
    free(names);
    return ERR_INVALID;
}

static int wish_value(const struct pack_metric *m, const char *text, struct wish *w, struct err *e)
{
    double value;
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        value = text[0] == 't';
    else if (parse_real(text, &value) || !isfinite(value))
        return err_set(e, ERR_INVALID, "%s: expected a number in %s, found '%s'", m->name, m->unit,
                       text);
    double scaled = value * pow(10, -m->exponent);
    if (fabs(scaled) > 9e15)
        return err_set(e, ERR_LIMIT, "%s: %s is too large", m->name, text);
    static const uint8_t kinds[] = {MESSAGE_GAUGE, MESSAGE_STATE, MESSAGE_COUNTER};
    w->kind = kinds[m->kind];
    w->id = (uint16_t)m->id;
    w->value = SHIM_VALUE((int64_t)llround(scaled), (int8_t)m->exponent);
    return 0;
}

static int wish_of(const struct pack *pack, const char *name, const char *text, struct wish *w,
                   struct err *e)
{
    const struct pack_fault *fault = pack_fault_named(pack, name);
    const struct pack_metric *metric = pack_metric_named(pack, name);
    if (metric)
        return wish_value(metric, text, w, e);
    if (!fault)
        return unknown_name(pack, name, e);
    w->fault = true;
    w->id = (uint16_t)fault->id;
    w->clear = strcmp(text, "clear") == 0;
    if (!w->clear && strcmp(text, "raise") != 0)
        return err_set(e, ERR_INVALID, "fault %s: expected raise or clear, found '%s'", name, text);
    return 0;
}

static bool say(struct shim *s, const struct wish *w)
{
    if (!w->fault)
        return shim_value(s, w->kind, w->id, w->instance, w->value);
    if (!w->clear)
        return shim_fault_raise_of(s, w->id, w->instance, NULL, 0);
    /* A firmware that starts has nothing to clear: it raises first. */
    return shim_fault_raise_of(s, w->id, w->instance, NULL, 0) &&
           shim_fault_clear_of(s, w->id, w->instance);
}

/* Polls until all is written and each fault durable, or patience ends. */
static int deliver(struct shim *s, const char *path, struct err *e)
{
    int64_t until_us = clock_mono_us() + PATIENCE_MS * 1000;
    while (shim_waiting(s) || shim_faults_held(s)) {
        if (clock_mono_us() > until_us)
            return err_set(e, ERR_CLOSED,
                           shim_waiting(s)
                               ? "%s: nobody takes it; is the agent running?"
                               : "%s: the agent has it but does not say that it is durable",
                           path);
        shim_poll(s);
        usleep(2000);
    }
    return 0;
}

static int send_one(const char *socket, const struct wish *w, struct err *e)
{
    static struct shim shim;
    static struct line line;
    static const struct shim_identity identity = {.source = "by-hand"};
    static const struct shim_platform platform = {now_ms, line_write, line_read, NULL, NULL};
    static const struct shim_config config = {
        .platform = &platform, .ctx = &line, .identity = &identity};
    if (!port_socket(&line.port, socket))
        return err_set(e, ERR_INVALID, "%s: too long for a socket's path", socket);
    shim_init(&shim, &config, (uint32_t)clock_mono_us() | 1, MESSAGE_RESET_SOFTWARE,
              "sent by hand");
    shim_poll(&shim);
    say(&shim, w);
    int rc = deliver(&shim, socket, e);
    port_close(&line.port);
    return rc;
}

int cmd_send(int argc, char **argv)
{
    const char *socket = "/run/tocsin/agent.sock", *file = "", *instance = "0", *words[2];
    const struct arg_option options[] = {
        {.name = "--socket",
         .value = "PATH",
         .help = "the agent's socket for firmware (/run/tocsin/agent.sock)",
         .text = &socket},
        {.name = "--pack",
         .value = "FILE",
         .help = "the built pack that names what is sent",
         .text = &file},
        {.name = "--instance",
         .value = "N",
         .help = "which one, where there are several (0)",
         .text = &instance}};
    const struct arg_spec spec = {
        .usage = "tocsin send --pack FILE [--socket PATH] METRIC VALUE | FAULT raise|clear",
        .summary = "Sends one reading or fault to an agent as firmware would, to try a pack.",
        .options = options,
        .n_options = 3,
        .min_words = 2,
        .max_words = 2,
    };
    int status;
    int64_t n = 0;
    struct err e = {0};
    struct pack *pack = NULL;
    struct wish wish = {0};
    if (!args_main(&spec, argc, argv, words, NULL, &status))
        return status;
    int rc = parse_int(instance, &n) || n < 0 || n > 255
                 ? err_set(&e, ERR_INVALID, "--instance %s: expected 0 to 255", instance)
                 : 0;
    wish.instance = (uint8_t)n;
    if (rc == 0)
        rc = pack_open(file, &pack, &e);
    if (rc == 0)
        rc = wish_of(pack, words[0], words[1], &wish, &e);
    if (rc == 0)
        rc = send_one(socket, &wish, &e);
    pack_free(pack);
    if (rc == 0)
        return EXIT_DONE;
    fprintf(stderr, "tocsin send: %s\n", e.text);
    return rc == ERR_CLOSED || rc == ERR_IO ? EXIT_REMOTE : EXIT_USAGE;
}
