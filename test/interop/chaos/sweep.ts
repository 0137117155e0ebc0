/** Many runs of clients against a broker that is tormented: `node test/interop/chaos/sweep.ts [runs, 50] [seconds each, 60] [first seed, 1]`. Exits 1 when one finds an anomaly. */
import { chaosRun } from './chaos-run.ts'

const [runs = 50, seconds = 60, first = 1] = process.argv.slice(2).map(Number)
let isSound = true
for (let seed = first; seed < first + runs; seed++) {
  const report = await chaosRun(seed, seconds)
  console.log(`seed ${seed}: ${JSON.stringify({ ...report, anomalies: report.anomalies.length })}`)
  for (const anomaly of report.anomalies.slice(0, 20)) console.log(`  ${anomaly}`)
  if (report.anomalies.length > 0 || report.healedMs > 10_000) isSound = false
}
process.exit(isSound ? 0 : 1)
