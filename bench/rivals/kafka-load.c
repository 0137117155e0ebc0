/* A load generator for brokers: so many requests over C connections, each with N in flight. Prints requests, MB/s and latencies; exit code 1
 * when a connection ends or a partition is refused.
 *   kafka-load PORT produce TOPIC RECORD_BYTES RECORDS_PER_BATCH CONNECTIONS IN_FLIGHT REQUESTS ACKS
 *   kafka-load PORT fetch   TOPIC MAX_BYTES    -                CONNECTIONS IN_FLIGHT REQUESTS -
 * Produce is version 7, Fetch version 4; partition 0. Fetch begins at offset 0 again when it comes to the high
 * watermark: nothing is asked for that would have to be waited for. */
#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }

static uint32_t table[256];
static uint32_t crc32c(const uint8_t *p, size_t n) {
  uint32_t c = ~0u;
  while (n--) c = (c >> 8) ^ table[(c ^ *p++) & 255];
  return ~c;
}

static uint8_t *put8(uint8_t *p, int v) { *p = v; return p + 1; }
static uint8_t *put16(uint8_t *p, int v) { p[0] = v >> 8; p[1] = v; return p + 2; }
static uint8_t *put32(uint8_t *p, uint32_t v) { v = htonl(v); memcpy(p, &v, 4); return p + 4; }
static uint8_t *put64(uint8_t *p, int64_t v) { uint64_t u = htobe64(v); memcpy(p, &u, 8); return p + 8; }
static uint8_t *putstr(uint8_t *p, const char *s) { p = put16(p, strlen(s)); memcpy(p, s, strlen(s)); return p + strlen(s); }
static uint8_t *putvar(uint8_t *p, int32_t v) {
  uint32_t u = ((uint32_t)v << 1) ^ (v >> 31);
  while (u > 127) { *p++ = (u & 127) | 128; u >>= 7; }
  *p++ = u;
  return p;
}
static int varlen(int32_t v) { uint8_t b[8]; return putvar(b, v) - b; }

static uint8_t *putbatch(uint8_t *b, int bytes, int count) {
  int64_t ms = (int64_t)time(NULL) * 1000;
  uint8_t *p = b + 61;
  for (int i = 0; i < count; i++) {
    int body = 1 + 1 + varlen(i) + 1 + varlen(bytes) + bytes + 1;
    p = putvar(p, body); *p++ = 0; *p++ = 0; p = putvar(p, i); *p++ = 1; p = putvar(p, bytes);
    memset(p, 'x', bytes); p += bytes; *p++ = 0;
  }
  put64(b, 0); put32(b + 8, p - b - 12); put32(b + 12, 0); put8(b + 16, 2); put16(b + 21, 0); put32(b + 23, count - 1);
  put64(b + 27, ms); put64(b + 35, ms); put64(b + 43, -1); put16(b + 51, -1); put32(b + 53, -1); put32(b + 57, count);
  put32(b + 17, crc32c(b + 21, p - b - 21));
  return p;
}

typedef struct { int fd; uint8_t *in; size_t have, cap; size_t out_at; int inflight; double sent[4096]; unsigned head, tail; int64_t offset; } conn;
static double lat[4000000]; static size_t lats;
static int cmp(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return (x > y) - (x < y); }

int main(int argc, char **argv) {
  if (argc < 10) return 2;
  for (int i = 0; i < 256; i++) { uint32_t c = i; for (int k = 0; k < 8; k++) c = (c >> 1) ^ (0x82f63b78 & -(c & 1)); table[i] = c; }
  int port = atoi(argv[1]), is_fetch = argv[2][0] == 'f', bytes = atoi(argv[4]), count = atoi(argv[5]);
  int conns = atoi(argv[6]), inflight = atoi(argv[7]), acks = atoi(argv[9]); size_t total = atol(argv[8]), asked = 0;
  uint8_t *req = malloc(is_fetch ? 4096 : (size_t)count * (bytes + 32) + 4096), *p = req + 4;
  p = put16(p, is_fetch); p = put16(p, is_fetch ? 4 : 7); p = put32(p, 1); p = putstr(p, "load");
  uint8_t *offset_at = NULL;
  if (is_fetch) {
    p = put32(p, -1); p = put32(p, 500); p = put32(p, 1); p = put32(p, bytes); *p++ = 0;
    p = put32(p, 1); p = putstr(p, argv[3]); p = put32(p, 1); p = put32(p, 0); offset_at = p; p = put64(p, 0); p = put32(p, bytes);
  } else {
    p = put16(p, -1); p = put16(p, acks); p = put32(p, 30000); p = put32(p, 1); p = putstr(p, argv[3]); p = put32(p, 1); p = put32(p, 0);
    uint8_t *size_at = p; p += 4; uint8_t *end = putbatch(p, bytes, count); put32(size_at, end - p); p = end;
  }
  size_t req_bytes = p - req; put32(req, req_bytes - 4);
  conn *c = calloc(conns, sizeof *c); struct pollfd *pf = calloc(conns, sizeof *pf);
  for (int i = 0; i < conns; i++) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c[i].fd = socket(AF_INET, SOCK_STREAM, 0); int one = 1; setsockopt(c[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c[i].fd, (void *)&a, sizeof a)) { perror("connect"); return 1; }
    c[i].cap = 1 << 22; c[i].in = malloc(c[i].cap); pf[i].fd = c[i].fd;
  }
  double start = now(); size_t done = 0, got = 0; int errors = 0;
  while (done < total) {
    for (int i = 0; i < conns; i++) pf[i].events = POLLIN | (c[i].inflight < inflight && asked < total ? POLLOUT : 0);
    poll(pf, conns, 100);
    for (int i = 0; i < conns; i++) {
      conn *k = &c[i];
      while ((pf[i].revents & POLLOUT) && k->inflight < inflight && (asked < total || k->out_at > 0)) {
        if (is_fetch && k->out_at == 0) put64(offset_at, k->offset);
        ssize_t n = send(k->fd, req + k->out_at, req_bytes - k->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n <= 0) break;
        k->out_at += n;
        if (k->out_at < req_bytes) break;
        k->out_at = 0; k->inflight++; asked++; k->sent[k->head++ & 4095] = now();
      }
      if (!(pf[i].revents & (POLLIN | POLLHUP))) continue;
      ssize_t n = recv(k->fd, k->in + k->have, k->cap - k->have, MSG_DONTWAIT);
      if (n == 0) { fprintf(stderr, "closed\n"); return 1; }
      if (n < 0) continue;
      k->have += n; got += n;
      size_t at = 0;
      while (k->have - at >= 4) {
        uint32_t size; memcpy(&size, k->in + at, 4); size = ntohl(size);
        if (k->have - at < size + 4) { if (size + 4 > k->cap) { k->cap = size + 4; k->in = realloc(k->in, k->cap); } break; }
        uint8_t *r = k->in + at + 8;
        if (is_fetch) { /* throttle 4, topics 4, name, partitions 4, index 4, error 2, hw 8, lso 8, aborted 4, size 4, records */
          uint8_t *q = r + 8; q += 2 + ((q[0] << 8) | q[1]) + 4 + 4; if (q[0] | q[1]) errors++;
          int64_t high; memcpy(&high, q + 2, 8); high = be64toh(high); q += 2 + 16 + 4; uint32_t rs; memcpy(&rs, q, 4); rs = ntohl(rs); q += 4;
          uint8_t *e = q + rs; int64_t next = rs < 61 ? 0 : k->offset;
          while (q + 61 <= e) { uint64_t b; uint32_t l, d; memcpy(&b, q, 8); memcpy(&l, q + 8, 4); memcpy(&d, q + 23, 4);
            if (q + 12 + ntohl(l) > e) break; next = be64toh(b) + ntohl(d) + 1; q += 12 + ntohl(l); }
          k->offset = next < high ? next : 0;
        } else { uint8_t *q = r + 4; q += 2 + ((q[0] << 8) | q[1]) + 4 + 4; if (q[0] | q[1]) errors++; }
        at += size + 4; done++; k->inflight--;
        if (lats < sizeof lat / sizeof *lat) lat[lats++] = now() - k->sent[k->tail++ & 4095];
      }
      memmove(k->in, k->in + at, k->have - at); k->have -= at;
    }
  }
  double took = now() - start; qsort(lat, lats, sizeof *lat, cmp);
  printf("%.0f requests/s  %.1f MB/s  p50 %.2f ms  p99 %.2f ms  errors %d\n", done / took,
         (is_fetch ? (double)got : (double)done * req_bytes) / took / 1e6, lat[lats / 2] * 1e3, lat[lats * 99 / 100] * 1e3, errors);
  return errors > 0;
}
