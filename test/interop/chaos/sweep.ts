/**
 * Many runs of clients against a broker that is tormented: `node test/interop/chaos/sweep.ts [runs, 50] [seconds each, 60] [first seed, 1]`. Exits 1
 * when one finds an anomaly, or a client that is not done ten seconds after the last fault.
 */
import { chaosRun } from './chaos-run.ts'

const healedMsMax = 10_000
const [runs = 50, seconds = 60, first = 1] = process.argv.slice(2).map(Number)
const healed: number[] = []
const totals = { acknowledged: 0, unknown: 0, polled: 0, faults: 0, anomalies: 0 }
for (let seed = first; seed < first + runs; seed++) {
  const { anomalies, healedMs, faults, ...counts } = await chaosRun(seed, seconds)
  console.log(`seed ${seed}: ${JSON.stringify({ ...counts, faults, healedMs, anomalies: anomalies.length })}`)
  for (const anomaly of anomalies.slice(0, 20)) console.log(`  ${anomaly}`)
  healed.push(healedMs)
  totals.acknowledged += counts.acknowledged
  totals.unknown += counts.unknown
  totals.polled += counts.polled
  totals.anomalies += anomalies.length
  totals.faults += Object.values(faults).reduce((sum, count) => sum + count, 0)
}
healed.sort((one, other) => one - other)
const at = (share: number): number => healed[Math.min(healed.length - 1, Math.floor(share * healed.length))] ?? 0
console.log(`${runs} runs of ${seconds} s: ${JSON.stringify(totals)}`)
console.log(`all clients done after ms: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, max ${at(1)}`)
process.exit(totals.anomalies === 0 && at(1) <= healedMsMax ? 0 : 1)
