import { NodeError } from '../errors/node-error.ts'

/** @throws NodeError `invalid-argument`: there are WebSockets and no TCP. */
export function buildDialer(): never {
  throw new NodeError(
    'invalid-argument',
    "createNode: a web page has no TCP: name a relay, as { relay: 'wss://relay.example' }, or give a dialer",
  )
}
