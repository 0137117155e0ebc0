import { assert } from '../base/assert.ts'
import { errnoName } from './errno-names.ts'
import type { NativeCalls, PipeEnds, PollResult, PollWanted } from './native-calls.ts'

/** The entry points of libc used here. A buffer is passed by address and need not live longer than the call. */
export interface Libc {
  fcntlBytes(fd: number, command: number, argument: Uint8Array): number
  fcntlNumber(fd: number, command: number, argument: number): number
  seek(fd: number, offset: number, whence: number): number
  /** Returns -1 on failure, as `fcntl` does. */
  poll(descriptors: Uint8Array, count: number, timeoutMs: number): number
  /** Returns -1 on failure, as `send` and `sendFile` do. */
  receive(fd: number, bytes: Uint8Array, length: number, flags: number): number
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number
  /** Returns -1 on failure. */
  write(fd: number, bytes: Uint8Array, length: number): number
  /** `offset` is an int64 in the machine's order. */
  sendFile(socket: number, file: number, offset: Uint8Array, count: number): number
  /** `pipe2`: puts the descriptors of both ends into 8 bytes. Returns -1 on failure. */
  pipe(ends: Uint8Array, flags: number): number
  /** `sigaction` that changes nothing: puts what the signal does into `action`. Returns -1 on failure. */
  signalAction(signal: number, action: Uint8Array): number
  /** Returns 0, or -1 on failure. */
  allocate(fd: number, mode: number, position: number, bytes: number): number
  /** `mmap(MAP_SHARED)` of the start of a file, readable and writable. */
  mapShared(fd: number, bytes: number): Uint8Array | undefined
  /** `errno` of the call just made. */
  errno(): number
}

/** `NativeCalls` as 64-bit Linux lays its structures out (x86-64 and arm64 agree on all of it). */
export class LinuxNativeCalls implements NativeCalls {
  readonly #libc: Libc
  /** One `struct pollfd`: `0 fd int32 | 4 events int16 | 6 revents int16`; every machine that this runs on is little-endian. */
  readonly #watched = new Int32Array(2)
  readonly #watchedBytes = new Uint8Array(this.#watched.buffer)
  readonly #offset = new BigInt64Array(1)
  readonly #offsetBytes = new Uint8Array(this.#offset.buffer)

  constructor(libc: Libc) {
    this.#libc = libc
  }

  ofdLock(fd: number, kind: 'shared' | 'exclusive' | 'unlock'): 'ok' | 'held' | (string & {}) {
    while (this.#libc.fcntlBytes(fd, F_OFD_SETLK, flocks[kind]) < 0) {
      const code = errnoName(this.#libc.errno())
      if (code === 'EAGAIN' || code === 'EACCES') return 'held'
      // A file system that asks another machine may hear a signal first.
      if (code !== 'EINTR') return code
    }
    return 'ok'
  }

  fileSize(fd: number): number {
    return this.#libc.seek(fd, 0, SEEK_END)
  }

  poll(fd: number, wanted: PollWanted, timeoutMs: number): PollResult {
    const watched = this.#watched
    watched[0] = fd
    watched[1] = pollEvents[wanted]
    const count = this.#libc.poll(this.#watchedBytes, 1, timeoutMs)
    // Events are asked for in the lower half and answered in the upper one.
    if (count > 0) return ((watched[1] ?? 0) >> 16) & pollEvents[wanted] ? 'ready' : 'hung-up'
    if (count === 0) return 'timeout'
    const code = errnoName(this.#libc.errno())
    assert(code === 'EINTR', `poll of descriptor ${fd}: ${code}`)
    return 'interrupted'
  }

  mapShared(fd: number, bytes: number): Uint8Array | undefined {
    return this.#libc.mapShared(fd, bytes)
  }

  receive(socket: number, target: Uint8Array): number {
    return Math.max(0, this.#libc.receive(socket, target, target.length, MSG_DONTWAIT))
  }

  sendAhead(socket: number, bytes: Uint8Array): number {
    const sent = this.#libc.send(socket, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE)
    const isPipe = sent < 0 && errnoName(this.#libc.errno()) === 'ENOTSOCK'
    return Math.max(0, isPipe ? this.#libc.write(socket, bytes, bytes.length) : sent)
  }

  sendFile(socket: number, file: number, position: number, bytes: number): number {
    this.#offset[0] = BigInt(position)
    return Math.max(0, this.#libc.sendFile(socket, file, this.#offsetBytes, bytes))
  }

  reserve(fd: number, position: number, bytes: number): boolean {
    return this.#libc.allocate(fd, FALLOC_FL_KEEP_SIZE, position, bytes) === 0
  }

  closesOnExec(fd: number): boolean {
    const flags = this.#libc.fcntlNumber(fd, F_GETFD, 0)
    return flags >= 0 && (flags & FD_CLOEXEC) !== 0
  }

  ignoresSignal(signal: number): boolean {
    const action = new BigUint64Array(SIGACTION_BYTES / 8)
    return this.#libc.signalAction(signal, new Uint8Array(action.buffer)) === 0 && action[0] === SIG_IGN
  }

  setPipeSize(fd: number, bytes: number): boolean {
    return this.#libc.fcntlNumber(fd, F_SETPIPE_SZ, bytes) >= 0
  }

  setNonBlocking(fd: number): boolean {
    const flags = this.#libc.fcntlNumber(fd, F_GETFL, 0)
    return flags >= 0 && this.#libc.fcntlNumber(fd, F_SETFL, flags | O_NONBLOCK) >= 0
  }

  openPipe(): PipeEnds | undefined {
    const ends = new Int32Array(2)
    if (this.#libc.pipe(new Uint8Array(ends.buffer), O_CLOEXEC) < 0) return undefined
    const [readEnd = 0, writeEnd = 0] = ends
    return { readEnd, writeEnd }
  }
}

const O_CLOEXEC = 0o2000000
const O_NONBLOCK = 0o4000
/** More than `struct sigaction` has; what handles the signal comes first. */
const SIGACTION_BYTES = 256
const SIG_IGN = 1n
const F_GETFD = 1
const FD_CLOEXEC = 1
const F_GETFL = 3
const F_SETFL = 4
const F_OFD_SETLK = 37
const F_SETPIPE_SZ = 1031
const SEEK_END = 2
const FALLOC_FL_KEEP_SIZE = 1
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const MSG_MORE = 0x8000

/**
 * `struct flock` of a whole file, in each of its three kinds. Start, length and pid are 0: the whole file, however long it
 * gets, and the pid must be 0 for a lock of an open file.
 * ```
 *   0 l_type int16 | 2 l_whence int16 | 8 l_start int64 | 16 l_len int64 | 24 l_pid int32 | 28 padding
 * ```
 */
const flocks = { shared: flock(0), exclusive: flock(1), unlock: flock(2) } as const

function flock(type: number): Uint8Array {
  const bytes = new Uint8Array(32)
  bytes[0] = type
  return bytes
}

/** `POLLIN`, `POLLOUT`, and nothing: an end that is gone is always told. */
const pollEvents: Readonly<Record<PollWanted, number>> = { readable: 1, writable: 4, 'hang-up': 0 }
