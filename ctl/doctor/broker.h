/* The brokers: reached, of the right name, letting us in; and whether the access
 * list stops what this identity must not do. */
#ifndef CTL_DOCTOR_BROKER_H
#define CTL_DOCTOR_BROKER_H

#include "ctl/doctor/keys.h"

struct broker_visit {
    const char *brokers;
    const struct keys_files *files;
    const char *id; /* the certificate's name; "": MQTT is left out */
    bool session;   /* open an MQTT session: a running program would lose its own */
    bool device;    /* try what a device must not do */
};

/* Reports under "broker" and "acl". */
void broker_check(struct report *r, const struct broker_visit *visit);

#endif
