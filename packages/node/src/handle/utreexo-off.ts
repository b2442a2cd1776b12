import { NodeError } from '../errors/node-error.ts'
import type { UtreexoAccess } from './node-handle.ts'

const off = (): NodeError => new NodeError('utreexo-off', 'The node was made without the option `utreexo`')

/** Of a node that proves nothing. */
export const utreexoOff: UtreexoAccess = {
  state: () => {
    throw off()
  },
  follow: () => {
    throw off()
  },
}
