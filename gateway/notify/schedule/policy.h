/* Where a webhook may go. Anybody who can set a URL could else make the gateway
 * speak to what only the gateway reaches (its own host, the metadata service). */
#ifndef GATEWAY_NOTIFY_SCHEDULE_POLICY_H
#define GATEWAY_NOTIFY_SCHEDULE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* http or https, a host, no user name, no blanks or controls, at most 2048 bytes.
 * NULL when it is fine, else what is wrong (static). */
const char *policy_url_fault(const char *url);
/* Whether an address is one of the public Internet (IANA special-purpose registries,
 * RFC 6890 and its updates; addresses that carry an IPv4 one are judged by it). To be
 * asked about the address that is connected to, after every name is resolved: its 4 or
 * 16 bytes in network order; any other length is not public. */
bool policy_address_public(const uint8_t *address, size_t len);

#endif
