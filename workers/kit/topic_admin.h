/* The topics of a cluster: looks at them, and makes those that are missing.
 *
 * Only topic_admin_create changes a cluster, and it only ever adds. A new topic takes the broker's
 * own default of how long records are kept where that is longer than the table's. For one thread.
 */
#ifndef SHORTFALL_KIT_TOPIC_ADMIN_H
#define SHORTFALL_KIT_TOPIC_ADMIN_H

#include <stdbool.h>

#include "kit/error.h"
#include "kit/settings.h"
#include "kit/topic_plan.h"

struct topic_admin;

enum status topic_admin_new(const struct settings *settings, struct topic_admin **ret_admin,
                            struct error *error) must_check;
void topic_admin_free(struct topic_admin *admin); /* accepts NULL */

/* RETRY: the cluster does not answer. */
enum status topic_admin_look(struct topic_admin *admin, struct topic_found ret_found[TOPIC_COUNT],
                             struct error *error) must_check;

/* Makes the topics that are missing in `found`, with a wish that is settled; ret_made says which.
 * A topic that somebody else makes meanwhile is no error. */
enum status topic_admin_create(struct topic_admin *admin,
                               const struct topic_found found[TOPIC_COUNT], struct topic_wish wish,
                               bool ret_made[TOPIC_COUNT], struct error *error) must_check;

#endif
