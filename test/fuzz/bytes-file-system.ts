import type { FileSystem, OpenFile } from '../../src/disk/file-system.ts'

/** The bytes of an input as an open file: what memory of a whole disk would cost is not wanted a million times. */
export class BytesFile implements OpenFile {
  readonly path = '/input'
  readonly identity = 'input'
  #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  read(target: Uint8Array, position: number): number {
    const piece = this.#bytes.subarray(position, position + target.length)
    target.set(piece)
    return piece.length
  }

  write(source: Uint8Array, position: number): void {
    const grown = new Uint8Array(Math.max(this.#bytes.length, position + source.length))
    grown.set(this.#bytes)
    grown.set(source, position)
    this.#bytes = grown
  }

  truncate(size: number): void {
    this.#bytes = this.#bytes.slice(0, size)
  }

  sendTo = (): number => 0
  size = (): number => this.#bytes.length
  map = (): undefined => undefined
  modifiedMs = (): number => 0
  touch = (): void => undefined
  reserve = (): boolean => false
  sync = (): void => undefined
  syncSoon = (): Promise<void> => Promise.resolve()
  lock = (): boolean => true
  unlock = (): void => undefined
  close = (): void => undefined
}

/** A file system in which every file holds these bytes, to be read. */
export function fileSystemOf(bytes: Uint8Array): FileSystem {
  const unwanted = (): never => {
    throw new Error('a parser changes nothing')
  }
  return {
    open: () => new BytesFile(bytes),
    list: () => [],
    stat: () => ({ kind: 'file', size: bytes.length, modifiedMs: 0, changedMs: 0, identity: 'input' }),
    makeDirectory: unwanted,
    rename: unwanted,
    remove: unwanted,
    removeDirectory: unwanted,
    removeTree: unwanted,
    syncDirectory: unwanted,
    space: unwanted,
    waitUntil: (isThere) => isThere(),
    bootId: 'fuzz',
  }
}
