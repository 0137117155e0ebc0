import { expect, test } from 'vitest'
import { DirectorySimulation } from './directory-simulation.ts'

/** Many more of them are run by `npm run interop`. */
const seeds = Number(process.env['TSLOG_SIMULATION_SEEDS'] ?? 60)

test(`${seeds} runs of a directory that is written, served, trimmed, kept small and loses power keep every promise`, async () => {
  const seldom = new Map<string, number>()
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      const facts = await new DirectorySimulation(seed).run()
      for (const [name, count] of Object.entries(facts)) seldom.set(name, (seldom.get(name) ?? 0) + count)
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
  // Each kind of trouble came up somewhere, but for what only a sweep of thousands meets.
  for (const name of ['waits', 'damages', 'cuts', 'retentionRolls']) seldom.delete(name)
  for (const [name, count] of seldom) expect(count, name).toBeGreaterThan(10)
})
