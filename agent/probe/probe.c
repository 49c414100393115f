#include "agent/probe/probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent/probe/parse.h"
#include "proto/system_metrics.h"

#define ZONES_MAX 16

struct probe {
    char folder[256];
    int stat, loadavg, meminfo, netdev, uptime, statm;
    int zones[ZONES_MAX]; /* thermal, by number; -1: none */
    int wear[2];          /* eMMC life time, types A and B */
    bool crashed;
    struct parse_cpu cpu; /* of the last sample */
};

struct sampling { /* one call of probe_sample */
    struct report report;
    void (*tell)(void *arg, const struct report *report);
    void *arg;
};

static int open_at(const char *root, const char *path)
{
    char full[512];
    snprintf(full, sizeof full, "%s%s", root, path);
    return open(full, O_RDONLY | O_CLOEXEC);
}

static void open_zones(struct probe *p, const char *root)
{
    for (int i = 0; i < ZONES_MAX; i++) {
        char path[64];
        snprintf(path, sizeof path, "/sys/class/thermal/thermal_zone%d/temp", i);
        p->zones[i] = open_at(root, path);
    }
}

/* /sys/block/mmcblk0/device/life_time: "0x01 0x01", in steps of 10 %. */
static void open_wear(struct probe *p, const char *root)
{
    for (int i = 0; i < 2; i++) {
        char path[64];
        snprintf(path, sizeof path, "/sys/block/mmcblk%d/device/life_time", i);
        p->wear[i] = open_at(root, path);
    }
}

static bool has_crash_record(const char *root)
{
    char path[300];
    snprintf(path, sizeof path, "%s/sys/fs/pstore", root);
    DIR *d = opendir(path);
    bool found = false;
    for (struct dirent *entry = d ? readdir(d) : NULL; entry && !found; entry = readdir(d))
        found = strncmp(entry->d_name, "dmesg-", 6) == 0;
    if (d)
        closedir(d);
    return found;
}

int probe_new(const char *root, const char *folder, struct probe **ret, struct err *e)
{
    struct probe *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(e, ERR_NOMEM, "no memory for the probe");
    snprintf(p->folder, sizeof p->folder, "%s", folder);
    p->stat = open_at(root, "/proc/stat");
    p->loadavg = open_at(root, "/proc/loadavg");
    p->meminfo = open_at(root, "/proc/meminfo");
    p->netdev = open_at(root, "/proc/net/dev");
    p->uptime = open_at(root, "/proc/uptime");
    p->statm = open_at(root, "/proc/self/statm");
    open_zones(p, root);
    open_wear(p, root);
    p->crashed = has_crash_record(root);
    *ret = p;
    return 0;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void probe_free(struct probe *p)
{
    if (!p)
        return;
    close_fd(p->stat);
    close_fd(p->loadavg);
    close_fd(p->meminfo);
    close_fd(p->netdev);
    close_fd(p->uptime);
    close_fd(p->statm);
    for (int i = 0; i < ZONES_MAX; i++)
        close_fd(p->zones[i]);
    close_fd(p->wear[0]);
    close_fd(p->wear[1]);
    free(p);
}

/* The file's text from its start; empty when it is not there. */
static const char *again(int fd, char *text, size_t cap)
{
    ssize_t n = fd >= 0 ? pread(fd, text, cap - 1, 0) : 0;
    text[n > 0 ? n : 0] = 0;
    return text;
}

static void tell(struct sampling *s, enum report_kind kind, uint32_t id, uint32_t instance,
                 int64_t v, int32_t exponent)
{
    s->report.kind = kind;
    s->report.id = id;
    s->report.instance = instance;
    s->report.v = v;
    s->report.exponent = exponent;
    s->tell(s->arg, &s->report);
}

static void sample_cpu(struct probe *p, struct sampling *s)
{
    char text[4096];
    struct parse_cpu now;
    if (!parse_cpu(again(p->stat, text, sizeof text), &now))
        return;
    uint64_t total = now.total - p->cpu.total, idle = now.idle - p->cpu.idle;
    if (p->cpu.total && total > 0 && idle <= total)
        tell(s, REPORT_GAUGE, SYSTEM_CPU_BUSY, 0, (int64_t)((total - idle) * 1000 / total), -1);
    p->cpu = now;
    int64_t load;
    if (parse_hundredths(again(p->loadavg, text, sizeof text), &load))
        tell(s, REPORT_GAUGE, SYSTEM_LOAD, 0, load, -2);
}

static void sample_memory(struct probe *p, struct sampling *s)
{
    char text[4096];
    uint64_t total, available, pages;
    again(p->meminfo, text, sizeof text);
    if (parse_meminfo(text, "MemTotal:", &total) && total > 0 &&
        parse_meminfo(text, "MemAvailable:", &available) && available <= total) {
        tell(s, REPORT_GAUGE, SYSTEM_MEMORY_AVAILABLE, 0, (int64_t)available, 0);
        tell(s, REPORT_GAUGE, SYSTEM_MEMORY_USED, 0, (int64_t)((total - available) * 1000 / total),
             -1);
    }
    if (parse_resident(again(p->statm, text, sizeof text), &pages))
        tell(s, REPORT_GAUGE, SYSTEM_AGENT_MEMORY, 0,
             (int64_t)(pages * (uint64_t)sysconf(_SC_PAGESIZE)), 0);
}

static void sample_disk(struct probe *p, struct sampling *s)
{
    struct statvfs fs;
    char text[64];
    int64_t worn = 0;
    if (statvfs(p->folder, &fs) == 0 && fs.f_blocks > 0) {
        tell(s, REPORT_GAUGE, SYSTEM_DISK_FREE, 0, (int64_t)(fs.f_bavail * fs.f_frsize), 0);
        tell(s, REPORT_GAUGE, SYSTEM_DISK_USED, 0,
             (int64_t)((fs.f_blocks - fs.f_bfree) * 1000 / fs.f_blocks), -1);
    }
    for (uint32_t i = 0; i < 2; i++)
        if (parse_wear(again(p->wear[i], text, sizeof text), &worn))
            tell(s, REPORT_GAUGE, SYSTEM_FLASH_WEAR, i, worn, 0);
}

static void sample_heat(struct probe *p, struct sampling *s)
{
    for (uint32_t i = 0; i < ZONES_MAX; i++) {
        char text[32];
        if (p->zones[i] < 0 || !again(p->zones[i], text, sizeof text)[0])
            continue;
        tell(s, REPORT_GAUGE, SYSTEM_TEMPERATURE, i, strtol(text, NULL, 10) / 100, -1);
    }
}

static void sample_net(struct probe *p, struct sampling *s)
{
    char text[8192];
    const char *at = again(p->netdev, text, sizeof text);
    struct parse_net net;
    for (uint32_t i = 0; i < 8 && parse_net(&at, &net);) {
        if (strcmp(net.name, "lo") == 0)
            continue;
        tell(s, REPORT_COUNTER, SYSTEM_NET_RECEIVED, i, (int64_t)net.received, 0);
        tell(s, REPORT_COUNTER, SYSTEM_NET_SENT, i, (int64_t)net.sent, 0);
        tell(s, REPORT_STATE, SYSTEM_NET_UP, i, net.received > 0, 0);
        i++;
    }
}

void probe_sample(struct probe *p, struct now now, uint32_t boot,
                  void (*report)(void *arg, const struct report *report), void *arg)
{
    struct sampling s = {
        .report = {.boot = boot, .at_ms = now.boot_ms}, .tell = report, .arg = arg};
    char text[64];
    sample_cpu(p, &s);
    sample_memory(p, &s);
    sample_disk(p, &s);
    sample_heat(p, &s);
    sample_net(p, &s);
    if (again(p->uptime, text, sizeof text)[0])
        tell(&s, REPORT_GAUGE, SYSTEM_UPTIME, 0, strtol(text, NULL, 10), 0);
}

const char *probe_reset_reason(const struct probe *p)
{
    return p->crashed ? "crash" : "unknown";
}
