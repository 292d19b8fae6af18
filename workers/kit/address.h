/* Addresses in texts: "127.0.0.1:8080", "localhost:0", "[::1]:8080". */
#ifndef SHORTFALL_KIT_ADDRESS_H
#define SHORTFALL_KIT_ADDRESS_H

#include <stdbool.h>

#include "core/text.h"

enum { ADDRESS_HOST_SIZE = 256 /* with its zero byte */ };

struct address {
    char host[ADDRESS_HOST_SIZE]; /* without brackets */
    int port;                     /* 0 to 65535 */
};

/* False where it is no host and port. An IPv6 address needs its brackets. */
bool address_parse(struct text text, struct address *ret_address);

/* A port alone, "8080". */
bool address_parse_port(struct text text, int *ret_port);

#endif
