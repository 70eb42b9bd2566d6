/*
 * A small diagnostics daemon, invented for the example: answers "status" on UDP port 9970 with the uptime.
 * Compiled without any hardening (see generate-images): no PIE, no RELRO, an executable stack, no stack
 * canary, no fortified calls; and it copies what it received with strcpy, which is the planted weakness.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void answer(int handle, const char *received, struct sockaddr_in *peer, socklen_t size)
{
    char request[64];
    char reply[128];
    FILE *file = fopen("/proc/uptime", "r");
    double uptime = 0;

    strcpy(request, received);
    if (file) {
        if (fscanf(file, "%lf", &uptime) != 1)
            uptime = 0;
        fclose(file);
    }
    sprintf(reply, "%s: up %.0f s\n", request, uptime);
    sendto(handle, reply, strlen(reply), 0, (struct sockaddr *)peer, size);
}

int main(void)
{
    char received[1500];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9970)};
    int handle = socket(AF_INET, SOCK_DGRAM, 0);

    if (handle < 0 || bind(handle, (struct sockaddr *)&address, sizeof address) < 0)
        return 1;
    for (;;) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        ssize_t length = recvfrom(handle, received, sizeof received - 1, 0, (struct sockaddr *)&peer, &size);
        if (length < 0)
            continue;
        received[length] = 0;
        answer(handle, received, &peer, size);
    }
}
