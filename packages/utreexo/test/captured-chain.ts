import { type Block, blockHashFromHex, decodeBlock, hexToBytes, regtest } from '@sapwood/wire-codec'
import { type BlockSurroundings, Stump } from '../src/index.ts'
import { hexes, readVectors } from './vectors.ts'

interface State {
  readonly numleaves: number
  readonly roots: string[]
}
interface Captured {
  readonly hashes: { readonly main: Record<string, string> }
  readonly cases: readonly {
    readonly height: number
    readonly block: string
    readonly uproof: string
    readonly before: State
    readonly after: State
  }[]
}
const captured = readVectors<Captured>('uproof-live')

/** A block as it was captured, with its proof and the states around it. */
export interface CapturedBlock {
  readonly height: number
  readonly block: Block
  /** Payload of its `uproof`. */
  readonly uproof: Uint8Array
  readonly before: Stump
  readonly after: Stump
}

const stumpOf = ({ numleaves, roots }: State): Stump => new Stump(numleaves, hexes(roots))

/** Blocks of a real regtest chain, each with the proof that utreexod made of it. */
export const capturedBlocks: readonly CapturedBlock[] = captured.cases.map((each) => ({
  height: each.height,
  block: decodeBlock(hexToBytes(each.block)),
  uproof: hexToBytes(each.uproof),
  before: stumpOf(each.before),
  after: stumpOf(each.after),
}))

/** What their chain knows of itself. */
export const capturedSurroundings: BlockSurroundings = {
  network: regtest,
  medianTimePast: () => 0,
  blockHashAt: (height) => {
    const hash = captured.hashes.main[height]
    return hash === undefined ? undefined : blockHashFromHex(hash)
  },
}
