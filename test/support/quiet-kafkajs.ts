/**
 * kafkajs 2.2.4 asks for a timer in the past whenever no request of it waits (`RequestQueue.scheduleCheckPendingRequests`: nothing minus now), and Node
 * tells of it in each thread. It harms nothing and is not ours to mend; of every other warning one hears.
 */
const emitWarning = process.emitWarning.bind(process) as (warning: string | Error, ...rest: unknown[]) => void

process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
  if (rest[0] !== 'TimeoutNegativeWarning') emitWarning(warning, ...rest)
}
