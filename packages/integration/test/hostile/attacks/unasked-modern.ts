import { randomBytes } from 'node:crypto'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { junk } from '../support/payloads.ts'

const commands =
  'sendtxrcncl reqrecon sketch reqsketchext reconcildiff sendpackages getpkgtxns pkgtxns ancpkginfo uproof uttls getuttls usummary utreexotx uroot geturoot merkleblock cfilter cfheaders cfcheckpt reject alert feature'.split(
    ' ',
  )

export const attack: Attack = flood({
  what: 'send random bytes as each kind that is only ever an answer, or that was never agreed on',
  peers: A_FEW,
  messages: () =>
    commands.flatMap((command) =>
      [12, 33, 4_000].map((length) => junk(command, length - (randomBytes(1)[0]! % 5))),
    ),
})
