/* Any bytes as a policy file: refused with the file's name and what to do, or a policy. */
#include "fuzz/input_file.h"
#include "kit/policy_draft.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[INPUT_PATH_SIZE];
    struct policy_draft *draft = NULL;
    struct error error = {{0}};
    int descriptor = input_file(data, size, path);
    enum status status = policy_draft_read(path, &draft, &error);
    must(status == OK || (status == FATAL && strstr(error.text, path)));
    if (status == OK) {
        policy_draft_free(draft);
    }
    (void)close(descriptor);
    return 0;
}
