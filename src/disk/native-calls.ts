import { bunLibc } from './bun-libc.ts'
import { koffiLibc } from './koffi-libc.ts'
import { LinuxNativeCalls } from './linux-native-calls.ts'
import type { Libc } from './linux-native-calls.ts'

/** The few system calls that neither Node nor Bun offers. None of them yields to the event loop. */
export interface NativeCalls {
  /**
   * Takes, changes or gives back the lock of a whole open file (`fcntl(F_OFD_SETLK)`), without waiting. The lock belongs to
   * the open file, not to the process: two opens of one file exclude each other also inside one process.
   * Returns `held` when somebody else's lock is in the way, else the system's name of the failure (`EBADF`, `ENOLCK`...).
   */
  ofdLock(fd: number, kind: 'shared' | 'exclusive' | 'unlock'): 'ok' | 'held' | (string & {})
  /**
   * The size of an open file in bytes, -1 when it cannot be told. A quarter of the price of `fstat` in JavaScript, which builds
   * an object of 18 fields; an appender asks under the lock before every batch. Moves the file's own position, which nothing here uses.
   */
  fileSize(fd: number): number
  /**
   * Waits until a descriptor can be read or written without waiting, at most `timeoutMs` (-1: for ever). `interrupted` when a
   * signal came, also one with a handler: this is the only wait here that a signal ends. Called before each read and write of a
   * pipe, so it makes no objects.
   */
  poll(fd: number, wanted: PollWanted, timeoutMs: number): PollResult
  /** See `OpenFile.map`. `undefined` when the system refuses, or the runtime cannot show foreign memory as bytes. */
  mapShared(fd: number, bytes: number): Uint8Array | undefined
  /**
   * Puts what has come through a socket into the front of `target`, without waiting; returns how many bytes. 0 when there are none, or none will come any
   * more, as whoever asks next hears.
   */
  receive(socket: number, target: Uint8Array): number
  /** Sends bytes that others follow at once through a socket, or a pipe that does not wait; returns how many the system took, 0 when none. */
  sendAhead(socket: number, bytes: Uint8Array): number
  /** Sends bytes of a file through a socket or pipe that does not wait; returns how many the system took, 0 when none. */
  sendFile(socket: number, file: number, position: number, bytes: number): number
  /** See `OpenFile.reserve`; false when the system refuses. */
  reserve(fd: number, position: number, bytes: number): boolean
  /** Whether a descriptor would be closed by `exec`. */
  closesOnExec(fd: number): boolean
  /** Whether a signal, by its number, is ignored: set so by whoever started us, as long as nobody here handles it. */
  ignoresSignal(signal: number): boolean
  /** Asks for a pipe buffer of so many bytes; true when it was given. Best effort: only speed depends on it. */
  setPipeSize(fd: number, bytes: number): boolean
  /** From now on this end of a pipe does not wait: reads and writes fail with `EAGAIN` instead. False when the system refuses. */
  setNonBlocking(fd: number): boolean
  /** A pipe that no child inherits by itself; `undefined` when there are too many open files. */
  openPipe(): PipeEnds | undefined
}

/** The descriptors of a pipe. */
export interface PipeEnds {
  readonly readEnd: number
  readonly writeEnd: number
}

/** What to wait for; that the other end is gone ends every wait. */
export type PollWanted = 'readable' | 'writable' | 'hang-up'

/**
 * `ready`: what was wanted is there. `hung-up`: only the other end is gone (`POLLHUP`, `POLLERR`), or there is no such descriptor
 * (`POLLNVAL`).
 */
export type PollResult = 'ready' | 'hung-up' | 'timeout' | 'interrupted'

/** What `nativeCalls` gave, once somebody has asked; shared by the open files of one file system. */
export class NativeCallsOnDemand {
  readonly #find: () => NativeCalls | undefined
  #found: NativeCalls | undefined
  #isSearched = false

  constructor(find: () => NativeCalls | undefined) {
    this.#find = find
  }

  /** The calls if they are loaded already. */
  get ifLoaded(): NativeCalls | undefined {
    return this.#found
  }

  /** The calls, loaded now if need be. */
  get(): NativeCalls | undefined {
    if (!this.#isSearched) {
      this.#isSearched = true
      this.#found = this.#find()
    }
    return this.#found
  }
}

let found: NativeCalls | undefined
let isSearched = false

/**
 * The calls of this machine, or `undefined` where there are none: another system than 64-bit Linux, or plain Node without
 * koffi. Kept for the life of the process, the one exception to "no module state": a library that is loaded cannot be
 * loaded again otherwise, and loading costs 1 ms (Bun) to 100 ms (koffi).
 */
export function nativeCalls(): NativeCalls | undefined {
  if (!isSearched) {
    isSearched = true
    const libc = findLibc()
    found = libc && new LinuxNativeCalls(libc)
  }
  return found
}

function findLibc(): Libc | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    return bunLibc() ?? koffiLibc()
  } catch {
    // Another libc than glibc has another name.
    return undefined
  }
}
