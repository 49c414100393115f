/* CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected; RFC 3720 appendix B.4)
 * for everything on disk. Check value of "123456789": 0xE3069283. */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Continues from `crc` (0 to start). */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

#endif
