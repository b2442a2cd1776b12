import {
  formatPeerAddress,
  isRoutable,
  type Message,
  netgroupKey,
  parsePeerAddress,
  peerAddressKey,
  reachabilityClass,
} from '../../src/index.ts'
import { expectSame, messageTarget, type Target } from './message-target.ts'

function checkAddresses(message: Message): void {
  if (message.type !== 'addr' && message.type !== 'addrv2') return
  for (const { address } of message.addresses) {
    netgroupKey(address)
    expectSame('reachability', reachabilityClass(address) > 0, isRoutable(address))
    // In addr, what lies in the ranges of CJDNS and Yggdrasil is IPv6; a person who writes it means those.
    const read = parsePeerAddress(formatPeerAddress(address), { defaultPort: 1 })
    if (address.network !== 'ipv6') expectSame('text form', peerAddressKey(read), peerAddressKey(address))
  }
}

const target: Target = messageTarget('addresses', ['addr', 'addrv2', 'getaddr'], checkAddresses)
export default target
