import type { MaintenanceJob } from './maintenance-job.ts'
import type { MetricFamily, Sample } from './metric-family.ts'

/** Retention and compaction beside the server: whether they run, how they end, and how long ago that was. */
export function maintenanceFamilies(jobs: readonly MaintenanceJob[]): MetricFamily[] {
  const perJob = (name: string, help: string, valueOf: (job: MaintenanceJob) => number | undefined): MetricFamily => ({
    kind: 'gauge',
    name: `tslog_maintenance_${name}`,
    help,
    samples: () =>
      jobs.flatMap((job): Sample[] => {
        const value = valueOf(job)
        return value === undefined ? [] : [[{ command: job.command }, value]]
      }),
  })
  return [
    {
      kind: 'counter',
      name: 'tslog_maintenance_runs_total',
      help: 'Runs of retention and compaction that have ended: in order, hindered by something that passes, with a failure, or killed.',
      samples: () =>
        jobs.flatMap(({ command, runs }) => [...runs].map(([result, count]): Sample => [{ command, result }, count])),
    },
    perJob('running', 'Whether the command runs now.', (job) => (job.isRunning ? 1 : 0)),
    perJob('last_duration_seconds', 'How long the last run took.', (job) => job.lastTookMs / 1_000),
    perJob('since_last_seconds', 'Time since the last run has ended.', (job) =>
      job.sinceLastMs === undefined ? undefined : job.sinceLastMs / 1_000,
    ),
  ]
}
