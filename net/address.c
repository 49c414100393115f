#include "net/address.h"

#include <stdlib.h>

static int parse_port(const char *text, uint16_t *ret_port)
{
    unsigned long port = 0;
    if (!*text || strlen(text) > 5)
        return ERR_INVALID;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return ERR_INVALID;
        port = port * 10 + (unsigned long)(*text - '0');
    }
    if (port == 0 || port > 65535)
        return ERR_INVALID;
    *ret_port = (uint16_t)port;
    return 0;
}

int address_split(const char *text, char ret_host[ADDRESS_HOST_MAX], uint16_t *ret_port,
                  struct err *e)
{
    const char *host = text;
    const char *end = strrchr(text, ':');
    const char *port = end ? end + 1 : "";
    if (end && text[0] == '[' && end > text + 1 && end[-1] == ']') {
        host++;
        end--;
    } else if (end && memchr(text, ':', (size_t)(end - text))) {
        end = NULL; /* a bare IPv6 address: where does its port begin? */
    }
    size_t len = end ? (size_t)(end - host) : 0;
    uint16_t number;
    if (len == 0 || len >= ADDRESS_HOST_MAX || parse_port(port, &number))
        return err_set(
            e, ERR_INVALID,
            "'%s' is no broker address: write host:port, such as broker.example.com:8883", text);
    memcpy(ret_host, host, len);
    ret_host[len] = 0;
    *ret_port = number;
    return 0;
}
