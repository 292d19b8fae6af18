/* What a client of Kafka complained of last, in its own words: for the error of a question that
 * nobody answered, because the answer does not say why (a wrong password, a wrong certificate).
 *
 * The client goes on to say that all brokers are down, again and again; that is the least of what
 * it knows, and takes no other word's place. Its order differs from version to version. */
#ifndef SHORTFALL_KIT_COMPLAINT_H
#define SHORTFALL_KIT_COMPLAINT_H

#include <librdkafka/rdkafka.h>

struct complaint {
    char words[256]; /* "": none so far */
};

/* Whose client is made of conf writes its complaints here, from within rd_kafka_poll; it logs
 * nothing. The complaint must outlive the client. */
void complaint_listen(struct complaint *complaint, rd_kafka_conf_t *conf);

/* As the client calls it; words NULL or "": those of the code. */
void complaint_hear(struct complaint *complaint, rd_kafka_resp_err_t code, const char *words);

#endif
