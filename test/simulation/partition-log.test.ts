import { expect, test } from 'vitest'
import { PartitionSimulation, type SimulationFacts } from './partition-simulation.ts'

/** Many more of them are run by `npm run interop`. */
const seeds = Number(process.env['TSLOG_SIMULATION_SEEDS'] ?? 120)

test(`${seeds} runs of processes that append, are killed and lose power keep every promise`, async () => {
  const seldom = new Map<string, number>()
  for (let seed = 1; seed <= seeds; seed++) {
    const facts = await run(seed)
    for (const [name, count] of Object.entries(facts)) seldom.set(name, (seldom.get(name) ?? 0) + count)
  }
  // Each kind of trouble came up somewhere, but for what only hundreds meet.
  if (seeds < 500) seldom.delete('damages')
  for (const [name, count] of seldom) expect(count, name).toBeGreaterThan(2)
})

test('the same seed does the same twice', async () => {
  expect(await run(7)).toEqual(await run(7))
})

async function run(seed: number): Promise<SimulationFacts> {
  try {
    return await new PartitionSimulation(seed).run()
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
