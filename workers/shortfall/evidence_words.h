/* The headings and fixed sentences of the evidence document, a table a language. */
#ifndef SHORTFALL_SHORTFALL_EVIDENCE_WORDS_H
#define SHORTFALL_SHORTFALL_EVIDENCE_WORDS_H

struct evidence_words {
    const char *tag; /* of the language */
    const char *title;
    const char *what_this_is;
    const char *order;
    const char *seller; /* "seller" of the sentence about the order */
    const char *paid_at;
    const char *ship_by;
    const char *order_columns;
    const char *not_paid_here; /* the order's own record is not in the topic (any more) */
    const char *stands;
    const char *stands_columns;
    const char *policy;
    const char *policy_source; /* labels of what the policy's file says */
    const char *policy_checked;
    const char *policy_confidence;
    const char *policy_from;
    const char *policy_missing; /* its file is not at hand */
    const char *policy_none;    /* there is no case, so no policy */
    const char *stock;
    const char *stock_columns;
    const char *notices;
    const char *costs;
    const char *deadlines;
    const char *deadlines_columns;
    const char *answer; /* kinds of deadline */
    const char *refund_due;
    const char *held_until;
    const char *act_by;
    const char *decisions;
    const char *decisions_columns;
    const char *unjudged; /* no case event names the fact */
    const char *refunds;
    const char *refunds_columns;
    const char *no_result;
    const char *compensations;
    const char *none; /* of a section */
    const char *records;
    const char *records_sentence;
    const char *records_columns;
};

/* English where the language has no table. */
const struct evidence_words *evidence_words_of(const char *tag);

#endif
