/* A real mosquitto with TLS client certificates, on a free port, in a folder of
 * its own; and the certificates for it, made by the openssl command (ECDSA P-256). */
#ifndef TESTS_SUPPORT_BROKER_H
#define TESTS_SUPPORT_BROKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A folder with a root ("ca.pem"), certificates ("<name>.pem", "<name>.key") and,
 * as a second root that signed none of them, "other-ca.pem". */
struct pki {
    char dir[64];
};

bool pki_new(struct pki *pki);
/* A certificate for a client (common name = name) or, with host, for a server. */
bool pki_issue(const struct pki *pki, const char *name, const char *host);
/* The same, that was valid in 2019 only. */
bool pki_issue_expired(const struct pki *pki, const char *name, const char *host);
/* "<dir>/<file>"; static storage, good for the next 8 calls. */
const char *pki_path(const struct pki *pki, const char *file);
/* Removes the folder. */
void pki_free(struct pki *pki);

struct broker {
    const struct pki *pki;
    pid_t pid;
    uint16_t port;
    char address[32]; /* "localhost:port" */
    char server[32];  /* the server certificate's name */
    char extra[2048]; /* more lines of configuration */
    char conf[128], log[128];
};

/* Starts one with the server certificate `server`, and waits until it listens. */
bool broker_start(struct broker *b, const struct pki *pki, const char *server, const char *extra);
/* The same port and configuration again, after broker_kill. */
bool broker_restart(struct broker *b);
/* SIGKILL, and waits for its end. Fine when it does not run. */
void broker_kill(struct broker *b);

#endif
