import { nativeCalls } from '../disk/native-calls.ts'

/** What came first: the descriptor can be read or written, the time ran out, or a signal arrived. */
export type WaitResult = 'ready' | 'timeout' | 'interrupted'

/** Waiting for pipes, sockets and terminals without reading or writing them. */
export interface DescriptorWaits {
  /**
   * Blocks until `fd` can be read or written without waiting (also at its end, or when it failed), at most `timeoutMs`
   * (-1: no limit). After `interrupted`, a turn of the event loop lets signal handlers run.
   */
  wait(fd: number, wanted: 'readable' | 'writable', timeoutMs: number): WaitResult
  /** Whether the other end of a pipe or socket, or the terminal, is gone. */
  isHungUp(fd: number): boolean
}

/** Blocks this thread for `ms`. */
export function sleepMs(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** The waits of this machine. Where there is no `poll`, everything counts as ready, so that the read or write itself blocks. */
export const descriptorWaits: DescriptorWaits = {
  wait(fd, wanted, timeoutMs) {
    const answer = nativeCalls()?.poll(fd, wanted, timeoutMs)
    return answer === undefined || answer === 'hung-up' ? 'ready' : answer
  },
  isHungUp(fd) {
    return nativeCalls()?.poll(fd, 'hang-up', 0) === 'hung-up'
  },
}
