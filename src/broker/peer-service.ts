import type { NotAllowedError } from '../base/errors.ts'
import type { ByteStream } from '../network/byte-stream.ts'

/**
 * Goes on with the connections of other tslogs that copy a log from here or to here: the private request that they begin with turns the connection
 * around, so that either side may ask. It is named to no client.
 */
export interface PeerService {
  /** The API of that request. */
  readonly beginApiKey: number
  /** The stream begins with that request. `refusal`: why the other side may not. */
  accept(stream: ByteStream, refusal: NotAllowedError | undefined): void
}
