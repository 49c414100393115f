#include "ctl/doctor/machine.h"

#include "proto/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define BUILD_S      INT64_C(1767225600) /* 2026-01-01: no clock is right that says less */
#define FLOOR_INODES 1000u
#define FAR_FUTURE_S (BUILD_S + INT64_C(50) * 365 * 86400)
#define MIB          (1024.0 * 1024.0)

void clock_check(struct report *r)
{
    struct timespec now;
    struct timex t = {0};
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now.tv_sec));
    if (now.tv_sec < BUILD_S || now.tv_sec > FAR_FUTURE_S) {
        report_bad(r, "clock", "set the clock (timedatectl set-ntp true), and look at its battery",
                   "it says %s", text);
        return;
    }
    int state = adjtimex(&t);
    if (state == TIME_ERROR || state < 0 || (t.status & STA_UNSYNC))
        report_note(r, "clock",
                    "%s, and no time service keeps it right as far as the kernel "
                    "knows: run systemd-timesyncd or chrony",
                    text);
    else
        report_fine(r, "clock", "%s, synchronised", text);
}

/* A file that never gets a name, or a named one where the file system has none. */
static int try_writing(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char path[4096];
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        snprintf(path, sizeof path, "%s/.doctor.XXXXXX", folder);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            unlink(path);
    }
    if (fd < 0)
        return errno;
    static const char block[4096];
    ssize_t n = write(fd, block, sizeof block);
    int error = n == (ssize_t)sizeof block ? 0 : n < 0 ? errno : ENOSPC;
    if (!error && fsync(fd) != 0)
        error = errno;
    close(fd);
    return error;
}

void disk_check(struct report *r, const char *setting, const char *folder, int64_t floor_bytes)
{
    struct statvfs v;
    if (statvfs(folder, &v) != 0) {
        report_bad(r, "disk",
                   "make the folder and give it to the program's user, or correct the "
                   "setting",
                   "%s %s: %s", setting, folder, strerror(errno));
        return;
    }
    double free_bytes = (double)v.f_bavail * (double)v.f_frsize;
    int error = try_writing(folder);
    if (error)
        report_bad(r, "disk",
                   error == ENOSPC || error == EDQUOT
                       ? "make room on that file system"
                       : "give the folder to the program's user, and mount it writable",
                   "%s %s: cannot be written: %s", setting, folder, strerror(error));
    else if (free_bytes < (double)floor_bytes)
        report_bad(r, "disk", "make room on that file system", "%s %s: %.0f MiB free, under %.0f",
                   setting, folder, free_bytes / MIB, (double)floor_bytes / MIB);
    else if (v.f_files && v.f_favail < FLOOR_INODES)
        report_bad(r, "disk", "remove files from that file system: it has room, but no inodes",
                   "%s %s: %llu inodes free", setting, folder, (unsigned long long)v.f_favail);
    else
        report_fine(r, "disk", "%s %s: writable, %.0f MiB free", setting, folder, free_bytes / MIB);
}

void pack_check_file(struct report *r, const char *path)
{
    struct pack *pack = NULL;
    struct err e = {0};
    if (pack_open(path, &pack, &e)) {
        report_bad(r, "pack", "build it again with 'tocsin pack build', and copy it whole", "%s",
                   e.text);
        return;
    }
    report_fine(r, "pack", "%s: %s, revision %u", path, pack->name, (unsigned)pack->revision);
    pack_free(pack);
}

void pack_check_folder(struct report *r, const char *folder)
{
    DIR *dir = opendir(folder);
    unsigned n = 0;
    if (!dir) {
        report_bad(r, "pack", "make the folder and put built packs there, or correct 'packs'",
                   "%s: %s", folder, strerror(errno));
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        size_t len = strlen(entry->d_name);
        char path[4096];
        if (len <= 5 || strcmp(entry->d_name + len - 5, ".pack") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        pack_check_file(r, path);
        n++;
    }
    closedir(dir);
    if (n == 0)
        report_bad(r, "pack", "build packs into it: tocsin pack build packs/NAME",
                   "%s: holds no *.pack; nothing would ever be judged", folder);
}
