/* Any bytes as a file of facts: each line is a fact or refused in words, and the file ends. */
#include "fuzz/input_file.h"
#include "producers/fact_file.h"

static const enum topic topics[] = {
    TOPIC_ORDER_PAID,      TOPIC_STOCK_LEVEL,    TOPIC_ORDER_CLOSED,
    TOPIC_SUBSTITUTE,      TOPIC_BUYER_DECISION, TOPIC_SELLER_RESPONSE,
    TOPIC_PLATFORM_RULING, TOPIC_REFUND_RESULT,  TOPIC_CLOCK};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    char path[INPUT_PATH_SIZE];
    struct fact_file *file;
    struct fact fact;
    struct error error = {{0}};
    bool more = true;
    size_t lines = 0;
    int descriptor = input_file(data + 1, size - 1, path);
    enum topic topic = topics[data[0] % (sizeof topics / sizeof *topics)];
    if (fact_file_open(path, topic, &file, &error) == OK) {
        while (more) {
            enum status status = fact_file_next(file, &fact, &more, &error);
            must(status == OK || error.text[0]);
            if (status == FATAL) {
                break;
            }
            must(lines++ <=
                 size * 1100 + 16); /* what is compressed may become a thousand times more */
        }
        fact_file_free(file);
    }
    (void)close(descriptor);
    return 0;
}
