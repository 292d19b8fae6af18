#include "kit/address.h"

enum { PORT_MAX = 65535 };

bool address_parse_port(struct text text, int *ret_port)
{
    int port = 0;
    if (text.size == 0 || text.size > 5) {
        return false;
    }
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        port = port * 10 + (text.data[i] - '0');
    }
    if (port > PORT_MAX) {
        return false;
    }
    *ret_port = port;
    return true;
}

static bool host_is_valid(struct text host, bool bracketed)
{
    if (host.size == 0 || host.size >= ADDRESS_HOST_SIZE) {
        return false;
    }
    for (uint32_t i = 0; i < host.size; i++) {
        char c = host.data[i];
        if (c <= ' ' || c >= 0x7F || c == '/' || c == '@' || c == '[' || c == ']' ||
            (c == ':' && !bracketed)) {
            return false;
        }
    }
    return true;
}

bool address_parse(struct text text, struct address *ret_address)
{
    struct text host = text;
    bool bracketed = text.size > 0 && text.data[0] == '[';
    uint32_t colon = text.size;
    int port;
    while (colon > 0 && text.data[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return false;
    }
    host.size = colon - 1;
    if (bracketed) {
        if (host.size < 2 || host.data[host.size - 1] != ']') {
            return false;
        }
        host.data++;
        host.size -= 2;
    }
    struct text digits = {text.data + colon, text.size - colon};
    if (!host_is_valid(host, bracketed) || !address_parse_port(digits, &port)) {
        return false;
    }
    memcpy(ret_address->host, host.data, host.size);
    ret_address->host[host.size] = '\0';
    ret_address->port = port;
    return true;
}
