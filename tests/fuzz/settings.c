/* Any bytes as a configuration file: refused in words, or what was read, printed, reads the same.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/input_file.h"
#include "kit/settings.h"

static struct settings *load(const char *path, struct error *error)
{
    char *arguments[] = {(char *)"fuzz", (char *)"--config", (char *)(uintptr_t)path, NULL};
    struct settings *settings = NULL;
    enum status status = settings_load(SETTINGS_CASEWORKER, 3, arguments, &settings, error);
    must(status == OK || status == FATAL);
    must(status == OK || error->text[0]);
    return status == OK ? settings : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[INPUT_PATH_SIZE];
    char *printed = NULL;
    size_t printed_size = 0;
    struct error error = {{0}};
    int descriptor = input_file(data, size, path);
    struct settings *settings = load(path, &error);
    (void)close(descriptor);
    if (!settings) {
        return 0;
    }
    FILE *out = open_memstream(&printed, &printed_size);
    must(out);
    settings_print(settings, out);
    must(fclose(out) == 0);
    descriptor = input_file((const uint8_t *)printed, printed_size, path);
    struct settings *again = load(path, &error);
    (void)close(descriptor);
    if (!again) { /* secrets are masked, and files of theirs may not be there */
        must(strstr(printed, "***") || strstr(printed, "_file"));
    }
    settings_free(again);
    settings_free(settings);
    free(printed);
    return 0;
}
