import { messageTarget, type Target } from './message-target.ts'

const target: Target = messageTarget('handshake', [
  'version',
  'verack',
  'wtxidrelay',
  'sendaddrv2',
  'sendheaders',
  'feature',
  'sendtxrcncl',
  'sendcmpct',
  'feefilter',
  'ping',
  'pong',
])
export default target
