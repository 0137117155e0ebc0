import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cutAfter, LinkScene, measured, through } from '../../replication/link-scene.ts'

/** Of each direction: every border of a frame, and places between them. */
const cuts = 250

test.each(['push', 'pull'] as const)(
  'a stream that is cut at every border of its frames, and anywhere else, leaves a copy that is right and goes on, 250 times (%s)',
  async (direction) => {
    const borders = await measured(direction)
    const total = borders.at(-1) ?? 0
    const anywhere = Array.from({ length: Math.max(0, cuts - borders.length) }, () => Math.floor(Math.random() * total))
    const scene = new LinkScene()
    let cutOnce = 0
    for (const [count, at] of [...borders, ...anywhere].entries()) {
      rmSync(scene.copy.directory, { recursive: true, force: true })
      if (!(await scene.run(direction, cutAfter(at)))) cutOnce++
      // A second cut, of the run that goes on.
      await scene.run(direction, cutAfter(Math.floor(Math.random() * total)))
      if (count % 10 === 9) {
        scene.expectPrefix()
        expect(scene.copy.run(['verify']).code).toBe(0)
      }
      expect(await scene.run(direction, through), `after a cut at ${at} of ${total}`).toBe(true)
      scene.expectSame()
    }
    // The last border is the end: nothing is cut there.
    expect(cutOnce).toBeGreaterThanOrEqual(cuts - 3)
    expect(scene.copy.numbered('app')).toEqual(scene.source.numbered('app'))
  },
  300_000,
)
