import type { NodeHandle } from '@sapwood/node'
import type { Logger } from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress, hashToHex, type PeerAddress } from '@sapwood/wire-codec'
import { describeDisconnect } from '../messages/describe-disconnect.ts'

/** Writes what happens into the log, each with its reason. */
export function logEvents(node: NodeHandle, log: Logger): void {
  const { events } = node
  events.on('phase', ({ phase }) => log.info({ phase }, `the node is ${phase.replaceAll('-', ' ')}`))
  events.on('peer-ready', ({ peer, kind, address, version, protocol }) =>
    log.info(
      { peer, kind, ...where(address), userAgent: version.userAgent, height: version.startHeight, protocol },
      'a peer is connected',
    ),
  )
  events.on('peer-disconnected', ({ peer, kind, address, reason }) =>
    log.info(
      { peer, kind, ...where(address), code: reason.code },
      `a connection ended: ${describeDisconnect(reason)}`,
    ),
  )
  events.on('connection-failed', ({ peer, kind, address, error }) =>
    log.debug({ peer, kind, ...where(address) }, `not connected: ${error.message}`),
  )
  events.on('inbound-refused', ({ address, why }) =>
    log.debug({ ...where(address), why }, 'a remote was not let in'),
  )
  events.on('transport-downgraded', ({ peer, address }) =>
    log.warn({ peer, ...where(address) }, 'a connection is not encrypted'),
  )
  events.on('tip-changed', ({ change }) => {
    const { height, hash } = change.newTip
    const facts = { height, hash: hashToHex(hash), disconnected: change.disconnected.length }
    if (change.disconnected.length > 0) log.warn(facts, 'the best chain is another')
    // Thousands come at once while headers are fetched.
    else if (node.info().phase === 'running') log.info(facts, 'a new block')
    else log.debug(facts, 'headers')
  })
  events.on('block-invalid', ({ block, rule }) =>
    log.warn({ height: block.height, hash: hashToHex(block.hash), rule }, 'a block is invalid'),
  )
  events.on('block-proved', ({ block, inputs }) => {
    const facts = { height: block.height, hash: hashToHex(block.hash), inputs }
    if (block.height === node.chain.tip().height) log.info(facts, 'all blocks are proved')
    else log.debug(facts, 'a block is proved')
  })
  events.on('no-utreexo-peer', ({ block }) =>
    log.warn({ height: block.height }, 'no peer has Utreexo proofs'),
  )
  events.on('proof-invalid', ({ block, from, rule }) =>
    log.warn({ height: block.height, peer: from, rule }, 'a proof does not hold'),
  )
  events.on('utreexo-suspected', ({ block, back }) =>
    log.warn({ height: block.height, back: back.height }, 'the Utreexo state is gone back from'),
  )
  events.on('utreexo-stopped', ({ error }) => log.error({ err: error }, 'blocks are no longer proved'))
  events.on('ban-added', ({ ban }) => log.info({ subnet: ban.text, reason: ban.reason }, 'a ban'))
  events.on('stopped', ({ why }) => log.info({ why }, 'the node has stopped'))
}

function where(address: PeerAddress | undefined): { readonly address?: string } {
  return address === undefined ? {} : { address: formatPeerAddress(address) }
}
