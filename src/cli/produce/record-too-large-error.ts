import { TslogError } from '../../base/errors.ts'

/** A record that the topic does not take, with `--too-large fail`. Exit code 1; what came before it is in the log. */
export class RecordTooLargeError extends TslogError {
  override readonly name = 'RecordTooLargeError'
  /** Counted from 1 over all inputs. */
  readonly line: number
  readonly bytes: number

  constructor({ line, bytes, bytesMax }: { line: number; bytes: number; bytesMax: number }) {
    super(`line ${line} has ${bytes} bytes or more, max.message.bytes leaves room for ${bytesMax}`, {
      hint: 'leave such lines out with --too-large skip, cut them with --too-large split, or raise max.message.bytes',
    })
    this.line = line
    this.bytes = bytes
  }
}
