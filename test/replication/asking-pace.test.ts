import { describe, expect, test } from 'vitest'
import { AskingPace } from '../../src/replication/asking-pace.ts'

/** A link over which an answer takes so long there and back, and so long for its bytes. */
class Link {
  #nowMs = 0
  #freeMs = 0
  readonly #wayMs: number
  readonly #answerMs: number
  readonly pace = new AskingPace(() => this.#nowMs)

  constructor(wayMs: number, answerMs: number) {
    this.#wayMs = wayMs
    this.#answerMs = answerMs
  }

  /** Asks for so many answers, as many ahead as there may be. Returns how many that is at most. */
  async copy(answers: number): Promise<number> {
    let most = 0
    const underWay: { readonly answered: Promise<void>; readonly at: number; readonly answer: () => void }[] = []
    for (let left = answers; left > 0 || underWay.length > 0;) {
      while (left > 0 && underWay.length < this.pace.ahead) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const at = (this.#freeMs = Math.max(this.#nowMs + this.#wayMs, this.#freeMs) + this.#answerMs)
        underWay.push({ answered: this.pace.timed(() => promise, true), at, answer: resolve })
        left -= 1
      }
      const next = underWay.shift()
      this.#nowMs = next?.at ?? this.#nowMs
      next?.answer()
      await next?.answered
      most = Math.max(most, this.pace.ahead)
    }
    return most
  }
}

describe('AskingPace', () => {
  test.each([
    { link: 'a short way', wayMs: 0.2, answerMs: 2, min: 1, max: 1 },
    { link: 'a way that takes as long as its bytes', wayMs: 20, answerMs: 20, min: 3, max: 4 },
    { link: 'a long way with little room', wayMs: 100, answerMs: 25, min: 5, max: 6 },
    { link: 'a long way with much room', wayMs: 100, answerMs: 1, min: 9, max: 9 },
  ])('asks for what fits into $link, and little more', async ({ wayMs, answerMs, min, max }) => {
    const ahead = await new Link(wayMs, answerMs).copy(1000)
    expect(ahead).toBeGreaterThanOrEqual(min)
    expect(ahead).toBeLessThanOrEqual(max)
  })

  test('asks for one at a time while nothing is known, unless more costs nothing', () => {
    expect(new AskingPace(() => 0).ahead).toBe(1)
    expect(new AskingPace(() => 0, 3).ahead).toBe(3)
  })
})
