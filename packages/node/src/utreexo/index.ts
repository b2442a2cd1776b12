/**
 * What a program needs of the proving of blocks beside the option `utreexo`: apart from the rest, since the
 * accumulator comes with it.
 * @packageDocumentation
 */

export { assumedUtreexoState } from './assumed-states.ts'
