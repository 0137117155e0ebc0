/* Waits until a broker answers Metadata: connects and asks again every half millisecond. Exit code 1 when none does within 60 seconds.
 *   first-metadata PORT */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* size 15 | Metadata 3, version 1, correlation 7, client "b" | topics: none */
static const uint8_t request[] = {0, 0, 0, 15, 0, 3, 0, 1, 0, 0, 0, 7, 0, 1, 'b', 0, 0, 0, 0};

static int receive(int fd, uint8_t *to, size_t bytes) {
  for (size_t have = 0; have < bytes;) {
    ssize_t n = recv(fd, to + have, bytes - have, 0);
    if (n <= 0) return 0;
    have += n;
  }
  return 1;
}

static int is_answered(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), answered = 0;
  struct timeval patience = {.tv_sec = 5};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  uint8_t head[8], body[65536];
  if (!connect(fd, (void *)&a, sizeof a) && send(fd, request, sizeof request, MSG_NOSIGNAL) == sizeof request && receive(fd, head, 8)) {
    uint32_t size;
    memcpy(&size, head, 4);
    size = ntohl(size);
    answered = head[7] == 7 && size >= 4 && size - 4 <= sizeof body && receive(fd, body, size - 4);
  }
  close(fd);
  return answered;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  for (time_t end = time(NULL) + 60; time(NULL) < end;) {
    if (is_answered(atoi(argv[1]))) return 0;
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
  }
  fprintf(stderr, "no broker answers on port %s\n", argv[1]);
  return 1;
}
