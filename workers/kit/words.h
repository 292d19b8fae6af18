/* The words of the messages: subject and body of a notification, in the reader's language.
 *
 * Words are data. A folder has one folder for each locale (`zh-CN`, `en`), and that has one text
 * file for each message (kit/words_message.h; docs/MESSAGES.md shows them all filled), in the
 * little syntax of kit/words_template.h. A shop or its lawyer edits these files and nothing else.
 *
 *   folder ── words_load: every file is read and checked ──> struct words, which never changes
 *   notification ── words_fill: which locale, which message, fill it ──> subject, body
 *
 * Whatever is wrong is an error at the load, with file and line: an unknown field (naming the
 * nearest), a block that is not closed, a file that is missing or that no message has, no words
 * in the default locale. After that words_fill has an answer for every notification, the same one
 * every time: it reads no clock and no setting.
 *
 * The locale of a reader is the one of that name, else one of that language ("zh" and "zh-TW" read
 * zh-CN, "en-US" reads en), else WORDS_DEFAULT_LOCALE.
 *
 * The words that Shortfall comes with are compiled in too. They hold where no folder is given and
 * the policies have none beside them, so that no message is ever without words. */
#ifndef SHORTFALL_KIT_WORDS_H
#define SHORTFALL_KIT_WORDS_H

#include "core/contract.h"
#include "kit/arena.h"
#include "kit/error.h"
#include "kit/settings.h"

#define WORDS_DEFAULT_LOCALE "en"

enum { WORDS_LOCALES_MAX = 64 };

struct words;

/* Reads a folder; NULL: the words compiled in. FATAL for anything that is wrong. *ret_words is
 * owned by the caller, does not change, and may be read by any thread. */
enum status words_load(const char *dir, struct words **ret_words, struct error *error) must_check;

/* Reads what the settings say: words.dir, else the folder `words` in policy.dir if there is one,
 * else the words compiled in. */
enum status words_load_configured(const struct settings *settings, struct words **ret_words,
                                  struct error *error) must_check;
void words_free(struct words *words); /* accepts NULL */

/* Both texts live in the arena; neither is ever empty, the subject is one line. False: the arena
 * has no room, or the system has no memory. The outputs are untouched then. */
bool words_fill(const struct words *words, const struct notification *notification,
                struct arena *arena, struct text *ret_subject, struct text *ret_body) must_check;

/* What is legal and yet looks wrong, in words with the file: a message that doesn't tell its reader
 * something it carries, or that names what is never there. */
size_t words_warning_count(const struct words *words);
const char *words_warning(const struct words *words, size_t index);

#endif
