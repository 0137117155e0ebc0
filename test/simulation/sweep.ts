/**
 * Runs the simulations for many seeds: `node test/simulation/sweep.ts [partition|directory] [FIRST [COUNT [TRIES]]]`. One seed shows how it failed. TRIES: how often a process looks again for
 * the end of a write; with another number what a directory's processes do meets what strikes them at other places.
 */
import { DirectorySimulation } from './directory-simulation.ts'
import { PartitionSimulation } from './partition-simulation.ts'

const [what = 'directory', ...numbers] = process.argv.slice(2)
const [first = 1, count = 1000, triesInWait] = numbers.map(Number)
const totals = new Map<string, number>()
let failures = 0
for (let seed = first; seed < first + count; seed++) {
  try {
    const facts =
      what === 'partition'
        ? await new PartitionSimulation(seed).run()
        : await new DirectorySimulation(seed, triesInWait).run()
    for (const [name, value] of Object.entries(facts)) totals.set(name, (totals.get(name) ?? 0) + value)
  } catch (error) {
    failures++
    const told = error instanceof Error ? ((count === 1 ? error.stack : undefined) ?? error.message) : String(error)
    process.stdout.write(`seed ${seed}: ${told}\n`)
  }
}
process.stdout.write(
  `${failures} of ${count} failed; ${[...totals].map(([name, value]) => `${name} ${value}`).join(', ')}\n`,
)
process.exitCode = failures === 0 ? 0 : 1
