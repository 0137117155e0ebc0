import type { FileLibc } from './linux-file-calls.ts'
import type { Libc } from './linux-native-calls.ts'

/** The part of `bun:ffi` used here. */
interface BunFfi {
  dlopen<Name extends string>(
    library: string,
    functions: Readonly<Record<Name, Signature>>,
  ): { symbols: Readonly<Record<Name, Call>> } | Error
  toArrayBuffer(pointer: number, byteOffset: number, byteLength: number): ArrayBuffer
  readonly read: { readonly i32: (pointer: number) => number }
}

interface Signature {
  readonly args: readonly string[]
  readonly returns: string
}

type Call = (...values: (number | Uint8Array | null)[]) => number

/** The functions of libc that are asked for, by name. Each costs some 15 us: so only what is needed soon is opened together. */
function open<Name extends string>(
  ffi: BunFfi,
  functions: Readonly<Record<Name, Signature>>,
): Readonly<Record<Name, Call>> {
  const opened = ffi.dlopen('libc.so.6', functions)
  // What stands behind the module returns what the module throws.
  if (opened instanceof Error) throw opened
  return opened.symbols
}

/**
 * libc through Bun's own foreign function interface; `undefined` on another runtime. It is asked for at run time, so that neither Node nor a
 * bundler looks for a module of that name.
 */
export function bunLibc(): Libc | undefined {
  const ffi = findFfi()
  if (ffi === undefined) return undefined
  const { fcntl, poll, sigaction } = open(ffi, {
    fcntl: { args: ['i32', 'i32', 'ptr'], returns: 'i32' },
    poll: { args: ['ptr', 'u64', 'i32'], returns: 'i32' },
    sigaction: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
  })
  const appending = onDemand(() =>
    open(ffi, {
      lseek: { args: ['i32', 'i64_fast', 'i32'], returns: 'i64_fast' },
      mmap: { args: ['ptr', 'u64', 'i32', 'i32', 'i32', 'i64_fast'], returns: 'ptr' },
    }),
  )
  const seldom = onDemand(() =>
    open(ffi, {
      recv: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64_fast' },
      send: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64_fast' },
      write: { args: ['i32', 'ptr', 'u64'], returns: 'i64_fast' },
      sendfile: { args: ['i32', 'i32', 'ptr', 'u64'], returns: 'i64_fast' },
      pipe2: { args: ['ptr', 'i32'], returns: 'i32' },
      fallocate: { args: ['i32', 'i32', 'i64_fast', 'i64_fast'], returns: 'i32' },
    }),
  )
  return {
    fcntlBytes: fcntl,
    fcntlNumber: fcntl,
    poll,
    signalAction: (signal, action) => sigaction(signal, null, action),
    seek: (fd, offset, whence) => appending().lseek(fd, offset, whence),
    mapShared: (fd, bytes) => {
      const address = appending().mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0)
      // MAP_FAILED is -1, the largest address there is.
      return address > 0 && address < 2 ** 52 ? new Uint8Array(ffi.toArrayBuffer(address, 0, bytes)) : undefined
    },
    receive: (fd, bytes, length, how) => seldom().recv(fd, bytes, length, how),
    send: (fd, bytes, length, how) => seldom().send(fd, bytes, length, how),
    write: (fd, bytes, length) => seldom().write(fd, bytes, length),
    sendFile: (socket, file, offset, count) => seldom().sendfile(socket, file, offset, count),
    allocate: (fd, mode, position, bytes) => seldom().fallocate(fd, mode, position, bytes),
    pipe: (ends, how) => seldom().pipe2(ends, how),
    errno: errnoReader(ffi),
  }
}

/** libc's calls for files in the same way; `undefined` also where it is too old to have all of them. */
export function bunFileLibc(): FileLibc | undefined {
  const ffi = findFfi()
  if (ffi === undefined) return undefined
  try {
    const libc = open(ffi, {
      open: { args: ['ptr', 'i32', 'i32'], returns: 'i32' },
      close: { args: ['i32'], returns: 'i32' },
      read: { args: ['i32', 'ptr', 'u64'], returns: 'i64_fast' },
      pread: { args: ['i32', 'ptr', 'u64', 'i64_fast'], returns: 'i64_fast' },
      write: { args: ['i32', 'ptr', 'u64'], returns: 'i64_fast' },
      statx: { args: ['i32', 'ptr', 'i32', 'u32', 'ptr'], returns: 'i32' },
      // The youngest of all: glibc has it since 2.30.
      getdents64: { args: ['i32', 'ptr', 'u64'], returns: 'i64_fast' },
    })
    const seldom = onDemand(() =>
      open(ffi, {
        pwrite: { args: ['i32', 'ptr', 'u64', 'i64_fast'], returns: 'i64_fast' },
        fdatasync: { args: ['i32'], returns: 'i32' },
      }),
    )
    return {
      ...libc,
      readAt: libc.pread,
      listInto: libc.getdents64,
      writeAt: (fd, source, length, position) => seldom().pwrite(fd, source, length, position),
      sync: (fd) => seldom().fdatasync(fd),
      errno: errnoReader(ffi),
    }
  } catch {
    return undefined
  }
}

function onDemand<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

/** The place of `errno` is fixed for a thread, and reading it is no call, so nothing can overwrite it in between. */
function errnoReader(ffi: BunFfi): () => number {
  errnoPlace ??= open(ffi, { __errno_location: { args: [], returns: 'ptr' } }).__errno_location()
  const place = errnoPlace
  const readInt = ffi.read.i32
  return () => readInt(place)
}

let errnoPlace: number | undefined

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
