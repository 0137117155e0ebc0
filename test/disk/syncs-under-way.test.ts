import fs from 'node:fs'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { DiskError } from '../../src/base/errors.ts'
import { SyncsUnderWay } from '../../src/disk/syncs-under-way.ts'
import { systemError } from '../../src/disk/system-error.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

type Page = 'dirty' | 'written' | 'lost'

interface Running {
  readonly fd: number
  /** Pages there were when it began. */
  readonly covers: number
  readonly answer: (error: NodeJS.ErrnoException | null) => void
  result?: NodeJS.ErrnoException | null
}

const own = 1_000_000

/** A file as Linux has it (`lib/errseq.c`): an error is told once to each open file, and to one that is opened later only if nobody was told. */
class LinuxFile {
  readonly pages: Page[] = []
  readonly running: Running[] = []
  readonly #heard = new Map([[own, 0]])
  #errors = 0
  #isTold = false

  constructor() {
    vi.spyOn(fs, 'openSync').mockImplementation(() => this.#open())
    vi.spyOn(fs, 'close').mockImplementation(() => undefined)
    const begin = (fd: number, answer: Running['answer']): void => {
      this.running.push({ fd, covers: this.pages.length, answer })
    }
    vi.spyOn(fs, 'fdatasync').mockImplementation(begin)
  }

  #open(): number {
    const fd = own + this.#heard.size
    this.#heard.set(fd, this.#isTold ? this.#errors : 0)
    return fd
  }

  writeBack(covers: number, isFailing: boolean): void {
    const dirty = [...this.pages.keys()].filter((at) => at < covers && this.pages[at] === 'dirty')
    for (const at of dirty) this.pages[at] = isFailing ? 'lost' : 'written'
    if (!isFailing || dirty.length === 0) return
    this.#errors++
    this.#isTold = false
  }

  /** Another process asks what became of the file. */
  tellStranger(): void {
    this.#isTold = true
  }

  /** The disk is done with a sync; this process has not heard of it. */
  finish(at: number, isFailing: boolean): void {
    const one = this.running.filter(({ result }) => result === undefined)[at]
    if (one === undefined) return
    this.writeBack(one.covers, isFailing)
    const isNews = this.#heard.get(one.fd) !== this.#errors
    this.#heard.set(one.fd, this.#errors)
    if (isNews) this.#isTold = true
    one.result = isNews ? systemError('EIO', 'EIO') : null
  }

  /** The process hears of a sync that is done. */
  deliver(at: number): void {
    const one = this.running.filter(({ result }) => result !== undefined)[at]
    if (one?.result === undefined) return
    this.running.splice(this.running.indexOf(one), 1)
    one.answer(one.result)
  }
}

function syncsOf(): SyncsUnderWay {
  return new SyncsUnderWay(own, (cause) => new DiskError('sync', '/file', cause))
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe.each([
  { fails: [true, false], order: [0, 1], said: ['EIO', 'EIO'] },
  { fails: [true, false], order: [1, 0], said: ['EIO', 'EIO'] },
  { fails: [false, true], order: [0, 1], said: ['done', 'EIO'] },
  { fails: [false, true], order: [1, 0], said: ['EIO', 'EIO'] },
  { fails: [true, true], order: [0, 1], said: ['EIO', 'EIO'] },
  { fails: [false, false], order: [1, 0], said: ['done', 'done'] },
])('two syncs at once, failing $fails, done in the order $order', ({ fails, order, said }) => {
  test(`are answered in their own order: ${said.join(', ')}`, async () => {
    new LinuxFile()
    const answers: Running['answer'][] = []
    vi.spyOn(fs, 'fdatasync').mockImplementation((_fd, answer) => void answers.push(answer))
    const syncs = syncsOf()
    // With these two there is a spare.
    const before = [syncs.begin(), syncs.begin()]
    answers[0]?.(null)
    answers[1]?.(null)
    await Promise.all(before)
    const told: string[] = []
    for (const name of ['first', 'second']) {
      const tell = (what: string) => (): void => void told.push(`${name} ${what}`)
      void syncs.begin().then(tell('done'), tell('EIO'))
    }
    expect(answers).toHaveLength(4)
    for (const at of order) answers[2 + at]?.(fails[at] === true ? systemError('EIO', 'EIO') : null)
    await turn()
    expect(told).toEqual([`first ${said[0]}`, `second ${said[1]}`])
  })
})

test('what was written before the second descriptor is there is asked of the first one', () => {
  const file = new LinuxFile()
  const syncs = syncsOf()
  for (let calls = 0; calls < 3; calls++) void syncs.begin()
  expect(file.running.map(({ fd }) => fd)).toEqual([own, own + 1])
  file.finish(1, false)
  file.deliver(0)
  expect(file.running.map(({ fd }) => fd)).toEqual([own])
  file.finish(0, false)
  file.deliver(0)
  expect(file.running.map(({ fd }) => fd)).toEqual([own])
})

const someStep = fc.oneof(
  fc.record({ kind: fc.constantFrom('write', 'begin', 'begin', 'tellStranger') }),
  fc.record({ kind: fc.constantFrom('writeBack', 'finish', 'deliver'), at: fc.nat(1), isFailing: fc.boolean() }),
)

test('no sync succeeds for bytes that the disk has lost, whatever runs beside it', async () => {
  const run = fc.asyncProperty(fc.array(someStep, { minLength: 4, maxLength: 30 }), async (steps) => {
    const file = new LinuxFile()
    const syncs = syncsOf()
    const wrong: number[] = []
    let answered = 0
    let begun = 0
    const begin = (): void => {
      const covers = file.pages.length
      const number = begun++
      const isLost = (): boolean => file.pages.slice(0, covers).some((page) => page !== 'written')
      const answer = (isWrong: boolean): void => {
        if (isWrong || number !== answered++) wrong.push(number)
      }
      void syncs.begin().then(
        () => answer(isLost()),
        () => answer(false),
      )
    }
    for (const step of steps) {
      const { at, isFailing } = 'at' in step ? step : { at: 0, isFailing: false }
      if (step.kind === 'write') file.pages.push('dirty')
      else if (step.kind === 'begin') begin()
      else if (step.kind === 'tellStranger') file.tellStranger()
      else if (step.kind === 'writeBack') file.writeBack(Infinity, isFailing)
      else if (step.kind === 'finish') file.finish(at, isFailing)
      else file.deliver(at)
    }
    while (file.running.length > 0) {
      file.finish(0, false)
      file.deliver(0)
    }
    await turn()
    expect(wrong).toEqual([])
    expect(answered).toBe(begun)
    vi.restoreAllMocks()
  })
  await fc.assert(run, { numRuns: 2_000 })
})
