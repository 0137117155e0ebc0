import { describe, expect, test } from 'vitest'
import { cutAfter, LinkScene, measured, through } from './link-scene.ts'

describe.each(['push', 'pull'] as const)('a link that is cut while a follower is at work (%s)', (direction) => {
  test('at any place, again and again, leaves a copy that goes on to the end', async () => {
    const borders = await measured(direction)
    const total = borders.at(-1) ?? 0
    const anywhere = Array.from({ length: 8 }, (_, n) => Math.floor(((n + 0.37) * total) / 8))
    const scene = new LinkScene()
    for (const at of [...borders.filter((_, n) => n % 3 === 0), ...anywhere]) {
      await scene.run(direction, cutAfter(at))
    }
    scene.expectPrefix()
    expect(await scene.run(direction, through)).toBe(true)
    scene.expectSame()
  })
})

describe('a link that changes bytes', () => {
  test('spoils nothing of the copy, wherever it does', async () => {
    const borders = await measured('pull')
    const total = borders.at(-1) ?? 0
    const scene = new LinkScene()
    for (let n = 0; n < 24; n++) {
      const target = Math.floor(((n + 0.5) * total) / 24)
      let seen = 0
      await scene.run('pull', (bytes) => {
        const at = target - seen
        seen += bytes.length
        if (at >= 0 && at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << (n % 8))
        return { bytes, isCut: seen > 3 * total }
      })
      scene.expectPrefix()
    }
    expect(await scene.run('pull', through)).toBe(true)
    scene.expectSame()
  })
})
