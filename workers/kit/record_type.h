/* A description of a C struct, from which everything about its record follows.
 *
 * One table of fields per record says where each field lies in the struct (core/contract.h) and
 * what it is in Avro. The decode plan, the encoder, JSON in both directions and the check of a JSON
 * line by field all read this one table, so none of them can disagree with another.
 *
 * How kinds lie in a struct
 *   KIND_INT int32_t · KIND_LONG int64_t · KIND_BOOLEAN bool · KIND_ENUM unsigned int (a C enum)
 *   KIND_STRING, KIND_BYTES struct text · KIND_RECORD the struct itself
 *   KIND_ARRAY a pointer to items at `offset` and a uint32_t count at `count_offset`
 * and, where `optional` (the union ["null", T])
 *   KIND_INT struct optional_int · KIND_LONG struct optional_long · KIND_STRING/BYTES data == NULL
 *   KIND_ENUM 0 · KIND_RECORD a pointer, NULL for null
 *
 * Zero-copy: a decoded text points into the payload, or into the plan for a default; arrays and
 * optional records are in the arena. */
#ifndef SHORTFALL_KIT_RECORD_TYPE_H
#define SHORTFALL_KIT_RECORD_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
    KIND_INT,
    KIND_LONG,
    KIND_BOOLEAN,
    KIND_ENUM,
    KIND_STRING,
    KIND_BYTES,
    KIND_RECORD,
    KIND_ARRAY, /* of records */
};

struct record_type;

struct field_type {
    const char *name; /* Avro name */
    enum field_kind kind;
    bool optional;
    bool is_time;          /* KIND_LONG: milliseconds since 1970 UTC, Avro timestamp-millis */
    uint32_t offset;       /* bytes from the struct's start */
    uint32_t count_offset; /* KIND_ARRAY */
    uint32_t count_max;    /* KIND_ARRAY: more items than that are POISON */
    uint32_t size_max; /* KIND_STRING, KIND_BYTES: more bytes than that are POISON; 0: no limit */
    const char *const *symbols;       /* KIND_ENUM: by C value, [0] "UNKNOWN"; NULL at the end */
    const struct record_type *record; /* KIND_RECORD, KIND_ARRAY: the item */
    const char *default_json; /* what a field left out takes, as in the newest schema; NULL where
                                 it is required; of an optional field it is always null */
};

struct record_type {
    const char *name;   /* Avro name, "OrderPaid"; the namespace is "shortfall" */
    const char *folder; /* below schemas/, "order-paid"; NULL for a nested record */
    uint32_t size;      /* sizeof the struct */
    uint32_t field_count;
    const struct field_type *fields;
};

/* "long", "record" and so on, as Avro calls it. */
const char *field_kind_name(enum field_kind kind);

/* The symbol of an enum's value, as in the schemas, "OVERSOLD"; NULL beyond the last one. The
 * record must have a KIND_ENUM of that name. */
const char *record_type_symbol(const struct record_type *type, const char *field, unsigned value);

/* Every record of core/contract.h that is a topic's; NULL at the end. */
extern const struct record_type *const record_types[];

/* The record below a schema folder, NULL if there is none: "order-paid" is type_order_paid. */
const struct record_type *record_type_of_folder(const char *folder);

extern const struct record_type type_order_paid;
extern const struct record_type type_stock_level;
extern const struct record_type type_order_closed;
extern const struct record_type type_substitute;
extern const struct record_type type_buyer_decision;
extern const struct record_type type_seller_response;
extern const struct record_type type_platform_ruling;
extern const struct record_type type_refund_result;
extern const struct record_type type_clock_tick;
extern const struct record_type type_sku_event;
extern const struct record_type type_order_facts;
extern const struct record_type type_shortage;
extern const struct record_type type_line_outcome;
extern const struct record_type type_listing_status;
extern const struct record_type type_notification;
extern const struct record_type type_refund_request;
extern const struct record_type type_fulfilment_plan;
extern const struct record_type type_compensation;
extern const struct record_type type_case_event;
extern const struct record_type type_line_change; /* nested in a case event */

#endif
