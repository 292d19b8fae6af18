#include "kit/complaint.h"

#include <stdio.h>

void complaint_hear(struct complaint *complaint, rd_kafka_resp_err_t code, const char *words)
{
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && complaint->words[0]) {
        return;
    }
    (void)snprintf(complaint->words, sizeof complaint->words, "%s",
                   words && *words ? words : rd_kafka_err2str(code));
}

static void on_error(rd_kafka_t *client, int code, const char *words, void *opaque)
{
    (void)client;
    complaint_hear(opaque, (rd_kafka_resp_err_t)code, words);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *words)
{
    (void)client, (void)level, (void)facility, (void)words; /* libraries never log */
}

void complaint_listen(struct complaint *complaint, rd_kafka_conf_t *conf)
{
    rd_kafka_conf_set_opaque(conf, complaint);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
}
