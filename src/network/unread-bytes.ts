/** Bytes of an answer that still lie in a file. They are read to where the answer has room for them only if they cannot be sent from there. */
export interface UnreadBytes {
  /**
   * Sends `head`, and them behind it, through the socket with this descriptor, as far as the system takes them at once, and reads what is left. Returns how
   * many bytes of both were sent. Throws when they are not there any more.
   */
  sendTo(socket: number, head: Uint8Array): number
  /** Reads them, unless that was done. Throws when they are not there any more. */
  fill(): void
}
