#include "core/must.h"
#include "shortfall/phrase.h"
#include "shortfall/todo.h"

static const char *what(enum todo_action action)
{
    switch (action) {
    case TODO_ANSWER_CLAIM:
        return "answer the buyer's claim: offer a compensation, or decline";
    case TODO_ANSWER_REJECTION:
        return "the buyer rejected the offer: make another, or decline";
    case TODO_SEND_EVIDENCE:
        return "send the platform the evidence, or settle with the buyer";
    case TODO_COUNT_STOCK:
        return "count the stock and send its level: it was reported missing, and is sold out until "
               "then";
    case TODO_GIVE_DATE:
        return "give a date (a level with a restock) or a substitute, or cancel: no restock is "
               "known";
    case TODO_KEEP_DATE:
        return "have the goods there by the date that the buyer waits for, or give a new one";
    case TODO_SHIP:
        return "ship it: it is back, and the buyer was told so";
    case TODO_SHIP_SUBSTITUTE:
        return "ship the other product that the buyer chose";
    case TODO_PAY_BY_HAND:
        return "the refund failed for good: pay by hand, and write its refund-result";
    case TODO_CHASE_REFUND:
        return "the refund is overdue: ask the payment system what became of it";
    case TODO_FETCH_GOODS:
        return "shipped although the money goes back or a substitute goes out: stop the parcel, or "
               "agree "
               "with the buyer";
    case TODO_MEDIATE:
        return "mediate and rule: a refund, a compensation, or a dismissal";
    case TODO_ACTION_COUNT:
        break;
    }
    must(!"a thing to do");
    return "";
}

void words_todo(struct buffer *out, const struct todo_item *item)
{
    phrase(out, "%s", what(item->action));
}

void words_todo_look(struct buffer *out, const struct todo_item *item)
{
    bool is_option = item->order_id.size > 0 && item->order_id.data[0] == '-';
    phrase(out, "shortfall case %s", is_option ? "-- " : "");
    phrase_shell_word(out, item->order_id);
}
