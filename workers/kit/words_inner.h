/* What reading and filling of templates share and nobody else may see. */
#ifndef SHORTFALL_KIT_WORDS_INNER_H
#define SHORTFALL_KIT_WORDS_INNER_H

#include "kit/words_template.h"

enum {
    WORDS_BLOCKS_MAX = 8,                    /* deep */
    WORDS_CHOICES_MAX = SUBSTITUTES_MAX + 2, /* of a line: and WAIT, and CANCEL */
};

#endif
