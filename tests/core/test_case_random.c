/* Random stories of forty days: whatever people, stock and payments do, what must always hold does.
 *
 * An observer checks what comes out; duplicates and a replay of the whole story must give the same
 * case, byte by byte. SHORTFALL_LONG=1 plays many more stories; SHORTFALL_SEED=n plays one. */
#include "case_observer.h"

#ifdef __SANITIZE_ADDRESS__
enum { STORIES = 2000, STORIES_LONG = 20000 }; /* each takes ten times as long */
#else
enum { STORIES = 20000, STORIES_LONG = 500000 };
#endif

enum {
    FACTS_MAX = 60, /* fewer than the case remembers, so that every duplicate is known */
    RECORDS_MAX = 2000,
    LINES_MAX = OBSERVED_LINES_MAX,
};

/* ---- Chance ------------------------------------------------------------------------------- */

static uint64_t chance_state;

static uint64_t chance(uint64_t below)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return chance_state % below;
}

static bool one_in(uint64_t count)
{
    return chance(count) == 0;
}

/* ---- The world ---------------------------------------------------------------------------- */

/* A fact as it was given, with all that it points to. */
struct record {
    struct case_fact fact;
    struct shortage shortage;
    struct buyer_decision decision;
    struct seller_response response;
    struct platform_ruling ruling;
    struct refund_result result;
    char id[16];
    char offer_id[16];
    struct id sku; /* of a substitute */
    enum verdict verdict;
};

struct world {
    struct policy policy;
    struct catalogue catalogue;
    struct case_file file;
    struct case_line lines[LINES_MAX];
    struct record records[RECORDS_MAX];
    uint32_t record_count;
    int64_t now;
    int64_t revision;
    struct observer observer;
    uint64_t effects_hash;
    char offer_id[16];
};

static struct world world;
static struct world replayed;
static uint64_t facts_played;
static uint64_t timers_played;

static struct substitute_offer offers[] = {{{"B", 1}, 2000, 24}, {{"C", 1}, 9000, 48}};
static struct substitute substitutes = {{"A", 1}, offers, 2};
static struct listing_status listings[] = {{{"B", 1}, LISTING_AVAILABLE, {9, true}, T0},
                                           {{"C", 1}, LISTING_AVAILABLE, {2, true}, T0}};

static const struct substitute *substitutes_of(const void *context, struct text sku)
{
    (void)context;
    return text_equal(sku, TEXT("D")) ? NULL : &substitutes;
}

static const struct listing_status *listing_of(const void *context, struct text sku)
{
    (void)context;
    return text_equal(sku, TEXT("B")) ? &listings[0] : &listings[1];
}

static struct policy random_policy(void)
{
    struct policy policy = one_in(3) ? stage_taobao() : one_in(2) ? stage_tmall() : stage_ftc();
    policy.wording = one_in(3) ? WORDING_NEUTRAL : WORDING_PLAIN;
    policy.notice_silence = one_in(4) ? SILENCE_WAIT : SILENCE_REFUND;
    policy.notice_silence_with_eta = one_in(2) ? SILENCE_WAIT : SILENCE_REFUND;
    policy.renewed_silence = one_in(4) ? SILENCE_WAIT : SILENCE_REFUND;
    policy.passed = one_in(2) ? DATE_PASSED_RENEW : DATE_PASSED_REFUND;
    policy.without_eta = one_in(2) ? WITHOUT_ETA_OFFER : WITHOUT_ETA_HIDE;
    policy.dearer = one_in(2) ? DEARER_ABSORB : DEARER_HIDE;
    policy.notice_grace_ms = (int64_t)chance(GRACE_MAX_MS + 1);
    policy.renewed_grace_ms = (int64_t)chance(GRACE_MAX_MS + 1);
    policy.notice_window_ms = one_in(5) ? 0 : (int64_t)chance(8 * DAY);
    policy.renewed_window_ms = one_in(5) ? 0 : (int64_t)chance(4 * DAY);
    policy.ship_within_ms = (int64_t)chance(10 * DAY);
    policy.refund_retry_count = (uint32_t)chance(4);
    if (one_in(2)) {
        policy.ask_within_ms = (struct optional_long){5 * DAY, true};
    }
    return policy;
}

static uint64_t mixed(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

static void note_effects(struct world *seen)
{
    const struct case_effects *effects = &stage_effects;
    uint64_t hash = mixed(seen->effects_hash, (uint64_t)effects->verdict);
    hash = mixed(hash, (uint64_t)effects->reason);
    hash = mixed(hash, (uint64_t)effects->sequence);
    for (uint32_t i = 0; i < effects->notification_count; i++) {
        hash = mixed(hash, (uint64_t)effects->notifications[i].kind);
        hash = mixed(hash, (uint64_t)effects->notifications[i].line_count);
        hash = mixed(hash, (uint64_t)effects->notifications[i].amount_minor.value);
    }
    for (uint32_t i = 0; i < effects->refund_request_count; i++) {
        hash = mixed(hash, (uint64_t)effects->refund_requests[i].amount_minor);
    }
    for (uint32_t i = 0; i < effects->plan_count; i++) {
        hash = mixed(hash, (uint64_t)effects->plans[i].action);
        hash = mixed(hash, (uint64_t)effects->plans[i].until_ms.value);
    }
    for (uint32_t i = 0; i < effects->compensation_count; i++) {
        hash = mixed(hash, (uint64_t)effects->compensations[i].amount_minor);
    }
    hash = mixed(hash, effects->line_outcome_count);
    hash = mixed(hash, effects->line_change_count);
    seen->effects_hash = hash;
}

/* ---- Playing ------------------------------------------------------------------------------ */

static void apply(struct world *seen, struct record *record, bool observed)
{
    bool was_closed = case_is_closed(&seen->file);
    case_apply(&seen->file, &seen->policy, &seen->catalogue, &record->fact, &stage_effects);
    record->verdict = stage_effects.verdict;
    note_effects(seen);
    if (!observed) {
        return;
    }
    observer_check_effects(&seen->observer);
    if (was_closed) {
        observer_check_after_end(&seen->file, &record->fact);
    }
    if (record->fact.kind == CASE_FACT_REFUND_RESULT && record->verdict == VERDICT_APPLIED &&
        record->result.status == REFUND_STATUS_FAILED) {
        struct account *account = observer_account_of(&seen->observer, record->result.line_no);
        if (stage_effects.notification_count == 0) {
            account->retry_at[record->fact.purpose] =
                record->fact.at_ms + seen->policy.refund_retry_ms[record->result.attempt - 1];
        }
    }
}

static struct record *new_record(struct world *seen, enum case_fact_kind kind, int64_t at)
{
    assert_true(seen->record_count < RECORDS_MAX);
    struct record *record = &seen->records[seen->record_count++];
    memset(record, 0, sizeof *record);
    record->fact.kind = kind;
    record->fact.at_ms = at;
    snprintf(record->id, sizeof record->id, "f%u", seen->record_count);
    return record;
}

static void fire_until(struct world *seen, int64_t until)
{
    int64_t last = INT64_MIN;
    int at_once = 0;
    for (int64_t at = case_next_deadline(&seen->file); at <= until && at != INT64_MAX;
         at = case_next_deadline(&seen->file)) {
        at_once = at == last ? at_once + 1 : 0;
        assert_true(at_once < 10); /* what has fired is gone */
        last = at;
        apply(seen, new_record(seen, CASE_FACT_TIMER, at), true);
        assert_int_equal(stage_effects.verdict, VERDICT_APPLIED);
        timers_played++;
        if (case_is_forgotten(&seen->file)) {
            return;
        }
    }
}

static int32_t some_line(const struct world *seen)
{
    if (seen->file.line_count > 0 && !one_in(5)) {
        return seen->lines[chance(seen->file.line_count)].line_no;
    }
    return 1 + (int32_t)chance(3);
}

static int64_t paid_for(const struct world *seen, int32_t line_no)
{
    for (uint32_t i = 0; i < seen->observer.account_count; i++) {
        if (seen->observer.accounts[i].line_no == line_no && seen->observer.accounts[i].paid > 0) {
            return seen->observer.accounts[i].paid;
        }
    }
    return 0;
}

/* The substitute's line comes into the order with what the outcome said of it. */
static const struct case_line *replaced_by(const struct world *seen, int32_t line_no)
{
    const struct case_line *origin = case_find_line(&seen->file, line_no - SUBSTITUTE_LINE_BASE);
    return origin && origin->replacement_sku.size > 0 ? origin : NULL;
}

static void random_shortage(struct world *seen)
{
    static const enum shortage_kind kinds[] = {SHORTAGE_UNFILLABLE,  SHORTAGE_UNFILLABLE,
                                               SHORTAGE_RECOVERED,   SHORTAGE_ETA_CHANGED,
                                               SHORTAGE_ETA_CHANGED, SHORTAGE_CLOSED};
    struct record *record = new_record(seen, CASE_FACT_SHORTAGE, seen->now);
    struct shortage *shortage = &record->shortage;
    record->fact.shortage = shortage;
    int32_t line_no = some_line(seen);
    const struct case_line *origin = NULL;
    if (one_in(4)) {
        origin = replaced_by(seen, line_no + SUBSTITUTE_LINE_BASE);
        line_no += origin ? SUBSTITUTE_LINE_BASE : 0;
    } else {
        origin = replaced_by(seen, line_no);
    }
    int64_t paid = paid_for(seen, line_no);
    if (paid == 0) {
        paid = 1 + (int64_t)chance(20000);
        if (origin) {
            paid = origin->paid_minor -
                   origin->refunds[REFUND_PURPOSE_SUBSTITUTE_DIFFERENCE].amount_minor;
        }
        observer_account_of(&seen->observer, line_no)->paid = paid;
    }
    if (origin) {
        record->sku = origin->replacement_sku;
    }
    *shortage = (struct shortage){.marketplace = TEXT("m"),
                                  .seller_id = TEXT("s1"),
                                  .at_ms = seen->now,
                                  .kind = kinds[chance(6)],
                                  .order_id = TEXT("order-1"),
                                  .line_no = line_no,
                                  .sku = origin ? id_text(&record->sku) : TEXT("A"),
                                  .quantity = 1 + (int64_t)(line_no % 3),
                                  .episode = 1,
                                  .revision = ++seen->revision,
                                  .cause = one_in(6) ? CAUSE_REPORTED : CAUSE_OVERSOLD,
                                  .queue_place = (int64_t)chance(5),
                                  .reason = (enum close_reason)(1 + chance(4)),
                                  .buyer_id = TEXT("b1"),
                                  .locale = TEXT("en"),
                                  .currency = TEXT("CNY"),
                                  .paid_minor = paid,
                                  .paid_at_ms = T0};
    shortage->expected_at_ms.set = !one_in(3);
    if (shortage->expected_at_ms.set) {
        shortage->expected_at_ms.value = seen->now + (int64_t)chance(12 * DAY) - DAY;
    }
}

static void random_decision(struct world *seen)
{
    static const struct text skus[] = {{"B", 1}, {"C", 1}, {"Z", 1}, {NULL, 0}};
    struct record *record = new_record(seen, CASE_FACT_BUYER_DECISION, seen->now);
    struct buyer_decision *decision = &record->decision;
    record->fact.buyer_decision = decision;
    decision->id = text_of(record->id);
    decision->choice = (enum choice)chance(8);
    if (one_in(3)) {
        decision->choice = CHOICE_WAIT; /* or nobody ever waits */
    }
    if (decision->choice == CHOICE_CANCEL && !one_in(3)) {
        decision->choice = CHOICE_SUBSTITUTE;
    }
    decision->line_no = one_in(5) ? 0 : some_line(seen);
    const struct case_line *line = case_find_line(&seen->file, decision->line_no);
    decision->notice.set = !one_in(8);
    decision->notice.value = line && !one_in(6) ? line->notice : seen->file.notice_count;
    decision->sku = skus[chance(4)];
    snprintf(record->offer_id, sizeof record->offer_id, "%s", seen->offer_id);
    decision->offer_id = one_in(4) ? TEXT("bogus") : text_of(record->offer_id);
}

static void random_person(struct world *seen)
{
    if (one_in(3)) {
        struct record *record = new_record(seen, CASE_FACT_PLATFORM_RULING, seen->now);
        record->fact.platform_ruling = &record->ruling;
        record->ruling.id = text_of(record->id);
        record->ruling.line_no = one_in(3) ? 0 : some_line(seen);
        record->ruling.ruling = (enum ruling)chance(4);
        record->ruling.amount_minor = (struct optional_long){(int64_t)chance(5000), !one_in(8)};
        return;
    }
    struct record *record = new_record(seen, CASE_FACT_SELLER_RESPONSE, seen->now);
    record->fact.seller_response = &record->response;
    record->response.id = text_of(record->id);
    record->response.kind = (enum response_kind)chance(4);
    record->response.instrument = (enum instrument)chance(5);
    record->response.amount_minor = (struct optional_long){(int64_t)chance(20000), !one_in(8)};
}

static void random_result(struct world *seen)
{
    struct record *record = new_record(seen, CASE_FACT_REFUND_RESULT, seen->now);
    struct refund_result *result = &record->result;
    record->fact.refund_result = result;
    result->line_no = some_line(seen);
    const struct case_line *line = case_find_line(&seen->file, result->line_no);
    record->fact.purpose = (enum refund_purpose)chance(REFUND_PURPOSE_COUNT);
    for (int purpose = 1; line && purpose < REFUND_PURPOSE_COUNT; purpose++) {
        if (line->refunds[purpose].state != REFUND_STATE_NONE && !one_in(6)) {
            record->fact.purpose = (enum refund_purpose)purpose;
        }
    }
    result->refund_id = TEXT("refund");
    int32_t attempt = line ? line->refunds[record->fact.purpose].attempt : 1;
    result->attempt = one_in(5) ? 1 + (int32_t)chance(4) : attempt > 0 ? attempt : 1;
    result->status = one_in(2) ? REFUND_SUCCEEDED : REFUND_STATUS_FAILED;
    result->retryable = !one_in(4);
}

static void random_fact(struct world *seen)
{
    if (one_in(4)) {
        random_result(seen);
    } else if (one_in(2)) {
        random_decision(seen);
    } else if (one_in(5)) {
        random_person(seen);
    } else {
        random_shortage(seen);
    }
    struct record *record = &seen->records[seen->record_count - 1];
    apply(seen, record, true);
    facts_played++;
    if (record->fact.kind == CASE_FACT_SELLER_RESPONSE && record->verdict == VERDICT_APPLIED &&
        seen->file.offer_id.size > 0) {
        snprintf(seen->offer_id, sizeof seen->offer_id, "%s", record->id);
    }
}

static void pass_time(struct world *seen)
{
    int64_t next = case_next_deadline(&seen->file);
    if (one_in(3) && next != INT64_MAX && next > seen->now && next < T0 + 40 * DAY) {
        seen->now = next - 1 + (int64_t)chance(3); /* just before, at, or just after it */
    } else if (one_in(2)) {
        seen->now += (int64_t)chance(3 * MINUTE);
    } else {
        seen->now += (int64_t)chance(2 * DAY);
    }
}

/* A fact that was judged before leaves the case as it is, byte by byte. One of the payment system
 * that did not count may have come too early, so it may count now. */
static void repeat(struct world *seen, const struct record *record)
{
    static struct case_file file;
    static struct case_line lines[LINES_MAX];
    if (record->fact.kind == CASE_FACT_TIMER ||
        (record->fact.kind == CASE_FACT_REFUND_RESULT && record->verdict != VERDICT_APPLIED)) {
        return;
    }
    file = seen->file;
    memcpy(lines, seen->lines, sizeof lines);
    case_apply(&seen->file, &seen->policy, &seen->catalogue, &record->fact, &stage_effects);
    if (stage_effects.verdict != VERDICT_UNKNOWN) {
        fail_msg("fact %s of kind %d (%d of line %d) counted twice", record->id, record->fact.kind,
                 record->shortage.kind, record->shortage.line_no);
    }
    assert_true(memcmp(&file, &seen->file, sizeof file) == 0);
    assert_true(memcmp(lines, seen->lines, sizeof lines) == 0);
}

static void begin(struct world *seen)
{
    seen->file.lines = seen->lines;
    seen->file.line_capacity = LINES_MAX;
    seen->catalogue = (struct catalogue){NULL, substitutes_of, listing_of};
}

static void replay(const struct world *seen)
{
    memset(&replayed.file, 0, sizeof replayed.file);
    memset(replayed.lines, 0, sizeof replayed.lines);
    replayed.policy = seen->policy;
    replayed.effects_hash = 0;
    begin(&replayed);
    case_open(&replayed.file, &seen->records[0].shortage, &seen->policy);
    for (uint32_t i = 0; i < seen->record_count; i++) {
        struct record record = seen->records[i];
        apply(&replayed, &record, false);
        assert_int_equal(record.verdict, seen->records[i].verdict);
    }
    assert_true(replayed.effects_hash == seen->effects_hash);
    replayed.file.lines = seen->file.lines;
    assert_true(memcmp(&replayed.file, &seen->file, sizeof seen->file) == 0);
    assert_true(memcmp(replayed.lines, seen->lines, sizeof seen->lines) == 0);
}

/* Only two things may keep a case open for ever: a wait that was agreed without a date, and a
 * payment system that does not answer. */
static void check_at_rest(const struct world *seen)
{
    if (case_is_forgotten(&seen->file)) {
        return;
    }
    assert_int_equal(case_next_deadline(&seen->file), INT64_MAX);
    bool is_excused = false;
    for (uint32_t i = 0; i < seen->file.line_count; i++) {
        const struct case_line *line = &seen->lines[i];
        is_excused |= line->state == LINE_WAITING_RESTOCK && !line->agreed_ms.set;
        is_excused |= line->state == LINE_REFUNDING || line->state == LINE_SUBSTITUTING;
    }
    assert_true(is_excused);
}

static void play_story(uint64_t seed)
{
    struct world *seen = &world;
    chance_state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    for (int i = 0; i < 5; i++) {
        chance(2);
    }
    uint32_t used = seen->record_count;
    memset(&seen->file, 0, sizeof seen->file);
    memset(seen->lines, 0, sizeof seen->lines);
    memset(seen->records, 0, used * sizeof seen->records[0]);
    seen->record_count = 0;
    seen->observer.account_count = seen->observer.told_count = seen->observer.settled = 0;
    seen->effects_hash = 0;
    seen->revision = 0;
    seen->offer_id[0] = '\0';
    begin(seen);
    seen->policy = random_policy();
    seen->observer.policy = seen->policy;
    seen->now = T0 + (int64_t)chance(DAY);
    random_shortage(seen);
    seen->records[0].shortage.kind = SHORTAGE_UNFILLABLE;
    case_open(&seen->file, &seen->records[0].shortage, &seen->policy);
    apply(seen, &seen->records[0], true);
    for (int i = 0; i < FACTS_MAX - 1; i++) {
        pass_time(seen);
        if (seen->now > T0 + 40 * DAY) {
            break;
        }
        fire_until(seen, seen->now);
        random_fact(seen);
        if (one_in(4)) {
            repeat(seen, &seen->records[chance(seen->record_count)]);
        }
    }
    fire_until(seen, T0 + 40 * DAY);
    for (uint32_t i = seen->record_count; i > 0; i--) {
        repeat(seen, &seen->records[i - 1]);
    }
    replay(seen);
    fire_until(seen, T0 + 1000 * DAY);
    check_at_rest(seen);
}

static void test_what_must_always_hold_does_in_random_stories(void **state)
{
    (void)state;
    const char *one = getenv("SHORTFALL_SEED");
    if (one) {
        play_story(strtoull(one, NULL, 10));
        return;
    }
    uint64_t stories = getenv("SHORTFALL_LONG") ? STORIES_LONG : STORIES;
    for (uint64_t seed = 1; seed <= stories; seed++) {
        play_story(seed);
    }
    print_message("%llu stories, %llu facts, %llu deadlines\n", (unsigned long long)stories,
                  (unsigned long long)facts_played, (unsigned long long)timers_played);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_must_always_hold_does_in_random_stories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
