import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { batch } from '../support/batches.ts'
import { BinaryLog } from '../support/binary-log.ts'

/** No `number` has it: as one it would be told as 2^53. */
const base = offset(2n ** 53n + 1n)
const offsets = [base, base + 1n, base + 2n].map(String)

/** A topic whose two records have offsets beyond 2^53, and a group that has read them. */
function farLog(): BinaryLog {
  const log = new BinaryLog()
  log.done(['topics', 'create', 'far'])
  const partition = join(log.directory, 'far-0')
  mkdirSync(partition, { recursive: true })
  const name = `${String(base).padStart(20, '0')}.log`
  writeFileSync(join(partition, name), batch({ values: ['a', 'b'], baseOffset: base }))
  log.done(['consume', 'far', '-g', 'readers'])
  return log
}

/** The numbers of `json` that are about so far offsets, but for those in names of files. */
function farNumbers(json: string): string[] {
  return json.match(/(?<=[:,[])90071992\d+/g) ?? []
}

test('every JSON output tells offsets beyond 2^53 with all their digits, as numbers', () => {
  const log = farLog()
  const copy = join(log.directory, '..', 'copy')
  const commands = [
    ['consume', 'far'],
    ['offsets', 'far'],
    ['topics', 'describe', 'far'],
    ['dump', 'far', '--records'],
    ['dump', '__consumer_offsets', '--records'],
    ['groups', 'describe', 'readers'],
    ['topics', 'trim', 'far', '-o', String(base + 1n), '--dry-run'],
    ['verify', 'far'],
    ['replicate', 'far', copy, '--dry-run'],
    ['replicate', 'far', copy],
    ['produce', 'far'],
  ]
  for (const words of commands) {
    // Verify finds no indexes there.
    const stdout = log.run([...words, '--json'], words[0] === 'produce' ? 'c\n' : '').stdout.toString()
    const told = farNumbers(stdout)
    expect(told, `${words.join(' ')}: ${stdout}`).not.toEqual([])
    expect(offsets, `${words.join(' ')}: ${stdout}`).toEqual(expect.arrayContaining(told))
  }
})

test('a dry run counts the records that the source still has', () => {
  const report = farLog().done(['replicate', 'far', '/nowhere/copy', '--dry-run', '--json'])
  expect(report).toContain('"records":2')
})
