import { decodePayload, encodePayload, type MessageOf, type UtreexoProof } from '@sapwood/wire-codec'
import type { NodeHandle } from '@sapwood/node'

/** What is sent for a proof: another, the same later, or nothing. */
export type BendProof = (proof: UtreexoProof) => UtreexoProof | undefined | Promise<UtreexoProof | undefined>

/** The same node, but that of the proofs which it is given to serve it sends what `bend` makes of them. */
export function bendingNode(node: NodeHandle, bend: BendProof): NodeHandle {
  return {
    ...node,
    serving: {
      offer: (offer) =>
        node.serving.offer({
          ...offer,
          services: {
            ...offer.services,
            utreexoProof: async (request, context) => {
              const payload = await offer.services.utreexoProof?.(request, context)
              if (payload === undefined) return undefined
              const { proof } = decodePayload('uproof', payload) as MessageOf<'uproof'>
              const bent = await bend(proof)
              return bent && encodePayload({ type: 'uproof', proof: bent }).payload
            },
          },
        }),
    },
  }
}
