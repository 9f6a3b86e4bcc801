// The socket that a server listens on.
//
//     int fd = listen_open("127.0.0.1:0");
//     char name[LISTEN_NAME_BYTES];
//     listen_name(fd, name);                             // "127.0.0.1:40511"
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

enum { LISTEN_NAME_BYTES = 128 };

//   address  HOST:PORT or [HOST]:PORT; port 0: a free one
// Dies with exit code 2 if it is no address, with 1 if it cannot listen there.
int listen_open(const char *address) __attribute__((warn_unused_result));

void listen_name(int fd, char name[LISTEN_NAME_BYTES]);

#endif
