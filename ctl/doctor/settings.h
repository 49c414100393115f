/* The settings that the doctor needs, out of an agent's or a gateway's file. Names
 * and defaults are those of the programs' own tables; what it does not need is
 * passed over (`--check-config` of the program judges the whole file). */
#ifndef CTL_DOCTOR_SETTINGS_H
#define CTL_DOCTOR_SETTINGS_H

#include "base/table.h"

struct settings {
    char *id;      /* gateway */
    char *brokers; /* host:port, with commas between */
    char *roots, *roots2, *cert, *key;
    char *canary_cert, *canary_key;
    char *place; /* agent: the spool's folder; gateway: the store's file */
    char *packs; /* agent: a built pack, or ""; gateway: a folder of them */
    char *status_socket;
    int64_t head_room_bytes;
    char *ops_listen;
    char *smtp_host, *smtp_ca, *smtp_user, *smtp_password, *mail_from, *captive_to;
    int64_t smtp_port, smtp_tls; /* enum smtp_tls */
    int64_t live;
};
enum smtp_tls { SMTP_PLAIN, SMTP_STARTTLS, SMTP_TLS };

extern const struct table agent_settings, gateway_settings;

/* Defaults, the file, and that what is required is there. ERR_* with the place. */
int settings_load(const struct table *table, const char *file, struct settings *s, struct err *e);
void settings_free(const struct table *table, struct settings *s);

#endif
