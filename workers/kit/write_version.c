#include "kit/write_version.h"

#include <stdlib.h>
#include <string.h>

#include "kit/nearest.h"

enum { VERSION_MAX = 100000, FOLDERS_MAX = 256 };

static enum status unknown_folder(const struct schema_store *store, struct text name,
                                  struct error *error)
{
    const char *names[FOLDERS_MAX];
    size_t count = 0;
    for (; count < store->folder_count && count < FOLDERS_MAX; count++) {
        names[count] = store->folders[count].name;
    }
    const char *nearest = nearest_name(name, names, count);
    return error_set(error, POISON, "write.version: there is no schema folder '%.*s'%s%s%s",
                     (int)name.size, name.data, nearest ? "; is '" : "", nearest ? nearest : "",
                     nearest ? "' meant?" : "");
}

static const struct schema_folder *folder_named(const struct schema_store *store, struct text name)
{
    for (uint32_t i = 0; i < store->folder_count; i++) {
        if (text_equal(text_of(store->folders[i].name), name)) {
            return &store->folders[i];
        }
    }
    return NULL;
}

/* One part, "shortage=2". */
static enum status apply_part(struct codec *codec, struct text part, struct error *error)
{
    const char *sign = memchr(part.data, '=', part.size);
    char digits[8];
    if (!sign) {
        return error_set(error, POISON, "write.version: '%.*s' is not TOPIC=VERSION",
                         (int)part.size, part.data);
    }
    struct text name = {part.data, (uint32_t)(sign - part.data)};
    size_t size = part.size - name.size - 1;
    const struct schema_folder *folder = folder_named(codec_schemas(codec), name);
    if (!folder) {
        return unknown_folder(codec_schemas(codec), name, error);
    }
    if (size == 0 || size >= sizeof digits || strspn(sign + 1, "0123456789") < size) {
        return error_set(error, POISON, "write.version: '%.*s' is no version", (int)size, sign + 1);
    }
    memcpy(digits, sign + 1, size);
    digits[size] = '\0';
    long version = strtol(digits, NULL, 10);
    if (version < 1 || version > VERSION_MAX) {
        return error_set(error, POISON, "write.version: '%s' is no version", digits);
    }
    enum status status = codec_set_write_version(codec, folder->name, (int)version, error);
    return status == OK ? OK : error_prefix(error, POISON, "write.version: ");
}

enum status write_version_apply(struct codec *codec, const char *setting, struct error *error)
{
    enum status status = OK;
    while (*setting && status == OK) {
        size_t size = strcspn(setting, ",");
        struct text part = {setting, (uint32_t)size};
        while (part.size && part.data[0] == ' ') {
            part.data++;
            part.size--;
        }
        while (part.size && part.data[part.size - 1] == ' ') {
            part.size--;
        }
        status = apply_part(codec, part, error);
        setting += size + (setting[size] == ',');
    }
    return status;
}
