import { createKernel, type Kernel, type KernelKind } from '../../../src/record/kernel/kernel.ts'

const kinds: readonly KernelKind[] = ['simd', 'plain']

/** One kernel of each kind that this runtime has. */
export function kernelsOfAllKinds(memoryBytes: number): { kind: KernelKind; kernel: Kernel }[] {
  return kinds
    .map((kind) => ({ kind, kernel: createKernel({ memoryBytes, kind }) }))
    .filter(({ kind, kernel }) => kernel.kind === kind)
}

/** Bytes with few different values, so that matches, empty lines and runs are frequent. */
export const dullAlphabet = [0, 10, 10, 97, 98, 255] as const
