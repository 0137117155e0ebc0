import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { CompressedInput, compressionOf, MAGIC_BYTES } from '../../src/cli/compressed-input.ts'
import { InputError, InputReader } from '../../src/cli/input.ts'

const directory = mkdtempSync(join(tmpdir(), 'tslog-compressed-'))
afterAll(() => rmSync(directory, { recursive: true }))

const lines = Buffer.from(Array.from({ length: 500 }, (_, line) => `line ${line * 7919}\n`).join(''))
const compressors = { gzip: (bytes: Buffer) => gzipSync(bytes), zstd: (bytes: Buffer) => zstdCompressSync(bytes) }

async function plainBytes(compression: 'gzip' | 'zstd', bytes: Uint8Array): Promise<Buffer> {
  const path = join(directory, 'file')
  writeFileSync(path, bytes)
  const input = new CompressedInput(InputReader.open(path), compression)
  const pieces: Buffer[] = []
  const target = new Uint8Array(1000)
  try {
    for (let read = await input.readInto(target); read > 0; read = await input.readInto(target)) {
      pieces.push(Buffer.from(target.subarray(0, read)))
    }
  } finally {
    await input.close()
  }
  return Buffer.concat(pieces)
}

describe('compressionOf', () => {
  test.each(['gzip', 'zstd'] as const)('knows %s by its first bytes', (compression) => {
    expect(compressionOf(compressors[compression](lines).subarray(0, MAGIC_BYTES))).toBe(compression)
  })

  test('takes anything else as it is', () => {
    expect(compressionOf(lines.subarray(0, MAGIC_BYTES))).toBeUndefined()
    expect(compressionOf(new Uint8Array())).toBeUndefined()
  })
})

describe.each(['gzip', 'zstd'] as const)('CompressedInput of %s', (compression) => {
  const compress = compressors[compression]

  test('reads several members as one stream', async () => {
    const bytes = Buffer.concat([compress(lines), compress(Buffer.from('tail\n'))])
    expect((await plainBytes(compression, bytes)).equals(Buffer.concat([lines, Buffer.from('tail\n')]))).toBe(true)
  })

  test('fails on every file that is cut short, but between members', async () => {
    const first = compress(Buffer.from('some text, some text'))
    const bytes = Buffer.concat([first, compress(Buffer.from('second'))])
    for (let end = MAGIC_BYTES; end < bytes.length; end++) {
      const cut = plainBytes(compression, bytes.subarray(0, end))
      if (end === first.length) await expect(cut).resolves.toHaveLength(20)
      else await expect(cut, `cut at ${end}`).rejects.toThrow(InputError)
    }
  })

  test('fails on whatever follows the last member', async () => {
    const bytes = Buffer.concat([compress(lines), Buffer.from('garbage')])
    await expect(plainBytes(compression, bytes)).rejects.toThrow(/^cannot read .*file \((gzip|zstd)\): /)
  })
})

test('passes over a skippable frame of zstd', async () => {
  const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
  const bytes = Buffer.concat([zstdCompressSync(lines), skippable, zstdCompressSync(lines)])
  expect(await plainBytes('zstd', bytes)).toHaveLength(2 * lines.length)
})
