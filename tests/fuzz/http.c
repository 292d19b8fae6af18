/* Any bytes to the port of probes and metrics: it answers or closes, and serves the next one. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "fuzz/input_file.h"
#include "kit/http.h"

enum { ANSWER_WAIT_MS = 20, PROBE_WAIT_MS = 5000, ANSWER_SIZE = 65536 };

static struct http *http;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    struct error error;
    must(http_start("127.0.0.1:0", &http, &error) == OK);
    return 0;
}

/* Sends the bytes and reads until the end, or until nothing comes for so long. */
static size_t ask(const void *data, size_t size, int wait_ms, char answer[ANSWER_SIZE])
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)http_port(http))};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(descriptor >= 0);
    must(connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0);
    (void)send(descriptor, data, size, MSG_NOSIGNAL);
    size_t used = 0;
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    while (used < ANSWER_SIZE - 1 && poll(&wait, 1, wait_ms) == 1) {
        ssize_t count = recv(descriptor, answer + used, ANSWER_SIZE - 1 - used, 0);
        if (count <= 0) {
            break;
        }
        used += (size_t)count;
    }
    answer[used] = '\0';
    (void)close(descriptor);
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char probe[] = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    static char answer[ANSWER_SIZE];
    static unsigned number;
    (void)ask(data, size, ANSWER_WAIT_MS, answer);
    if (number++ % 32 == 0) {
        http_beat(http);
        must(ask(probe, sizeof probe - 1, PROBE_WAIT_MS, answer) > 0);
        must(strstr(answer, " 200 "));
    }
    return 0;
}
