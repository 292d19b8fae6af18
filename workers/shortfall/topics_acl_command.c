/* shortfall topics acl: the least rights of each worker, as calls of kafka-acls.sh or as JSON. */
#include <stdio.h>
#include <string.h>

#include "shortfall/command.h"
#include "shortfall/rights.h"

static const char principals_default[] = "User:shortfall-";

static const char *const resource_names[] = {
    [RIGHT_TOPIC] = "TOPIC",
    [RIGHT_GROUP] = "GROUP",
    [RIGHT_TRANSACTION] = "TRANSACTIONAL_ID",
};

static const char *const resource_flags[] = {
    [RIGHT_TOPIC] = "--topic",
    [RIGHT_GROUP] = "--group",
    [RIGHT_TRANSACTION] = "--transactional-id",
};

static const char *const operation_names[] = {
    [RIGHT_READ] = "READ",
    [RIGHT_WRITE] = "WRITE",
    [RIGHT_DESCRIBE] = "DESCRIBE",
    [RIGHT_DESCRIBE_CONFIGS] = "DESCRIBE_CONFIGS",
};

static const char *const operation_words[] = {
    [RIGHT_READ] = "Read",
    [RIGHT_WRITE] = "Write",
    [RIGHT_DESCRIBE] = "Describe",
    [RIGHT_DESCRIBE_CONFIGS] = "DescribeConfigs",
};

/* Rights that one call of kafka-acls.sh can give. */
static bool go_together(const struct right *a, const struct right *b)
{
    return strcmp(a->who, b->who) == 0 && a->resource == b->resource &&
           a->operation == b->operation;
}

static void print_calls(const struct right *rights, uint32_t count, const char *bootstrap,
                        const char *principals, const char *prefix)
{
    bool printed[RIGHTS_MAX] = {false};
    for (uint32_t i = 0; i < count; i++) {
        if (printed[i]) {
            continue;
        }
        (void)printf("kafka-acls.sh --bootstrap-server %s --add --force --allow-principal %s%s "
                     "--operation %s%s",
                     bootstrap, principals, rights[i].who, operation_words[rights[i].operation],
                     rights[i].prefixed ? " --resource-pattern-type prefixed" : "");
        for (uint32_t j = i; j < count; j++) {
            if (go_together(&rights[i], &rights[j])) {
                (void)printf(" %s %s%s", resource_flags[rights[j].resource], prefix,
                             rights[j].name);
                printed[j] = true;
            }
        }
        (void)putchar('\n');
    }
}

/* All that is printed here is letters that JSON takes as they are. */
static void print_json(const struct right *rights, uint32_t count, const char *principals,
                       const char *prefix)
{
    for (uint32_t i = 0; i < count; i++) {
        (void)printf("{\"principal\": \"%s%s\", \"operation\": \"%s\", \"resource\": \"%s\", "
                     "\"pattern\": \"%s\", \"name\": \"%s%s\"}\n",
                     principals, rights[i].who, operation_names[rights[i].operation],
                     resource_names[rights[i].resource],
                     rights[i].prefixed ? "PREFIXED" : "LITERAL", prefix, rights[i].name);
    }
}

static int run_acl(struct call *call)
{
    static struct right rights[RIGHTS_MAX];
    const char *bootstrap = settings_text(call->settings, "bootstrap.servers");
    const char *prefix = settings_text(call->settings, "topic.prefix");
    const char *principals = call_flag(call, "principals");
    principals = principals ? principals : principals_default;
    if (principals[strcspn(principals, "\"\\ \t\n'")]) {
        return call_misused(call, "--principals takes the beginning of a name, as User:shortfall-");
    }
    uint32_t count = rights_list(rights);
    if (call_flag(call, "json")) {
        print_json(rights, count, principals, prefix);
    } else {
        print_calls(rights, count, *bootstrap ? bootstrap : "BROKER", principals, prefix);
    }
    return EXIT_DONE;
}

static const struct settings_flag flags_acl[] = {
    {"principals", "BEGINNING",
     "what the workers log in as, before their name; else User:shortfall-"},
    {"json", NULL, "one JSON object a right, a line each"},
    {0},
};

const struct command command_topics_acl = {
    .name = "topics acl",
    .arguments = "",
    .summary = "Prints the least rights of each worker, as calls of kafka-acls.sh",
    .flags = flags_acl,
    .offline = true,
    .run = run_acl,
};
