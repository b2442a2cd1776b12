import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { transaction } from '../support/payloads.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'send one transaction with 2,000 other witnesses, again and again',
  peers: A_FEW,
  times: 1,
  messages: (field) => {
    const plain = transaction(60)
    return Array.from({ length: field.scaled(2_000) }, (_, index) =>
      honest({
        type: 'tx',
        transaction: {
          ...plain,
          inputs: [
            { ...plain.inputs[0]!, witness: [new Uint8Array(100).fill(index), Uint8Array.of(index >> 8)] },
          ],
        },
      }),
    )
  },
})
