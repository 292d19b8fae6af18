/* docs/STATES.md is the tables of core/case_table.h, and nothing but them. */
#include <stdlib.h>

#include "case_stage.h"

#include "../page.h"

static void print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    assert_true(vfprintf(out, format, arguments) >= 0);
    va_end(arguments);
}

static const char *state_name(int state)
{
    return state == LINE_UNKNOWN ? "UNKNOWN" : WORD(state_words, state);
}

/* In a state diagram the beginning has no name. */
static const char *node(const char *name, bool is_begin)
{
    return is_begin ? "[*]" : name;
}

/* ---- a line ---------------------------------------------------------------------------------- */

/* An arrow from one state to another, with all facts that may lead along it. What stays in its
 * state is left to the tables. */
static void print_arrow(FILE *out, int from, int to)
{
    const char *before = "";
    for (int fact = 0; fact < LINE_FACT_COUNT; fact++) {
        struct line_transition cell =
            line_transition_of((enum line_state)from, (enum line_fact)fact);
        if (from == to || !(cell.next & UINT32_C(1) << to)) {
            continue;
        }
        if (!*before) {
            print(out, "    %s --> %s: ", node(state_name(from), from == LINE_UNKNOWN),
                  state_name(to));
        }
        print(out, "%s%s", before, line_fact_name((enum line_fact)fact).data);
        before = ", ";
    }
    print(out, "%s", *before ? "\n" : "");
}

static void print_outcome(FILE *out, struct line_transition cell)
{
    if (cell.step == LINE_STEP_REFUSE) {
        print(out, "refused: %s | |\n", WORD(refusal_words, cell.refusal));
        return;
    }
    print(out, "**%s** | ", line_step_name(cell.step).data);
    const char *before = "";
    for (int to = 0; to < LINE_STATE_COUNT; to++) {
        if (cell.next & UINT32_C(1) << to) {
            print(out, "%s%s", before, state_name(to));
            before = ", ";
        }
    }
    print(out, " |\n");
}

static void print_lines(FILE *out)
{
    print(out, "## A line\n\n```mermaid\nstateDiagram-v2\n");
    for (int from = 0; from < LINE_STATE_COUNT; from++) {
        for (int to = 0; to < LINE_STATE_COUNT; to++) {
            print_arrow(out, from, to);
        }
    }
    print(out,
          "```\n\n### What each state means\n\n| state | | its part is over |\n|---|---|---|\n");
    for (int state = 0; state < LINE_STATE_COUNT; state++) {
        print(out, "| %s | %s | %s |\n", state_name(state),
              line_state_words((enum line_state)state).data,
              line_state_is_end((enum line_state)state) ? "yes" : "");
    }
    print(out, "\n### What each fact says\n\n| fact | |\n|---|---|\n");
    for (int fact = 0; fact < LINE_FACT_COUNT; fact++) {
        print(out, "| %s | %s |\n", line_fact_name((enum line_fact)fact).data,
              line_fact_words((enum line_fact)fact).data);
    }
    print(out, "\n### What each step does\n\n| step | |\n|---|---|\n");
    for (int step = LINE_STEP_REFUSE + 1; step < LINE_STEP_COUNT; step++) {
        print(out, "| **%s** | %s |\n", line_step_name((enum line_step)step).data,
              line_step_words((enum line_step)step).data);
    }
    print(out, "\nA step may look further before it is taken, and then refuse too: an answer must "
               "name the line's current\nnotice, and a choice must have been offered in it.\n");
    for (int state = 0; state < LINE_STATE_COUNT; state++) {
        print(out, "\n### In %s\n\n| fact | step | then |\n|---|---|---|\n", state_name(state));
        for (int fact = 0; fact < LINE_FACT_COUNT; fact++) {
            print(out, "| %s | ", line_fact_name((enum line_fact)fact).data);
            print_outcome(out, line_transition_of((enum line_state)state, (enum line_fact)fact));
        }
    }
}

/* ---- the settlement -------------------------------------------------------------------------- */

static void print_settlement_arrow(FILE *out, int from, int to)
{
    const char *before = "";
    for (int fact = 0; fact < SETTLEMENT_FACT_COUNT; fact++) {
        struct settlement_transition cell =
            settlement_transition_of((enum settlement_state)from, (enum settlement_fact)fact);
        if (from == to || !cell.legal || (int)cell.next != to) {
            continue;
        }
        if (!*before) {
            print(out, "    %s --> %s: ", settlement_state_name((enum settlement_state)from).data,
                  settlement_state_name((enum settlement_state)to).data);
        }
        print(out, "%s%s", before, settlement_fact_name((enum settlement_fact)fact).data);
        before = ", ";
    }
    print(out, "%s", *before ? "\n" : "");
}

static void print_settlement(FILE *out)
{
    print(out, "\n## The settlement of a compensation, once a case\n\n"
               "```mermaid\nstateDiagram-v2\n    [*] --> NONE\n");
    for (int from = 0; from < SETTLEMENT_STATE_COUNT; from++) {
        for (int to = 0; to < SETTLEMENT_STATE_COUNT; to++) {
            print_settlement_arrow(out, from, to);
        }
    }
    print(out, "```\n\n### What each state means\n\n| state | |\n|---|---|\n");
    for (int state = 0; state < SETTLEMENT_STATE_COUNT; state++) {
        print(out, "| %s | %s |\n", settlement_state_name((enum settlement_state)state).data,
              settlement_state_words((enum settlement_state)state).data);
    }
    print(out, "\n### What each fact says\n\n| fact | |\n|---|---|\n");
    for (int fact = 0; fact < SETTLEMENT_FACT_COUNT; fact++) {
        print(out, "| %s | %s |\n", settlement_fact_name((enum settlement_fact)fact).data,
              settlement_fact_words((enum settlement_fact)fact).data);
    }
    for (int state = 0; state < SETTLEMENT_STATE_COUNT; state++) {
        print(out, "\n### In %s\n\n| fact | then |\n|---|---|\n",
              settlement_state_name((enum settlement_state)state).data);
        for (int fact = 0; fact < SETTLEMENT_FACT_COUNT; fact++) {
            struct settlement_transition cell =
                settlement_transition_of((enum settlement_state)state, (enum settlement_fact)fact);
            print(out, "| %s | %s%s |\n", settlement_fact_name((enum settlement_fact)fact).data,
                  cell.legal ? "" : "refused: ",
                  cell.legal ? settlement_state_name(cell.next).data
                             : WORD(refusal_words, cell.refusal));
        }
    }
}

static void print_page(FILE *out)
{
    print(out,
          "# States\n\n"
          "What is legal in a case: for each state and each fact the step that is taken and the "
          "states it may lead to, or\nthe reason why it is refused. What is not listed in the "
          "tables of `workers/core/case_table.c` is refused, never\nguessed. This page is made "
          "from those tables by `SHORTFALL_WRITE_DOCS=1 test_core_case_table_document`, so don't\n"
          "edit it. [DOMAIN.md](DOMAIN.md) says why; `tests/core/test_case_table.c` names the "
          "outcome of each pair and plays it.\n\n"
          "The pictures leave out what stays in its state. A line REFUNDED at once is one for "
          "which nothing was paid.\n\n");
    print_lines(out);
    print_settlement(out);
}

/* Set SHORTFALL_WRITE_DOCS=1 to write the page anew. */
static void test_the_page_of_states_is_what_the_tables_say(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print_page(out);
    assert_int_equal(fclose(out), 0);
    expect_page(SHORTFALL_SOURCE_DIR "/docs/STATES.md", text, getenv("SHORTFALL_WRITE_DOCS"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_page_of_states_is_what_the_tables_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
