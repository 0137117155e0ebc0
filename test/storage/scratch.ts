import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { onTestFinished } from 'vitest'
import type { LockKind, OpenFile } from '../../src/disk/file-system.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'

/** A directory of its own for one test, gone when the test is over, and what it takes to look into it. */
export class Scratch {
  readonly fileSystem = new NodeFileSystem()
  readonly directory = mkdtempSync(join(tmpdir(), 'tslog-storage-'))
  readonly #opened: OpenFile[] = []

  constructor() {
    onTestFinished(() => {
      for (const file of this.#opened) file.close()
      rmSync(this.directory, { recursive: true, force: true })
    })
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  /** Opens a file, made with these bytes when they are given. Closed with the test. */
  file(name: string, bytes?: Uint8Array): OpenFile {
    if (bytes !== undefined) writeFileSync(this.path(name), bytes)
    const file = this.fileSystem.open(this.path(name), 'create')
    this.#opened.push(file)
    return file
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(this.path(name), content)
  }

  text(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  hex(name: string): string {
    return readFileSync(this.path(name), 'hex')
  }

  names(): string[] {
    return (this.fileSystem.list(this.directory) ?? []).map((entry) => entry.name).toSorted()
  }
}

/** Any UTF-16 unit, also half of a pair: what a JavaScript string may hold. */
export const anyCharacter = fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit))

/** The bytes of hexadecimal digits; blanks are for the eye. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.replaceAll(/\s/g, ''), 'hex'))
}

/** An open file that counts how often it is read. */
export class CountingFile implements OpenFile {
  readonly path: string
  readonly identity: string
  reads = 0
  readonly #file: OpenFile

  constructor(file: OpenFile) {
    this.#file = file
    this.path = file.path
    this.identity = file.identity
  }

  read(target: Uint8Array, position: number): number {
    this.reads++
    return this.#file.read(target, position)
  }

  sendTo = (): number => 0
  write = (source: Uint8Array, position: number): void => this.#file.write(source, position)
  size = (): number => this.#file.size()
  map = (): undefined => undefined
  modifiedMs = (): number => this.#file.modifiedMs()
  touch = (modifiedMs: number): void => this.#file.touch(modifiedMs)
  truncate = (size: number): void => this.#file.truncate(size)
  reserve = (position: number, bytes: number): boolean => this.#file.reserve(position, bytes)
  sync = (): void => this.#file.sync()
  syncSoon = (): Promise<void> => this.#file.syncSoon()
  lock = (kind: LockKind, waitMs: number): boolean => this.#file.lock(kind, waitMs)
  unlock = (): void => this.#file.unlock()
  close = (): void => this.#file.close()
}
