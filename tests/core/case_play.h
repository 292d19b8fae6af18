/* Plays a story and compares what came out, line by line; then again with every act three times,
 * and all of them once more in reverse order at the end, which must change nothing. */
#ifndef SHORTFALL_TESTS_CASE_PLAY_H
#define SHORTFALL_TESTS_CASE_PLAY_H

#include "case_stage.h"

enum { PLAY_ACTS_MAX = 24, PLAY_LINES_MAX = 40 };

struct story {
    struct policy (*policy)(void);
    const char *currency; /* CNY where it is left out */
    /* Substitutes of sku "A", five of each in stock. */
    struct {
        const char *sku;
        int64_t price;
    } substitutes[STAGE_SUBSTITUTES_MAX];
    struct act acts[PLAY_ACTS_MAX]; /* up to the first without a time */
    const char *until;              /* "+40d" where it is left out */
    const char *expected[PLAY_LINES_MAX];
    enum line_state final[3]; /* of lines 1, 2, 10001; UNKNOWN: not looked at */
    enum settlement_state settlement;
};

static inline void play_once(struct stage *stage, const struct story *story, int times)
{
    stage_init(stage, story->policy());
    stage->currency = story->currency ? story->currency : "CNY";
    for (int i = 0; i < STAGE_SUBSTITUTES_MAX && story->substitutes[i].sku; i++) {
        stage_substitute(stage, story->substitutes[i].sku, story->substitutes[i].price, 5);
    }
    static char ids[PLAY_ACTS_MAX][16];
    static struct act acts[PLAY_ACTS_MAX];
    int count = 0;
    for (; count < PLAY_ACTS_MAX && story->acts[count].at; count++) {
        acts[count] = story->acts[count];
        snprintf(ids[count], sizeof ids[count], "id%d", count + 1);
        acts[count].id = acts[count].id ? acts[count].id : ids[count];
        acts[count].revision = acts[count].revision ? acts[count].revision : 100 + count;
        for (int time = 0; time < times; time++) {
            stage_act(stage, &acts[count]);
        }
    }
    stage_watch(stage, stage_time(story->until ? story->until : "+40d"));
    for (int i = count - 1; times > 1 && i >= 0; i--) {
        stage_act_alone(stage, &acts[i]);
    }
}

static inline void play(const struct story *story)
{
    static struct stage stage;
    static struct stage again;
    static char expected[STAGE_LOG_SIZE];
    size_t size = 0;
    expected[0] = '\0';
    for (int i = 0; i < PLAY_LINES_MAX && story->expected[i]; i++) {
        size +=
            (size_t)snprintf(expected + size, sizeof expected - size, "%s\n", story->expected[i]);
    }
    play_once(&stage, story, 1);
    assert_string_equal(stage.log, expected);

    static const int32_t lines[] = {1, 2, SUBSTITUTE_LINE_BASE + 1};
    for (int i = 0; i < 3; i++) {
        if (story->final[i] != LINE_UNKNOWN) {
            assert_string_equal(WORD(state_words, stage_state(&stage, lines[i])),
                                WORD(state_words, story->final[i]));
        }
    }
    assert_int_equal(stage.file.settlement, story->settlement);

    play_once(&again, story, 3);
    assert_string_equal(again.log, expected);
    again.file.lines = stage.file.lines;
    assert_memory_equal(&again.file, &stage.file, sizeof stage.file);
    assert_memory_equal(again.lines, stage.lines, sizeof stage.lines);
}

#endif
