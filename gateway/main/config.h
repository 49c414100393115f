/* The gateway's settings: one table, from which the file's parser, --help and
 * --show-config come. */
#ifndef GATEWAY_MAIN_CONFIG_H
#define GATEWAY_MAIN_CONFIG_H

#include "base/table.h"

struct config {
    char *id, *store, *packs, *brokers;
    char *ca_file, *cert_file, *key_file;
    char *canary_cert_file, *canary_key_file, *canary_id;
    int64_t keepalive_ms;
    int64_t intake_bytes;
    int64_t credit, max_devices, snapshot_inputs;
    int64_t offline_after_ms, silent_after_ms, start_grace_ms, missing_after_ms,
        offline_alert_after_ms, hold_late_ms;
    char *listen, *ops_listen, *console;
    bool secure_cookie, trust_forwarded;
    char *smtp_host, *smtp_ca, *smtp_user, *smtp_password, *mail_from, *mail_from_name;
    int64_t smtp_port, smtp_tls;
    int64_t delivery; /* 0 captive, 1 live */
    char *captive_to;
    bool webhook_private;
    char *webhook_ca;
    char *mail_domain, *source, *zone_folder;
    int64_t log_level;
};

extern const struct table config_table;

/* Defaults, then the file (NULL: none). ERR_* with the place of the mistake. */
int config_load(struct config *config, const char *file, struct err *e);
void config_free(struct config *config);

#endif
