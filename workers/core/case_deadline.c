#include "core/case_deadline.h"

#include "core/moment.h"

static int64_t silence_at(const struct case_line *line)
{
    if (line->state != LINE_AWAITING_DECISION) {
        return NEVER_MS;
    }
    /* Silence does not consent to a date that is known to be wrong: the new notice comes first. */
    if (line->renewal_pending && line->on_silence == SILENCE_WAIT) {
        return NEVER_MS;
    }
    return line->decide_by_ms.value;
}

static int64_t date_passes_at(const struct case_line *line)
{
    bool waits_until = line->state == LINE_WAITING_RESTOCK && line->agreed_ms.set;
    return waits_until ? line->agreed_ms.value : NEVER_MS;
}

static int64_t retry_at(const struct case_line *line)
{
    int64_t at_ms = NEVER_MS;
    for (int purpose = 0; purpose < REFUND_PURPOSE_COUNT; purpose++) {
        const struct case_refund *refund = &line->refunds[purpose];
        if (refund->state == REFUND_STATE_WAITING) {
            at_ms = moment_earlier(at_ms, refund->retry_at_ms);
        }
    }
    return at_ms;
}

static int64_t penalty_at(const struct case_line *line)
{
    return line->penalty_at_ms.set ? line->penalty_at_ms.value : NEVER_MS;
}

static int64_t grace_ends_at(const struct case_file *file)
{
    return file->grace_ms.set ? file->grace_ms.value : NEVER_MS;
}

static int64_t retention_ends_at(const struct case_file *file)
{
    return file->closed_at_ms.set ? moment_after(file->closed_at_ms.value, CASE_RETENTION_MS)
                                  : NEVER_MS;
}

int64_t case_next_deadline(const struct case_file *file)
{
    if (file->forgotten) {
        return NEVER_MS;
    }
    int64_t next_ms = moment_earlier(grace_ends_at(file), retention_ends_at(file));
    for (uint32_t i = 0; i < file->line_count; i++) {
        const struct case_line *line = &file->lines[i];
        next_ms = moment_earlier(next_ms, silence_at(line));
        next_ms = moment_earlier(next_ms, date_passes_at(line));
        next_ms = moment_earlier(next_ms, retry_at(line));
        next_ms = moment_earlier(next_ms, penalty_at(line));
    }
    return next_ms;
}

static void fire(struct case_step *step, struct case_line *line, int64_t due_ms,
                 enum line_fact fact)
{
    if (due_ms <= step->at_ms) {
        enum verdict verdict = case_step_line(step, line, fact);
        must(verdict == VERDICT_APPLIED);
    }
}

/* A penalty comes first, so that a refund at the same moment does not take it away; the notice
 * last, so that it tells of every date that has passed. */
enum verdict case_fire_deadlines(struct case_step *step)
{
    struct case_file *file = step->file;
    must(step->at_ms >= case_next_deadline(file));
    if (retention_ends_at(file) <= step->at_ms) {
        file->forgotten = true;
        return VERDICT_APPLIED;
    }
    for (struct case_line *line = case_line_after(file, 0); line;
         line = case_line_after(file, line->line_no)) {
        fire(step, line, penalty_at(line), LINE_FACT_PENALTY_DUE);
        int64_t silence_ms = silence_at(line);
        int64_t date_ms = date_passes_at(line);
        fire(step, line, silence_ms, LINE_FACT_SILENCE);
        fire(step, line, date_ms, LINE_FACT_DATE_PASSED);
        fire(step, line, retry_at(line), LINE_FACT_RETRY_DUE);
    }
    if (grace_ends_at(file) <= step->at_ms) {
        step->notice_now = true;
    }
    return VERDICT_APPLIED;
}
