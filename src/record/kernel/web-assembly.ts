/** What we use of the runtime's WebAssembly; TypeScript declares it for browsers only. */
export interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => WebAssemblyModule
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => WebAssemblyMemory
  readonly Instance: new (module: WebAssemblyModule, imports: object) => { readonly exports: unknown }
}

export type WebAssemblyModule = object

export interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer
  /** Adds pages of 64 KiB; `buffer` is another one then. Throws `RangeError` when there are none. */
  grow(pages: number): number
}

/** Absent where the runtime may not compile, as in `node --jitless`. */
export function webAssembly(): WebAssemblyApi | undefined {
  return (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly
}
