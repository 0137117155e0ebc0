import { describe, expect, test } from 'vitest'
import { CommitPacing } from '../../src/broker/commit-pacing.ts'

describe('the next commit', () => {
  test('begins at once where nothing was answered before', () => {
    expect(new CommitPacing().delayMs(1, 10)).toBe(0)
  })

  test('waits for as many batches as were just answered beside those that came meanwhile, but not for long', () => {
    const pacing = afterCommits(1, { answered: 2, waiting: 3, elapsedMs: 0.3 })
    expect(pacing.delayMs(3, 100)).toBe(1)
    expect(pacing.delayMs(4, 100.75)).toBe(0.25)
    expect(pacing.delayMs(5, 100.75)).toBe(0)
    expect(pacing.delayMs(4, 101)).toBe(0)
  })

  test('waits for nobody when a producer has one batch in flight', () => {
    expect(afterCommits(1, { answered: 1, waiting: 0, elapsedMs: 0.3 }).delayMs(1, 100)).toBe(0)
  })

  test('waits for nobody where the disk is slow', () => {
    expect(afterCommits(20, { answered: 2, waiting: 3, elapsedMs: 8 }).delayMs(3, 100)).toBe(0)
  })

  test('begins beside one that takes longer, and not beside two', () => {
    const pacing = new CommitPacing()
    pacing.begun(100)
    expect(pacing.delayMs(1, 100.25)).toBe(0.25)
    expect(pacing.delayMs(1, 104)).toBe(0)
    pacing.begun(104)
    expect(pacing.delayMs(1, 200)).toBe(Infinity)
    pacing.ended({ answered: 1, waiting: 1, elapsedMs: 9 }, 109)
    expect(pacing.isIdle).toBe(false)
    expect(pacing.delayMs(1, 109)).toBe(0)
  })
})

/** The last of them ended at 100 ms. */
function afterCommits(count: number, one: Parameters<CommitPacing['ended']>[0]): CommitPacing {
  const pacing = new CommitPacing()
  for (let i = 0; i < count; i++) {
    pacing.begun(100 - one.elapsedMs)
    pacing.ended(one, 100)
  }
  return pacing
}
