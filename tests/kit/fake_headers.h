/* Headers of a record that did not come from Kafka.
 *
 * librdkafka gives out headers of what it has read itself, and of nothing else. So a test that
 * needs a record with headers includes this: the two functions by which we ask for them, over a
 * table of its own. `native` of a message is then a struct fake_headers. */
#ifndef TESTS_KIT_FAKE_HEADERS_H
#define TESTS_KIT_FAKE_HEADERS_H

#include <librdkafka/rdkafka.h>
#include <string.h>

enum { FAKE_HEADERS_MAX = 8 };

struct fake_headers {
    size_t count;
    struct {
        const char *name;
        const char *value;
    } items[FAKE_HEADERS_MAX];
};

rd_kafka_resp_err_t rd_kafka_message_headers(const rd_kafka_message_t *message,
                                             rd_kafka_headers_t **ret_headers)
{
    *ret_headers = (rd_kafka_headers_t *)(uintptr_t)message;
    return ((const struct fake_headers *)message)->count ? RD_KAFKA_RESP_ERR_NO_ERROR
                                                         : RD_KAFKA_RESP_ERR__NOENT;
}

rd_kafka_resp_err_t rd_kafka_header_get_all(const rd_kafka_headers_t *headers, size_t number,
                                            const char **ret_name, const void **ret_value,
                                            size_t *ret_size)
{
    const struct fake_headers *fake = (const struct fake_headers *)headers;
    if (number >= fake->count) {
        return RD_KAFKA_RESP_ERR__NOENT;
    }
    *ret_name = fake->items[number].name;
    *ret_value = fake->items[number].value;
    *ret_size = strlen(fake->items[number].value);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

#endif
