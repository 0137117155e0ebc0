import type { Libc } from './linux-native-calls.ts'

/** The part of `bun:ffi` used here. */
interface BunFfi {
  dlopen(library: string, functions: Record<string, { args: string[]; returns: string }>): { symbols: Symbols } | Error
  toArrayBuffer(pointer: number, byteOffset: number, byteLength: number): ArrayBuffer
  readonly read: { readonly i32: (pointer: number) => number }
}

interface Symbols {
  readonly fcntl: (fd: number, command: number, argument: Uint8Array | number) => number
  readonly lseek: (fd: number, offset: number, whence: number) => number
  readonly pipe2: (ends: Uint8Array, flags: number) => number
  readonly poll: (descriptors: Uint8Array, count: number, timeoutMs: number) => number
  readonly send: (fd: number, bytes: Uint8Array, length: number, flags: number) => number
  readonly sendfile: (socket: number, file: number, offset: Uint8Array, count: number) => number
  readonly fallocate: (fd: number, mode: number, position: number, bytes: number) => number
  /** Address, length, protection, flags, descriptor, offset. */
  readonly mmap: (...values: (number | null)[]) => number
  readonly __errno_location: () => number
}

/**
 * libc through Bun's own foreign function interface (0.2 ms to open); `undefined` on another runtime. It is asked for at run
 * time, so that neither Node nor a bundler looks for a module of that name.
 */
export function bunLibc(): Libc | undefined {
  const ffi = findFfi()
  if (ffi === undefined) return undefined
  const opened = ffi.dlopen('libc.so.6', {
    fcntl: { args: ['i32', 'i32', 'ptr'], returns: 'i32' },
    lseek: { args: ['i32', 'i64_fast', 'i32'], returns: 'i64_fast' },
    poll: { args: ['ptr', 'u64', 'i32'], returns: 'i32' },
    send: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64_fast' },
    sendfile: { args: ['i32', 'i32', 'ptr', 'u64'], returns: 'i64_fast' },
    pipe2: { args: ['ptr', 'i32'], returns: 'i32' },
    fallocate: { args: ['i32', 'i32', 'i64_fast', 'i64_fast'], returns: 'i32' },
    mmap: { args: ['ptr', 'u64', 'i32', 'i32', 'i32', 'i64_fast'], returns: 'ptr' },
    __errno_location: { args: [], returns: 'ptr' },
  })
  // What stands behind the module returns what the module throws.
  if (opened instanceof Error) throw opened
  const { symbols } = opened
  // The place of `errno` is fixed for a thread, and reading it is no call, so nothing can overwrite it in between.
  const errnoPlace = symbols.__errno_location()
  const readInt = ffi.read.i32
  return {
    fcntlBytes: symbols.fcntl,
    fcntlNumber: symbols.fcntl,
    seek: symbols.lseek,
    poll: symbols.poll,
    send: symbols.send,
    sendFile: symbols.sendfile,
    allocate: symbols.fallocate,
    pipe: symbols.pipe2,
    mapShared: (fd, bytes) => {
      const address = symbols.mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0)
      // MAP_FAILED is -1, the largest address there is.
      return address > 0 && address < 2 ** 52 ? new Uint8Array(ffi.toArrayBuffer(address, 0, bytes)) : undefined
    },
    errno: () => readInt(errnoPlace),
  }
}

const PROT_READ_WRITE = 3
const MAP_SHARED = 1

/** `Bun.FFI` is what the module `bun:ffi` is a thin skin over; to load that module takes longer than to open the library. */
function findFfi(): BunFfi | undefined {
  if (process.versions['bun'] === undefined) return undefined
  const { Bun: bun } = globalThis as { Bun?: { FFI?: object } }
  if (isBunFfi(bun?.FFI)) return bun.FFI
  const module = process.getBuiltinModule('bun:ffi')
  return isBunFfi(module) ? module : undefined
}

function isBunFfi(module: object | undefined): module is BunFfi {
  return module !== undefined && 'dlopen' in module && 'read' in module
}
