/*
 * The least a program can do to append safely beside others: lock the file, write 100 bytes, unlock. What eight of these reach
 * together is the limit for eight tslog producers that put each record in a batch of its own.
 *
 * locked-append FILE COUNT   appends COUNT times and prints its appends per second
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void set_lock(int fd, short type) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
  if (fcntl(fd, F_OFD_SETLKW, &lock) != 0) {
    perror("fcntl");
    exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int fd = open(argv[1], O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) {
    perror(argv[1]);
    return 1;
  }
  long count = atol(argv[2]);
  char record[100];
  memset(record, 'x', sizeof record);
  record[99] = '\n';
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (long n = 0; n < count; n++) {
    set_lock(fd, F_WRLCK);
    if (write(fd, record, sizeof record) != sizeof record) {
      perror("write");
      return 1;
    }
    set_lock(fd, F_UNLCK);
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
  printf("%.0f\n", (double)count / seconds);
  return 0;
}
