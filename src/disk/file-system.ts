/**
 * Everything above `disk` reaches files through these two interfaces, so that the engine runs unchanged on the machine's
 * file system and on one in memory that crashes on command. All calls are synchronous (the pipe path is fastest so); only
 * `syncSoon` is not, for a broker that commits in groups.
 *
 * Paths are absolute or relative to the process; a path that ends in a symbolic link is refused (`O_NOFOLLOW`).
 * Every failure is a `DiskError`, but for what the return type says.
 */
export interface FileSystem {
  /** Opens a regular file. Throws `DiskError` with code `ENOENT` when it is missing and `mode` does not create. */
  open(path: string, mode: OpenMode): OpenFile
  /** The names in a directory, in no order, with what each is; `undefined` when there is no such directory. */
  list(path: string): DirectoryEntry[] | undefined
  /** Facts of a file or directory without following a symbolic link; `undefined` when there is none. */
  stat(path: string): FileFacts | undefined
  /**
   * Makes a directory and its missing parents (0750) and syncs the parent of each new one, but for that of `path` itself when `isDurable` is false: who
   * makes many in one place syncs it once. True when `path` itself was made.
   */
  makeDirectory(path: string, isDurable?: boolean): boolean
  /** Atomically gives `from` the name `to`, replacing a file there. Durable only after `syncDirectory` of the parent. */
  rename(from: string, to: string): void
  /** Removes a file; false when there was none. */
  remove(path: string): boolean
  /** Removes an empty directory; false when there was none. */
  removeDirectory(path: string): boolean
  /** Removes a directory with all that is in it, also what has a name that is no UTF-8; a symbolic link goes, not what it leads to. */
  removeTree(path: string): void
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): void
  /** Which file system the directory is on, and how much room there is. */
  space(path: string): SpaceFacts
  /**
   * Asks `isThere` again and again for what another process is just doing, until it says true (then true) or `waitMs` are over (then false). Blocks the caller.
   */
  waitUntil(isThere: () => boolean, waitMs: number): boolean
  /** Names this boot of the machine (16 bytes, hex): the page cache of another boot is gone. Empty when unknown. */
  readonly bootId: string
}

/**
 * - `read`: must exist, never written.
 * - `write`: must exist, read and written.
 * - `create`: as `write`, made empty (0640) when missing.
 * - `create-private`: as `create`, but for the owner alone (0600).
 * - `create-new`: made, throws `DiskError` with `EEXIST` when there is one.
 */
export type OpenMode = 'read' | 'write' | 'create' | 'create-private' | 'create-new'

export interface DirectoryEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'other'
}

export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'other'
  /** Bytes. */
  readonly size: number
  readonly modifiedMs: number
  /** When content, name or mode changed last: a rename is seen here. */
  readonly changedMs: number
  /** Identity of the file whatever its name: device and inode. */
  readonly identity: string
}

export interface SpaceFacts {
  /** Free to this user, in bytes. */
  readonly freeBytes: number
  readonly totalBytes: number
  /** True on file systems whose byte-range locks cannot be trusted between machines or at all (NFS, CIFS, 9p, FUSE). */
  readonly isShared: boolean
}

/**
 * One open file. Positions and sizes are bytes. After a failed write, truncate or sync every later one throws that failure again, but that a
 * truncate is tried after a write for which there was no space: it may give back what the write took.
 */
export interface OpenFile {
  readonly path: string
  /** Identity of the open file, to be compared with `FileSystem.stat(path).identity`. */
  readonly identity: string
  /** Reads into `target` from `position` until it is full or the file ends; returns the bytes read. */
  read(target: Uint8Array, position: number): number
  /**
   * Sends `head`, and behind it `bytes` bytes of the file from `position` on, through the socket with this descriptor, as far as the system takes
   * them at once. The bytes of the file are not copied through this process. Returns how many of both were sent: 0 also where the platform has no such
   * thing, or the socket is broken, as whoever writes to it next hears.
   */
  sendTo(socket: number, head: Uint8Array, position: number, bytes: number): number
  /** Writes all of `source` at `position`, or throws `DiskError`; what a failed write left behind is unknown. */
  write(source: Uint8Array, position: number): void
  size(): number
  /**
   * The first `bytes` bytes of the file as memory that all processes share: what is stored there is in the file, without a call.
   * `undefined` where the platform has no such thing. The file must be open for writing and that long, and nobody may ever
   * cut it shorter: touching memory behind the end of its file kills the process. It stays mapped until the process ends.
   */
  map(bytes: number): Uint8Array | undefined
  modifiedMs(): number
  /** Sets the modification time, in ms. */
  touch(modifiedMs: number): void
  truncate(size: number): void
  /**
   * Sets `bytes` bytes of the disk aside from `position` on, without a change of size: what is behind the end of the file is cheaper to write then.
   * A truncate gives back what was not used. False where nothing is gained by it, or there is not room in plenty.
   */
  reserve(position: number, bytes: number): boolean
  /** Returns once every byte written is durable (fdatasync). */
  sync(): void
  /** The same, without blocking the caller. A `sync` beside it may take an error away from it, or lose one to it: then only both together tell. */
  syncSoon(): Promise<void>
  /**
   * Takes or changes a whole-file advisory lock of this open file (OFD: it ends with `close` or with the process, whatever
   * kills it). `waitMs` 0 tries once. Returns false when somebody else still held it after `waitMs`.
   * Throws `RefusedError` when the platform offers no lock.
   */
  lock(kind: LockKind, waitMs: number): boolean
  unlock(): void
  close(): void
}

export type LockKind = 'shared' | 'exclusive'

/** How long to wait when there is no end to it: the longest wait that a caller may name, in ms. */
export const WAIT_FOREVER_MS = 2 ** 31 - 1
