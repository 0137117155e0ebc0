/**
 * Runs the simulations for many seeds: `node test/simulation/sweep.ts [partition|directory] [FIRST [COUNT]]`. One seed shows how it failed.
 */
import { DirectorySimulation } from './directory-simulation.ts'
import { PartitionSimulation } from './partition-simulation.ts'

const [what = 'directory', ...numbers] = process.argv.slice(2)
const [first = 1, count = 1000] = numbers.map(Number)
const totals = new Map<string, number>()
let failures = 0
for (let seed = first; seed < first + count; seed++) {
  try {
    const facts =
      what === 'partition' ? await new PartitionSimulation(seed).run() : await new DirectorySimulation(seed).run()
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
