#define _GNU_SOURCE
#include "common/serve/listen.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/die.h"

// Splits HOST:PORT or [HOST]:PORT; dies with exit code 2 if it is none.
static void split_address(const char *listen, char *host, size_t size, const char **port)
{
    const char *colon = strrchr(listen, ':');
    bool bracket = listen[0] == '[' && colon > listen && colon[-1] == ']';
    size_t length = colon != NULL ? (size_t)(colon - listen) - 2 * bracket : 0;
    if (colon == NULL || colon[1] == '\0' || strspn(colon + 1, "0123456789") != strlen(colon + 1) || length >= size || (length == 0 && bracket) ||
        strtoul(colon + 1, NULL, 10) > 65535)
        die_usage("--listen %s: wanted HOST:PORT, such as 127.0.0.1:8501", quoted_text(listen));
    memcpy(host, listen + bracket, length);
    host[length] = '\0';
    *port = colon + 1;
}

int listen_open(const char *address)
{
    char host[128];
    const char *port;
    split_address(address, host, sizeof host, &port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    int fault = getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &found);
    if (fault != 0)
        die(EXIT_WORLD, "--listen %s: %s", quoted_text(address), gai_strerror(fault));
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0)
        die(EXIT_WORLD, "socket:");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0)
        die(EXIT_WORLD, "listen on %s:", quoted_text(address));
    freeaddrinfo(found);
    return fd;
}

void listen_name(int fd, char name[LISTEN_NAME_BYTES])
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    char host[96] = "", port[16] = "";
    if (getsockname(fd, (struct sockaddr *)&bound, &length) == 0)
        getnameinfo((struct sockaddr *)&bound, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(name, LISTEN_NAME_BYTES, bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}
