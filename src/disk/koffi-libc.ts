import type { Libc } from './linux-native-calls.ts'

/** The part of the npm package `koffi` used here. */
interface Koffi {
  load(library: string): { func(prototype: string): (...values: (number | Uint8Array | null)[]) => number }
  errno(): number
}

/**
 * libc through the npm package koffi, for plain Node: a development dependency, so `undefined` where it is not installed.
 * Loaded by a made `require`, so that no bundler takes its 80 MB of prebuilt libraries along.
 */
export function koffiLibc(): Libc | undefined {
  const koffi = loadKoffi()
  if (koffi === undefined) return undefined
  const libc = koffi.load('libc.so.6')
  const fcntlBytes = libc.func('int fcntl(int fd, int command, _Inout_ uint8_t *argument)')
  const fcntlNumber = libc.func('int fcntl(int fd, int command, int64_t argument)')
  const seek = libc.func('int64_t lseek(int fd, int64_t offset, int whence)')
  const poll = libc.func('int poll(_Inout_ uint8_t *descriptors, uint64_t count, int timeout)')
  const pipe = libc.func('int pipe2(_Inout_ uint8_t *ends, int flags)')
  const receive = libc.func('int64_t recv(int fd, _Out_ uint8_t *bytes, uint64_t length, int flags)')
  const send = libc.func('int64_t send(int fd, const uint8_t *bytes, uint64_t length, int flags)')
  const write = libc.func('int64_t write(int fd, const uint8_t *bytes, uint64_t length)')
  const sendFile = libc.func('int64_t sendfile(int socket, int file, _Inout_ uint8_t *offset, uint64_t count)')
  const allocate = libc.func('int fallocate(int fd, int mode, int64_t position, int64_t bytes)')
  const sigaction = libc.func('int sigaction(int signal, const uint8_t *changed, _Inout_ uint8_t *action)')
  const signalAction = (signal: number, action: Uint8Array): number => sigaction(signal, null, action)
  const mapShared = (): undefined => undefined
  return {
    fcntlBytes,
    fcntlNumber,
    seek,
    poll,
    pipe,
    receive,
    signalAction,
    send,
    write,
    sendFile,
    allocate,
    mapShared,
    errno: () => koffi.errno(),
  }
}

function loadKoffi(): Koffi | undefined {
  try {
    const { createRequire } = process.getBuiltinModule('node:module')
    const module: unknown = createRequire(import.meta.url)('koffi')
    return isKoffi(module) ? module : undefined
  } catch {
    return undefined
  }
}

function isKoffi(module: unknown): module is Koffi {
  return typeof module === 'object' && module !== null && 'load' in module && 'errno' in module
}
