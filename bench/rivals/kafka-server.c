/* The least that a broker can do, as the limit for tslog serve: one topic, one partition, Produce version 7 (CRC-32C checked, offsets assigned,
 * pwrite) and Fetch version 4 (sendfile). One thread, epoll, no syncs.
 * Prints the port; 0 is any free one.
 *   kafka-server PORT LOGFILE */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <nmmintrin.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct { int fd; uint8_t *in; size_t have, cap; uint8_t *out; size_t out_at, out_have, out_cap; off_t file_at; size_t file_left; } conn;
static int log_fd; static off_t end_pos; static int64_t end_offset;
static struct { int64_t next; off_t pos; } *batches; static size_t nbatches, cap_batches;

static uint32_t crc(const uint8_t *p, size_t n) {
  uint64_t c = ~0u;
  for (; n >= 8; n -= 8, p += 8) { uint64_t v; memcpy(&v, p, 8); c = _mm_crc32_u64(c, v); }
  while (n--) c = _mm_crc32_u8(c, *p++);
  return ~(uint32_t)c;
}
static uint32_t get32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return ntohl(v); }
static int64_t get64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return be64toh(v); }
static int get16(const uint8_t *p) { return (int16_t)(p[0] << 8 | p[1]); }
static void put(conn *c, const void *p, size_t n) {
  if (c->out_have + n > c->out_cap) c->out = realloc(c->out, c->out_cap = (c->out_have + n) * 2);
  memcpy(c->out + c->out_have, p, n); c->out_have += n;
}
static void put16(conn *c, int v) { uint8_t b[2] = {v >> 8, v}; put(c, b, 2); }
static void put32(conn *c, uint32_t v) { v = htonl(v); put(c, &v, 4); }
static void put64(conn *c, int64_t v) { uint64_t u = htobe64(v); put(c, &u, 8); }

static int produce(conn *c, uint8_t *p, uint32_t corr) {
  int tx = get16(p); p += 2 + (tx > 0 ? tx : 0); p += 2 + 4 + 4; int name = get16(p); uint8_t *topic = p; p += 2 + name + 4 + 4;
  uint32_t size = get32(p); p += 4; int error = 0; int64_t base = end_offset;
  if (crc(p + 21, size - 21) != get32(p + 17)) error = 2;
  else {
    uint64_t be = htobe64(end_offset); memcpy(p, &be, 8); memset(p + 12, 0, 4);
    end_offset += get32(p + 23) + 1;
    if (pwrite(log_fd, p, size, end_pos) != (ssize_t)size) return -1;
    if (nbatches == cap_batches) batches = realloc(batches, (cap_batches = cap_batches * 2 + 1024) * sizeof *batches);
    batches[nbatches].next = end_offset; batches[nbatches++].pos = end_pos; end_pos += size;
  }
  put32(c, 4 + 4 + 2 + name + 4 + 4 + 2 + 8 + 8 + 8 + 4); put32(c, corr); put32(c, 1); put(c, topic, 2 + name);
  put32(c, 1); put32(c, 0); put16(c, error); put64(c, base); put64(c, -1); put64(c, 0); put32(c, 0);
  return 0;
}
static void fetch(conn *c, uint8_t *p, uint32_t corr) {
  p += 4 + 4 + 4 + 4 + 1 + 4; int name = get16(p); uint8_t *topic = p; p += 2 + name + 4 + 4;
  int64_t offset = get64(p); uint32_t max = get32(p + 8);
  size_t lo = 0, hi = nbatches;
  while (lo < hi) { size_t mid = (lo + hi) / 2; if (batches[mid].next > offset) hi = mid; else lo = mid + 1; }
  off_t from = lo < nbatches ? batches[lo].pos : end_pos, to = from;
  /* Whole batches, and the first whatever its size, as tslog has it. */
  for (size_t i = lo; i < nbatches; i++) {
    off_t next = i + 1 < nbatches ? batches[i + 1].pos : end_pos;
    if (i > lo && next - from > max) break;
    to = next;
  }
  size_t n = to - from;
  put32(c, 4 + 4 + 4 + 2 + name + 4 + 4 + 2 + 8 + 8 + 4 + 4 + n); put32(c, corr); put32(c, 0); put32(c, 1); put(c, topic, 2 + name);
  put32(c, 1); put32(c, 0); put16(c, 0); put64(c, end_offset); put64(c, end_offset); put32(c, -1); put32(c, n);
  c->file_at = from; c->file_left = n;
}
/* Sends what is there; 1 when all went, 0 when the socket is full. */
static int flush(conn *c) {
  while (c->out_at < c->out_have) {
    ssize_t n = send(c->fd, c->out + c->out_at, c->out_have - c->out_at, MSG_NOSIGNAL | (c->file_left ? MSG_MORE : 0));
    if (n < 0) return errno == EAGAIN ? 0 : -1;
    c->out_at += n;
  }
  c->out_at = c->out_have = 0;
  while (c->file_left) {
    ssize_t n = sendfile(c->fd, log_fd, &c->file_at, c->file_left);
    if (n < 0) return errno == EAGAIN ? 0 : -1;
    c->file_left -= n;
  }
  return 1;
}
static int work(conn *c) {
  size_t at = 0;
  while (c->file_left == 0 && c->have - at >= 4) {
    uint32_t size = get32(c->in + at);
    if (size + 4 > c->cap) { c->in = realloc(c->in, c->cap = size + 4); }
    if (c->have - at < size + 4) break;
    uint8_t *p = c->in + at + 4; int key = get16(p), ver = get16(p + 2); uint32_t corr = get32(p + 4); int client = get16(p + 8);
    uint8_t *body = p + 10 + (client > 0 ? client : 0);
    if (key == 0 && ver == 7) { if (produce(c, body, corr)) return -1; } else if (key == 1 && ver == 4) fetch(c, body, corr); else return -1;
    at += size + 4;
  }
  memmove(c->in, c->in + at, c->have - at); c->have -= at;
  return flush(c) < 0 ? -1 : 0;
}
int main(int argc, char **argv) {
  if (argc < 3) return 2;
  signal(SIGPIPE, SIG_IGN);
  log_fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0640);
  int l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1; setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(l, (void *)&a, sizeof a) || listen(l, 511)) { perror("listen"); return 1; }
  socklen_t alen = sizeof a; getsockname(l, (void *)&a, &alen); printf("127.0.0.1:%d\n", ntohs(a.sin_port)); fflush(stdout);
  int ep = epoll_create1(0); struct epoll_event e = {.events = EPOLLIN}; epoll_ctl(ep, EPOLL_CTL_ADD, l, &e);
  for (;;) {
    struct epoll_event es[64]; int n = epoll_wait(ep, es, 64, -1);
    for (int i = 0; i < n; i++) {
      conn *c = es[i].data.ptr;
      if (c == NULL) {
        int fd = accept4(l, NULL, NULL, SOCK_NONBLOCK); if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c = calloc(1, sizeof *c); c->fd = fd; c->in = malloc(c->cap = 1 << 20);
        struct epoll_event ce = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c}; epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ce);
        continue;
      }
      int bad = flush(c) < 0;
      while (!bad) {
        if (c->file_left || c->out_have) { int f = flush(c); if (f < 0) bad = 1; if (f <= 0) break; }
        if (c->have == c->cap) { bad = work(c) < 0; if (c->have == c->cap) break; continue; }
        ssize_t r = recv(c->fd, c->in + c->have, c->cap - c->have, 0);
        if (r == 0) bad = 1; else if (r < 0) { if (errno != EAGAIN) bad = 1; else { if (c->have) bad = work(c) < 0; break; } }
        else { c->have += r; bad = work(c) < 0; }
      }
      if (bad) { close(c->fd); free(c->in); free(c->out); free(c); }
    }
  }
}
