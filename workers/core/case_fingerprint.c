#include "core/case_fingerprint.h"

#include "core/hash.h"

uint64_t case_fingerprint_of(const struct case_fact *fact)
{
    uint64_t hash = hash_number(0, (uint64_t)fact->kind);
    switch (fact->kind) {
    case CASE_FACT_SHORTAGE:
        hash = hash_number(hash, (uint64_t)fact->shortage->line_no);
        hash = hash_number(hash, (uint64_t)fact->shortage->revision);
        break;
    case CASE_FACT_BUYER_DECISION:
        hash = hash_text(hash, fact->buyer_decision->id);
        break;
    case CASE_FACT_SELLER_RESPONSE:
        hash = hash_text(hash, fact->seller_response->id);
        break;
    case CASE_FACT_PLATFORM_RULING:
        hash = hash_text(hash, fact->platform_ruling->id);
        break;
    case CASE_FACT_REFUND_RESULT:
        hash = hash_text(hash, fact->refund_result->refund_id);
        hash = hash_number(hash, (uint64_t)fact->refund_result->line_no);
        hash = hash_number(hash, (uint64_t)fact->refund_result->attempt);
        hash = hash_number(hash, (uint64_t)fact->refund_result->status);
        break;
    case CASE_FACT_TIMER:
        hash = hash_number(hash, (uint64_t)fact->at_ms);
        break;
    }
    return hash ? hash : 1;
}

bool case_fingerprint_is_known(const struct case_file *file, uint64_t fingerprint)
{
    for (uint32_t i = 0; i < CASE_FINGERPRINTS_MAX; i++) {
        if (file->fingerprints[i] == fingerprint) {
            return true;
        }
    }
    return false;
}

void case_fingerprint_keep(struct case_file *file, uint64_t fingerprint)
{
    file->fingerprints[file->fingerprint_count++ % CASE_FINGERPRINTS_MAX] = fingerprint;
}

bool case_fact_is_judged_once(enum case_fact_kind kind)
{
    switch (kind) {
    case CASE_FACT_BUYER_DECISION:
    case CASE_FACT_SELLER_RESPONSE:
    case CASE_FACT_PLATFORM_RULING:
        return true;
    case CASE_FACT_SHORTAGE:
    case CASE_FACT_REFUND_RESULT:
    case CASE_FACT_TIMER:
        break;
    }
    return false;
}
