/* The mail server: reached, protected as configured, and willing to let us in. */
#ifndef CTL_DOCTOR_MAIL_H
#define CTL_DOCTOR_MAIL_H

#include "ctl/doctor/report.h"
#include "ctl/doctor/settings.h"

/* Greets, changes to TLS and logs in as the settings say, and says good-bye: no mail
 * is sent. Reports under "mail". */
void mail_check(struct report *r, const struct settings *s);

#endif
