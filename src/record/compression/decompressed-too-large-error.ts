import { MalformedMessageError } from '../../base/errors.ts'

/** A stream, damaged or not, holds more than whoever reads it takes. */
export class DecompressedTooLargeError extends MalformedMessageError {}
