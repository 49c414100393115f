/* The machine below the program: clock, disk, store, packs. */
#ifndef CTL_DOCTOR_MACHINE_H
#define CTL_DOCTOR_MACHINE_H

#include "ctl/doctor/report.h"

#include <stdint.h>

void clock_check(struct report *r);
/* That files can be made in `folder`, and that `floor_bytes` and some inodes are free.
 * `setting` names it in messages. */
void disk_check(struct report *r, const char *setting, const char *folder, int64_t floor_bytes);
/* A quick look through the store's file, read-only; ends after some seconds. */
void store_check(struct report *r, const char *path);
/* One built pack, and every *.pack of a folder. */
void pack_check_file(struct report *r, const char *path);
void pack_check_folder(struct report *r, const char *folder);

#endif
