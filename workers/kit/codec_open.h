/* A codec as the settings want it: schema.dir, write.version, schema.registry.*, write.framing. */
#ifndef SHORTFALL_KIT_CODEC_OPEN_H
#define SHORTFALL_KIT_CODEC_OPEN_H

#include "kit/codec.h"
#include "kit/registry.h"
#include "kit/settings.h"
#include "kit/topics.h"

/* How long one call may wait for the registry. */
enum codec_patience {
    CODEC_OF_WORKER, /* hardly at all: it hears RETRY and goes on polling */
    CODEC_OF_TOOL,   /* for one request: a tool has nothing else to do */
};

/* No server is asked yet. POISON or FATAL: the settings or the schemas are wrong. */
enum status codec_open(const struct settings *settings, enum codec_patience patience,
                       struct codec **ret_codec, struct error *error) must_check;

/* The registry alone; schema.registry.url must be set. *ret_registry is the caller's. */
enum status codec_open_registry(const struct settings *settings, enum codec_patience patience,
                                struct registry **ret_registry, struct error *error) must_check;

/* With write.framing = confluent: asks the registry for the ids of what is written to these topics,
 * for as long as one request may take. RETRY: the registry is away. POISON: a schema is not
 * registered (`shortfall schema register` does it). Without it nothing is asked. Records that only
 * Shortfall reads keep their framing. */
enum status codec_frame_topics(struct codec *codec, const struct settings *settings,
                               const enum topic *topics, uint32_t count,
                               struct error *error) must_check;

#endif
