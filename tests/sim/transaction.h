/* The inside of the simulated broker, shared by its files. */
#ifndef TESTS_SIM_TRANSACTION_H
#define TESTS_SIM_TRANSACTION_H

#include "broker.h"

void transactions_reset(struct chance chance);
struct record *log_add(struct log *log, const struct record *record);
void log_settle(struct log *log); /* moves the last stable offset */

#endif
