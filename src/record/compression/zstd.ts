import { MalformedMessageError } from '../../base/errors.ts'
import { decompressChecked, loadZlib, plainBytes, tooLarge } from './zlib.ts'

/** What makes and reads zstd frames: the addon of zstd-napi, or the platform's zlib where the addon cannot be loaded. */
export type ZstdImplementation = 'zstd-napi' | 'node:zlib'

/** 2^27 bytes (128 MiB): the largest window that Kafka's clients read, and more than any level asks for by itself. */
const windowLogMax = 27

/** Which implementation this process uses; loads it if that has not happened yet. */
export function zstdImplementation(): ZstdImplementation {
  return addon() === undefined ? 'node:zlib' : 'zstd-napi'
}

/** One zstd frame with its content size. `level` 1 to 22, or negative for faster than 1; 3 by default. */
export function zstdCompress(bytes: Uint8Array, level = 3): Uint8Array {
  const native = addon()
  return native === undefined ? compressWithZlib(bytes, level) : native.compress(bytes, level)
}

/** Writes what `zstdCompress` gives to the start of `target`; returns its size. Throws when `target` is too small. */
export function zstdCompressInto(target: Uint8Array, bytes: Uint8Array, level = 3): number {
  const native = addon()
  if (native !== undefined) return native.compressInto(target, bytes, level)
  const frame = compressWithZlib(bytes, level)
  target.set(frame)
  return frame.length
}

/** The most that a frame of `contentBytes` takes (`ZSTD_COMPRESSBOUND`). */
export function zstdFrameBytesMax(contentBytes: number): number {
  const small = contentBytes < 131_072 ? (131_072 - contentBytes) >>> 11 : 0
  return contentBytes + Math.ceil(contentBytes / 256) + small
}

/**
 * All frames of a zstd stream, joined; they need not say their content size. Throws `MalformedMessageError` when it is
 * damaged or cut, asks for a window over 128 MiB, or gives more than `limitBytes`; it stops there.
 */
export function zstdDecompress(bytes: Uint8Array, limitBytes: number): Uint8Array {
  const native = addon()
  return native === undefined ? decompressWithZlib(bytes, limitBytes) : native.decompress(bytes, limitBytes)
}

/** `zstdCompress` by the platform's zlib; exported so that its tests run where the addon loads as well. */
export function compressWithZlib(bytes: Uint8Array, level: number): Uint8Array {
  const { constants, zstdCompressSync } = loadZlib()
  return plainBytes(
    zstdCompressSync(bytes, {
      params: { [constants.ZSTD_c_compressionLevel]: level },
      pledgedSrcSize: bytes.length,
    }),
  )
}

/** `zstdDecompress` by the platform's zlib. Bun's (1.4) takes a cut frame for a whole one: the records' count must be checked. */
export function decompressWithZlib(bytes: Uint8Array, limitBytes: number): Uint8Array {
  return decompressChecked('zstd', limitBytes, () => {
    const { constants, zstdDecompressSync } = loadZlib()
    return zstdDecompressSync(bytes, {
      params: { [constants.ZSTD_d_windowLogMax]: windowLogMax },
      maxOutputLength: Math.max(1, limitBytes),
    })
  })
}

/** The part of zstd-napi's low-level module that is used. Named here because the package is optional, its types too. */
interface ZstdBinding {
  readonly CCtx: new () => CompressContext
  readonly DCtx: new () => DecompressContext
  readonly CParameter: { readonly compressionLevel: number }
  readonly DParameter: { readonly windowLogMax: number }
  readonly ResetDirective: { readonly sessionOnly: number }
  compressBound(sourceBytes: number): number
  /** `null` when the frame does not say. */
  getFrameContentSize(frame: Uint8Array): number | null
}

interface CompressContext {
  setParameter(parameter: number, value: number): void
  compress2(target: Uint8Array, source: Uint8Array): number
}

interface DecompressContext {
  setParameter(parameter: number, value: number): void
  reset(directive: number): void
  /** Returns [0 when a frame is complete, bytes produced, bytes consumed]. */
  decompressStream(target: Uint8Array, source: Uint8Array): readonly [number, number, number]
}

/** The one state of this module: loading takes milliseconds, and contexts take megabytes. */
let loaded: { readonly addon: ZstdAddon | undefined } | undefined

/** The addon, or `undefined` when it cannot be loaded, which is not tried again. */
function addon(): ZstdAddon | undefined {
  loaded ??= { addon: loadAddon() }
  return loaded.addon
}

function loadAddon(): ZstdAddon | undefined {
  try {
    const binding = requireBinding()
    // Bun hands out an empty module where loading it has failed before.
    return typeof binding.CCtx === 'function' ? new ZstdAddon(binding) : undefined
  } catch {
    return undefined
  }
}

/**
 * Two calls for one module: Bun's bundler sees only the first and embeds what it names, and a module of Node has no `require`
 * of its own.
 */
function requireBinding(): ZstdBinding {
  if (typeof require === 'function') return require('zstd-napi/binding.js') as ZstdBinding
  const { createRequire } = process.getBuiltinModule('node:module')
  return createRequire(import.meta.url)('zstd-napi/binding.js') as ZstdBinding
}

/** Bytes that the first piece of output takes when the frame does not say its size. */
const pieceBytesMin = 64 * 1024
/** A target for compression up to this size is kept for the next call. */
const scratchBytesMax = 4 * 1024 * 1024

/** zstd-napi with its contexts kept: making one costs more than compressing a small batch. */
class ZstdAddon {
  readonly #binding: ZstdBinding
  #compressor: CompressContext | undefined
  #decompressor: DecompressContext | undefined
  #level: number | undefined
  #scratch = new Uint8Array(0)

  constructor(binding: ZstdBinding) {
    this.#binding = binding
  }

  compress(bytes: Uint8Array, level: number): Uint8Array {
    const target = this.#target(this.#binding.compressBound(bytes.length))
    return target.slice(0, this.compressInto(target, bytes, level))
  }

  compressInto(target: Uint8Array, bytes: Uint8Array, level: number): number {
    this.#compressor ??= new this.#binding.CCtx()
    if (level !== this.#level) this.#compressor.setParameter(this.#binding.CParameter.compressionLevel, level)
    this.#level = level
    return this.#compressor.compress2(target, bytes)
  }

  decompress(bytes: Uint8Array, limitBytes: number): Uint8Array {
    try {
      return this.#decompressPieces(bytes, limitBytes)
    } catch (cause) {
      // Else the context would go on in the middle of this frame.
      this.#decompressor?.reset(this.#binding.ResetDirective.sessionOnly)
      if (cause instanceof MalformedMessageError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MalformedMessageError(`zstd stream cannot be decompressed (${reason})`, 0, { cause })
    }
  }

  #decompressPieces(bytes: Uint8Array, limitBytes: number): Uint8Array {
    const context = (this.#decompressor ??= this.#makeDecompressor())
    const output = new OutputPieces(limitBytes)
    let source: Uint8Array = bytes
    let isFrameComplete = false
    let isFull = false
    while (source.length > 0 || isFull) {
      const room: Uint8Array = isFull ? output.room(1) : this.#roomForFrame(source, output)
      const [hint, produced, consumed] = context.decompressStream(room, source)
      output.take(produced)
      source = source.subarray(consumed)
      isFrameComplete = hint === 0
      isFull = produced === room.length && !isFrameComplete
    }
    if (!isFrameComplete) throw new MalformedMessageError('zstd stream ends inside a frame', bytes.length)
    return output.joined()
  }

  /** Room for the whole frame when it says its size: zstd then writes in one go, without a window of its own. */
  #roomForFrame(frame: Uint8Array, output: OutputPieces): Uint8Array {
    const contentSize = this.#contentSize(frame)
    if (contentSize === null) return output.room(1, Math.max(pieceBytesMin, 4 * frame.length))
    if (contentSize > output.remainingBytes) throw tooLarge('zstd', output.limitBytes)
    return output.room(Math.max(contentSize, 1))
  }

  #contentSize(source: Uint8Array): number | null {
    try {
      return this.#binding.getFrameContentSize(source)
    } catch {
      // Not a frame, or too short to tell: decompressing says so better.
      return null
    }
  }

  #makeDecompressor(): DecompressContext {
    const context = new this.#binding.DCtx()
    context.setParameter(this.#binding.DParameter.windowLogMax, windowLogMax)
    return context
  }

  #target(size: number): Uint8Array {
    if (size <= this.#scratch.length) return this.#scratch
    const target = new Uint8Array(size)
    if (size <= scratchBytesMax) this.#scratch = target
    return target
  }
}

/** What was decompressed so far, in pieces, and never more than one byte over the limit. */
class OutputPieces {
  readonly limitBytes: number
  readonly #pieces: Uint8Array[] = []
  #free: Uint8Array = new Uint8Array(0)
  #size = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get remainingBytes(): number {
    return this.limitBytes - this.#size
  }

  /** At least `bytesMin` to write to. What is left of a piece is used up first, so that a thousand tiny frames share one. */
  room(bytesMin: number, pieceBytes = Math.max(bytesMin, this.#size)): Uint8Array {
    // One byte more than the limit tells a stream that ends there from one that goes on.
    if (this.#free.length < bytesMin) this.#free = new Uint8Array(Math.min(pieceBytes, this.remainingBytes + 1))
    return this.#free
  }

  /** The first `bytes` of the room are written now. */
  take(bytes: number): void {
    if (bytes > this.remainingBytes) throw tooLarge('zstd', this.limitBytes)
    this.#pieces.push(this.#free.subarray(0, bytes))
    this.#free = this.#free.subarray(bytes)
    this.#size += bytes
  }

  joined(): Uint8Array {
    const [first] = this.#pieces
    if (first !== undefined && this.#pieces.length === 1) return first
    const whole = new Uint8Array(this.#size)
    let position = 0
    for (const piece of this.#pieces) {
      whole.set(piece, position)
      position += piece.length
    }
    return whole
  }
}
