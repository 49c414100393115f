/* The pack commands: read the folder, tell every mistake, then do the work. */
#include "ctl/pack/commands.h"

#include "ctl/args/args.h"
#include "ctl/pack/header.h"
#include "ctl/pack/ledger.h"
#include "ctl/pack/scenario.h"
#include "ctl/pack/show.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

struct job {
    const char *dir, *output;
    bool json, update;
    struct pack_source src;
    struct report report;
    size_t added; /* ids, to the ledger */
    struct ruleset *rules;
};

/* Reads and checks the folder; true when nothing is wrong. */
static bool check(struct job *job)
{
    report_init(&job->report);
    if (source_read(job->dir, &job->src, &job->report)) {
        source_check(&job->src, &job->report);
        ledger_check(&job->src, job->update, &job->added, &job->report);
    }
    struct err e;
    if (job->report.count == 0 && ruleset_compile(&job->src.pack, &job->rules, &e) != 0)
        report_text(&job->report, e.text);
    return job->report.count == 0;
}

static void job_free(struct job *job)
{
    ruleset_free(job->rules);
    source_free(&job->src);
    report_free(&job->report);
}

/* Says the mistakes, if there are any. */
static int refuse(const struct job *job)
{
    if (job->json)
        show_end(show_begin(&job->src, &job->report));
    else
        show_report(&job->report);
    return EXIT_USAGE;
}

static int do_check(struct job *job)
{
    if (!check(job))
        return refuse(job);
    const struct pack *p = &job->src.pack;
    if (job->json) {
        json_t *object = show_begin(&job->src, &job->report);
        json_object_set_new(object, "ids_added", json_integer((json_int_t)job->added));
        show_rules_json(job->rules, object);
        show_end(object);
        return EXIT_DONE;
    }
    printf("%s revision %u: %zu metrics, %zu faults, %zu rules, %zu languages: good\n", p->name,
           p->revision, p->n_metrics, p->n_faults, p->n_rules, job->src.n_langs);
    if (job->added)
        printf("  %zu ids added to ids.lock\n", job->added);
    show_rules(job->rules);
    return EXIT_DONE;
}

static bool write_all(const char *path, struct slice bytes)
{
    char temp[1024];
    snprintf(temp, sizeof temp, "%s.new", path);
    FILE *file = fopen(temp, "we");
    bool good = file && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len;
    if (file && fclose(file) != 0)
        good = false;
    if (good && rename(temp, path) == 0)
        return true;
    fprintf(stderr, "%s: cannot be written: %s\n", path, strerror(errno));
    unlink(temp);
    return false;
}

static int do_build(struct job *job)
{
    if (!job->output) {
        fprintf(stderr, "tocsin pack build: found no -o, expected the file to write\n");
        return EXIT_USAGE;
    }
    if (!check(job))
        return refuse(job);
    struct buf file;
    struct pack *back = NULL;
    struct err e;
    buf_init(&file, PACK_FILE_BYTES);
    int status = EXIT_REMOTE;
    int rc = pack_save(&job->src.pack, &file);
    if (rc == 0)
        rc = pack_load(buf_slice(&file), &back, &e); /* what is written can be read */
    else
        err_set(&e, rc, "pack: %s", err_name(rc));
    if (rc != 0) {
        fprintf(stderr, "%s: %s\n", job->dir, e.text);
    } else if (write_all(job->output, buf_slice(&file))) {
        status = EXIT_DONE;
        if (job->json) {
            json_t *object = show_begin(&job->src, &job->report);
            json_object_set_new(object, "file", json_string(job->output));
            json_object_set_new(object, "bytes", json_integer((json_int_t)file.len));
            show_end(object);
        } else {
            printf("%s: pack %s revision %u, %zu bytes\n", job->output, job->src.pack.name,
                   job->src.pack.revision, file.len);
        }
    }
    pack_free(back);
    buf_free(&file);
    return status;
}

static int do_header(struct job *job)
{
    report_init(&job->report);
    source_read(job->dir, &job->src, &job->report);
    if (job->report.count)
        return refuse(job);
    struct buf text;
    buf_init(&text, 1024 * 1024);
    header_write(&job->src.pack, &text);
    int status = EXIT_DONE;
    if (job->json) {
        json_t *object = show_begin(&job->src, &job->report);
        json_object_set_new(object, "header", json_string(buf_cstr(&text)));
        show_end(object);
    } else if (job->output) {
        status = write_all(job->output, buf_slice(&text)) ? EXIT_DONE : EXIT_REMOTE;
    } else {
        fwrite(text.ptr, 1, text.len, stdout);
    }
    buf_free(&text);
    return status;
}

struct tally {
    size_t failed;
    json_t *list; /* NULL: print */
};

static void take_result(void *arg, const struct scenario_result *result)
{
    struct tally *t = arg;
    struct buf why = result->why;
    t->failed += !result->passed;
    if (t->list)
        json_array_append_new(t->list,
                              json_pack("{s:s, s:b, s:s}", "test", result->name, "passed",
                                        result->passed, "why", why.len ? buf_cstr(&why) : ""));
    else
        printf("%s  %s\n%s", result->passed ? "pass" : "FAIL", result->name,
               why.len ? buf_cstr(&why) : "");
}

static int do_test(struct job *job)
{
    if (!check(job))
        return refuse(job);
    struct tally t = {.list = job->json ? json_array() : NULL};
    size_t ran = scenarios_run(&job->src, job->rules, &job->report, take_result, &t);
    bool broken = job->report.count > 0;
    if (job->json) {
        json_t *object = show_begin(&job->src, &job->report);
        json_object_set_new(object, "failed", json_integer((json_int_t)t.failed));
        json_object_set_new(object, "tests", t.list);
        show_end(object);
    } else {
        show_report(&job->report);
        printf("%zu scenarios, %zu failed\n", ran, t.failed);
    }
    return broken ? EXIT_USAGE : t.failed ? EXIT_FOUND : EXIT_DONE;
}

struct verb {
    const char *name, *usage, *summary;
    int (*run)(struct job *job);
};

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    struct job job = {0};
    const struct arg_option options[] = {
        {.name = "--json", .help = "print one JSON object", .on = &job.json},
        {.name = "--output", .value = "FILE", .help = "where to write", .text = &job.output},
        {.name = "--update-lock", .help = "add new ids to ids.lock", .on = &job.update},
    };
    const struct arg_spec spec = {verb->usage, verb->summary, options, 3, 1, 1};
    size_t n_words;
    int status;
    for (int i = 1; i < argc; i++) { /* as every compiler has it */
        static char output[] = "--output";
        if (strcmp(argv[i], "-o") == 0)
            argv[i] = output;
    }
    if (!args_main(&spec, argc, argv, &job.dir, &n_words, &status))
        return status;
    status = verb->run(&job);
    job_free(&job);
    return status;
}

static int dispatch(const char *command, const struct verb *verbs, size_t n, int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "", *names[8];
    struct buf usage;
    for (size_t i = 0; i < n; i++)
        if (strcmp(verbs[i].name, word) == 0)
            return run_verb(&verbs[i], argc - 1, argv + 1);
    buf_init(&usage, 4096);
    for (size_t i = 0; i < n; i++) {
        names[i] = verbs[i].name;
        buf_fmt(&usage, "%s%s", i ? "\n       " : "", verbs[i].usage);
    }
    names[n] = NULL;
    int status = args_verb(command, word, names, buf_cstr(&usage));
    buf_free(&usage);
    return status;
}

int cmd_pack(int argc, char **argv)
{
    static const struct verb verbs[] = {
        {"check", "tocsin pack check DIR [--update-lock] [--json]",
         "Tells every mistake of a pack's folder; prints what each rule costs.", do_check},
        {"build", "tocsin pack build DIR -o FILE [--json]",
         "Checks the folder and writes the file that agent and gateway load.", do_build},
        {"header", "tocsin pack header DIR [-o FILE] [--json]",
         "The pack's ids as a C header for firmware.", do_header},
    };
    return dispatch("pack", verbs, 3, argc, argv);
}

int cmd_rules(int argc, char **argv)
{
    static const struct verb verbs[] = {
        {"test", "tocsin rules test DIR [--json]",
         "Runs the scenarios of tests.yaml through the gateway's rule engine.", do_test},
    };
    return dispatch("rules", verbs, 1, argc, argv);
}
