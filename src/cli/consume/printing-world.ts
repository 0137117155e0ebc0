import type { OutputStream } from '../output.ts'
import type { ReadingReports } from './reports.ts'
import type { StopConditions } from './stop-conditions.ts'

/** What printing needs besides a printer. */
export interface PrintingWorld {
  readonly output: OutputStream
  readonly stop: StopConditions
  readonly reports: ReadingReports
  /** Called once, when it is clear that much is to be printed. */
  meetMuch(): void
  /** Called after so many bytes of batches were printed, at a record's border. */
  afterWindow(bytes: number): Promise<void>
}
