import type { AnyHandler } from '../request-router.ts'
import { metadataHandler } from './metadata.ts'

/** Every API that this broker answers, but ApiVersions, which speaks of all the others. */
export const allHandlers: readonly AnyHandler[] = [metadataHandler]
