/* A case as records: one for the head, one for each line, of topic case-state and of Redis.
 *
 * Internal to the caseworker; the schemas are schemas/case-head and schemas/case-line, so that
 * state written by an older version is read by a newer one like any other record. The bytes of a
 * case are a function of the case alone (the mark's digest relies on it).
 *
 * Keys: "<case_id>" for the head, "<case_id>/<line_no>" for a line. Both records name the order, so
 * a compacted topic can be read in any order of its keys. */
#ifndef SHORTFALL_CASEWORKER_CASE_RECORD_H
#define SHORTFALL_CASEWORKER_CASE_RECORD_H

#include "core/case.h"
#include "kit/arena.h"
#include "kit/identity.h"
#include "kit/record_type.h"

enum { STATE_KEY_SIZE = IDENTITY_SIZE + 12 };

struct case_head_record {
    struct text order_id;
    struct text marketplace;
    struct text seller_id;
    struct text buyer_id;
    struct text locale;
    struct text currency;
    struct text policy;
    struct text offer_id;
    struct text trace;        /* bytes: core/trace.h */
    struct text fingerprints; /* bytes: 64 bits each, least byte first, as the ring holds them */
    struct case_file file;    /* of it all that is no text and no line */
};

struct offered_record {
    struct text sku;
    int32_t ship_within_h;
    int64_t price_minor;
};

struct case_line_record {
    struct text order_id;
    struct text sku;
    struct text replacement_sku;
    struct text title;
    struct case_refund *refunds; /* of each purpose, from 1 up */
    uint32_t refund_count;
    struct offered_record *offered;
    uint32_t offered_count;
    struct case_line line; /* of it all the rest */
};

extern const struct record_type type_case_head;
extern const struct record_type type_case_line;

/* The case of an order: its id is computed from the order's. */
void case_id_of(struct text order_id, char ret_id[IDENTITY_SIZE]);

/* Views of a case; they live as long as it. `offered` gives room for the line's substitutes. */
void case_head_to_record(const struct case_file *file, struct case_head_record *ret_record);
void case_line_to_record(const struct case_file *file, const struct case_line *line,
                         struct offered_record offered[OFFERED_SUBSTITUTES_MAX],
                         struct case_line_record *ret_record);

/* Copies a decoded record into a case; false: it is none of ours (too large a text or number). The
 * head leaves `lines`, `line_count` and `line_capacity` as they are. */
bool case_head_from_record(const struct case_head_record *record, struct case_file *file);
bool case_line_from_record(const struct case_line_record *record, struct case_line *ret_line);

#endif
