#include "shortfall/evidence_words.h"

#include <stddef.h>
#include <string.h>

static const struct evidence_words english = {
    .tag = "en",
    .title = "Evidence for order ",
    .what_this_is =
        "Made by `shortfall case --evidence` from the records of the order alone. It is Markdown "
        "because a person who\nrules on a dispute can read it as it is, printed or in a browser, "
        "with no program of ours. Each statement names\nits record (R1, R2 …); the records stand "
        "at the end as JSON, with topic, partition and offset, so that a program\nreads them too "
        "and anyone with access to the topics can compare them. The same records give the same "
        "file.\nTimes are UTC. The buyer is known here by an opaque id only.\n",
    .order = "The order",
    .seller = "seller",
    .paid_at = "paid at",
    .ship_by = "to ship by",
    .order_columns = "| line | sku | quantity | paid |\n|---|---|---|---|\n",
    .not_paid_here = "The record of its payment is not in the topic; this is what the stock says "
                     "of its short lines.",
    .stands = "How its short lines stand",
    .stands_columns = "| line | sku | state | |\n|---|---|---|---|\n",
    .policy = "The policy that held",
    .policy_source = "source",
    .policy_checked = "checked",
    .policy_confidence = "confidence",
    .policy_from = "in force from",
    .policy_missing = "Its file is not in the policy folder, so its source can't be told here.",
    .policy_none = "No case was opened, so none was applied.",
    .stock = "The stock, at each allocation",
    .stock_columns = "| at | line | | cause | stock version | available | reserved | place in the "
                     "queue | wanted before it | expected | record |\n"
                     "|---|---|---|---|---|---|---|---|---|---|---|\n",
    .notices = "What was said, to whom, and when",
    .costs = "What each choice costs by the policy:",
    .deadlines = "Deadlines",
    .deadlines_columns = "| by | line | | record |\n|---|---|---|---|\n",
    .answer = "the buyer's answer",
    .refund_due = "the money is back",
    .held_until = "held for restock",
    .act_by = "an answer is asked of",
    .decisions = "What was decided, and what became of it",
    .decisions_columns = "| at | | verdict | record |\n|---|---|---|---|\n",
    .unjudged = "not judged, or a repetition",
    .refunds = "Refunds and their results",
    .refunds_columns = "| asked at | line | amount | reason | attempt | due by | result | record "
                       "|\n|---|---|---|---|---|---|---|---|\n",
    .no_result = "no result yet",
    .compensations = "Penalties and compensations",
    .none = "None.",
    .records = "The records",
    .records_sentence = "In the order of their times. A record that came several times is listed "
                        "once, where it came first.",
    .records_columns = "| record | topic | partition | offset | at |\n|---|---|---|---|---|\n",
};

static const struct evidence_words chinese = {
    .tag = "zh-CN",
    .title = "订单凭证 ",
    .what_this_is =
        "由 `shortfall case --evidence` 仅根据此订单的记录生成。采用 Markdown，是因为判定纠纷的人"
        "可以直接阅读、打印或在浏览器中打开，\n不需要我们的任何程序。每项陈述都注明其记录（R1、"
        "R2 …）；记录原文以 JSON 附于文末，并注明主题、分区和位移，\n程序也能读取，任何能访问这些"
        "主题的人都可以核对。同样的记录得到同样的文件。时间均为 UTC。买家在此只有不透明的标识。\n",
    .order = "订单",
    .seller = "商家",
    .paid_at = "付款时间",
    .ship_by = "约定发货时间",
    .order_columns = "| 行 | 商品 | 数量 | 实付 |\n|---|---|---|---|\n",
    .not_paid_here = "付款记录不在主题中；以下为库存记录所述的缺货行。",
    .stands = "缺货行现状",
    .stands_columns = "| 行 | 商品 | 状态 | |\n|---|---|---|---|\n",
    .policy = "适用的规则",
    .policy_source = "来源",
    .policy_checked = "核对日期",
    .policy_confidence = "可信度",
    .policy_from = "生效时间",
    .policy_missing = "规则文件不在规则目录中，来源无法在此说明。",
    .policy_none = "未立案，因此未适用任何规则。",
    .stock = "每次分配时的库存",
    .stock_columns =
        "| 时间 | 行 | | 原因 | 库存版本 | 可用 | 占用 | 排队位置 | 前面还需 | 预计到货 "
        "| 记录 |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    .notices = "何时对谁说了什么",
    .costs = "按规则，各选项的代价：",
    .deadlines = "期限",
    .deadlines_columns = "| 不晚于 | 行 | | 记录 |\n|---|---|---|---|\n",
    .answer = "买家答复",
    .refund_due = "退款到账",
    .held_until = "等待补货",
    .act_by = "请答复者：",
    .decisions = "各方决定及结果",
    .decisions_columns = "| 时间 | | 结果 | 记录 |\n|---|---|---|---|\n",
    .unjudged = "未受理，或为重复",
    .refunds = "退款及其结果",
    .refunds_columns = "| 申请时间 | 行 | 金额 | 原因 | 次数 | 不晚于 | 结果 | 记录 |\n"
                       "|---|---|---|---|---|---|---|---|\n",
    .no_result = "尚无结果",
    .compensations = "违约赔付与补偿",
    .none = "无。",
    .records = "记录",
    .records_sentence = "按时间排列。多次收到的同一记录只列一次，取首次的位置。",
    .records_columns = "| 记录 | 主题 | 分区 | 位移 | 时间 |\n|---|---|---|---|---|\n",
};

const struct evidence_words *evidence_words_of(const char *tag)
{
    return strcmp(tag, chinese.tag) == 0 ? &chinese : &english;
}
