/**
 * A kernel reads and writes up to this many bytes past the end of a range that it is given: nothing that is needed may lie
 * there. Past the end of its memory the kernel has them itself.
 */
export const kernelSlackBytes = 64
