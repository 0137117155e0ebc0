import type { FuzzTarget } from '../fuzz-target.ts'
import { batch } from './batch.ts'
import { checkpoint } from './checkpoint.ts'
import { frame } from './frame.ts'
import { index } from './index.ts'
import { json } from './json.ts'
import { properties } from './properties.ts'
import { record } from './record.ts'
import { snapshot } from './snapshot.ts'

/** Every parser of bytes that come from elsewhere. */
export const allTargets: readonly FuzzTarget[] = [frame, batch, record, index, snapshot, checkpoint, properties, json]
